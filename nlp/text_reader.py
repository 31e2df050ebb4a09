"""How a checkpoint reads texts: its word pieces, and a trial before any training that refuses what does not fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from common.base.errors import UserError
from common.training.pretrained import Checkpoint


def word_pieces(tokenizer: Any, texts: Sequence[str], pieces: int) -> list[list[int]]:
    """Return the numbers of each text's word pieces, special ones included, truncated to ``pieces``."""
    numbers: list[list[int]] = tokenizer(list(texts), truncation=True, max_length=pieces, padding=False)["input_ids"]
    return numbers


def unknown_pieces(tokenizer: Any, texts: Sequence[str]) -> float:
    """Return the fraction of the texts' word pieces that the tokenizer does not know; 0 where there are none."""
    numbers = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    unknown = sum(row.count(tokenizer.unk_token_id) for row in numbers)
    return float(unknown / max(sum(map(len, numbers)), 1))


@dataclass(frozen=True)
class TextReader:
    """A checkpoint that has read a few texts of the training set without an error.

    Attributes:
        tokenizer: of the checkpoint.
        pieces: at which a text is truncated: as many as the checkpoint takes, or fewer.
    """

    tokenizer: Any
    pieces: int


def text_reader(checkpoint: Checkpoint, texts: Sequence[str], pieces: int) -> TextReader:
    """Try a checkpoint on texts before any training, and return how it reads them.

    Args:
        checkpoint: to be tried.
        texts: of the training set; some are read.
        pieces: word pieces that are wanted.

    Raises:
        UserError: it has no tokenizer, one that does not fit, or one that tells no text from another; or the network
            does not read texts.
    """
    tokenizer, network = checkpoint.tokenizer(), checkpoint.network().eval()
    table = _embeddings(checkpoint, network)
    if len(tokenizer) > table.num_embeddings:
        raise UserError(
            f"{checkpoint.folder}: the tokenizer has {len(tokenizer)} word pieces and the network "
            f"{table.num_embeddings} embeddings, so they do not belong together; get the checkpoint again"
        )
    if texts:
        _check_tells_apart(checkpoint, tokenizer, texts)
    piece = _ordinary_piece(tokenizer, texts)
    return TextReader(tokenizer, _most_pieces(checkpoint, network, piece, min(pieces, tokenizer.model_max_length)))


def _ordinary_piece(tokenizer: Any, texts: Sequence[str]) -> int:
    """Return the number of a word piece that is neither padding nor another special one."""
    special = set(tokenizer.all_special_ids)
    rows = tokenizer(list(texts[:50]) or ["a few words"])["input_ids"]
    return next((piece for row in rows for piece in row if piece not in special), 0)


def _embeddings(checkpoint: Checkpoint, network: Any) -> Any:
    """Return the network's table of word vectors."""
    try:
        table = network.get_input_embeddings()
    except (NotImplementedError, AttributeError):
        table = None
    if not isinstance(table, torch.nn.Embedding):
        kind = network.config.model_type
        raise UserError(f"{checkpoint.folder} is a {kind}, which does not read texts; name a text encoder")
    return table


def _check_tells_apart(checkpoint: Checkpoint, tokenizer: Any, texts: Sequence[str]) -> None:
    """Refuse a tokenizer to which different texts are the same: transformers makes an empty one where it is missing."""
    different = list(dict.fromkeys(" ".join(text.split()).casefold() for text in texts))[:50]
    rows = {tuple(row) for row in tokenizer(different)["input_ids"]}
    if (len(different) > 1 and len(rows) == 1) or unknown_pieces(tokenizer, different) == 1:
        raise UserError(
            f"{checkpoint.folder}: the texts become the same or no word pieces, so its tokenizer.json is missing, "
            "empty, or of another script"
        )


def _most_pieces(checkpoint: Checkpoint, network: Any, piece: int, wanted: int) -> int:
    """Return the most word pieces that the network takes, at most ``wanted``: its table of positions may end before."""
    positions = getattr(network.config, "max_position_embeddings", None) or wanted
    tried = sorted({min(wanted, positions - reserved) for reserved in (0, 2, 3, 4)}, reverse=True)
    reason = ""
    for count in (number for number in tried if number > 2):
        try:
            with torch.inference_mode():
                states = network(input_ids=torch.full((1, count), piece)).last_hidden_state
        except (RuntimeError, IndexError, ValueError, TypeError, AttributeError, NotImplementedError) as error:
            reason = reason or " ".join(f"{type(error).__name__}: {error}".split())[:150]
            continue
        if states.shape[-1] == network.config.hidden_size:
            return count
    raise UserError(f"{checkpoint.folder} does not read texts ({reason or 'no states of its last layer'})")
