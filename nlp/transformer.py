"""Inputs and features of pretrained text encoders: word pieces, and frozen features, computed once and stored.

Heavy libraries are imported where they are used.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from common.base.progress import Progress
from common.store.files import DamagedFile, delete, read_tensors, write_tensors
from common.training.pretrained import Checkpoint
from common.training.steps import has_bfloat16
from nlp.text_reader import text_reader, word_pieces

TEXTS_A_SHARD = 1024
"""Features are stored after every so many texts, so that an interrupted run loses little."""


def text_features(
    checkpoint: Checkpoint, texts: Sequence[str], pieces: int, cache: Path, progress: Progress | None = None
) -> NDArray[np.float32]:
    """Return a checkpoint's features of texts: the mean of its last layer over the word pieces.

    Each text goes through the network once: its features are stored under ``cache`` by a hash of the text, and reused
    whichever data set the text is in.

    Args:
        checkpoint: the frozen network.
        texts: N of them.
        pieces: word pieces at which a text is truncated, the two special ones included.
        cache: folder of stored features.
        progress: gets a note per ``TEXTS_A_SHARD`` texts.

    Returns:
        (N, D) features.
    """
    dtype = _working_dtype()
    name = f"{checkpoint.fingerprint}-{pieces}-{str(dtype).removeprefix('torch.')}"
    progress = progress or Progress()
    store = _FeatureStore(cache / "features" / name, progress)
    keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest() for text in texts]
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in store.rows}
    if missing:
        _compute(checkpoint, missing, pieces, dtype, store, progress)
    return np.stack([store.rows[key] for key in keys])


class _FeatureStore:
    """Features by the hash of their text; files are added and never changed."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self.rows: dict[str, NDArray[np.float32]] = {}
        for file in sorted(folder.glob("*.safetensors")):
            try:
                shard = read_tensors(file)
            except DamagedFile as damage:
                progress.note(f"{damage.what}; it is made again")
                delete(file)
                continue
            self.rows |= dict(zip((key.tobytes().hex() for key in shard["keys"]), shard["features"], strict=True))

    def add(self, keys: Sequence[str], features: NDArray[np.float32]) -> None:
        """Store features, one row a key."""
        raw = np.frombuffer(bytes.fromhex("".join(keys)), dtype=np.uint8).reshape(len(keys), -1)
        name = hashlib.blake2b(raw.tobytes(), digest_size=8).hexdigest()
        write_tensors(self.folder / f"{name}.safetensors", {"keys": raw, "features": features})
        self.rows |= dict(zip(keys, features, strict=True))


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _working_dtype() -> torch.dtype:
    """Return bfloat16 where hardware multiplies it: twice as fast, with features that agree to 0.9999 in cosine."""
    return torch.bfloat16 if has_bfloat16(_device()) else torch.float32


def _compute(
    checkpoint: Checkpoint,
    missing: dict[str, str],
    pieces: int,
    dtype: torch.dtype,
    store: _FeatureStore,
    progress: Progress,
) -> None:
    waiting = list(missing.items())
    reader = text_reader(checkpoint, [text for _, text in waiting[:50]], pieces)
    network = checkpoint.network().eval().to(_device(), dtype)
    for start in range(0, len(waiting), TEXTS_A_SHARD):
        keys, texts = zip(*waiting[start : start + TEXTS_A_SHARD], strict=True)
        progress.note(f"word pieces through the encoder: text {start + 1} of {len(waiting)}")
        store.add(keys, mean_features(network, word_pieces(reader.tokenizer, texts, reader.pieces)))


def mean_features(network: Any, numbers: Sequence[Sequence[int]], a_batch: int = 8192) -> NDArray[np.float32]:
    """Return (N, D) means of the last layer; texts of similar length share a batch of ``a_batch`` word pieces."""
    order = np.argsort([len(row) for row in numbers], kind="stable")[::-1]
    features = np.zeros((len(numbers), network.config.hidden_size), dtype=np.float32)
    place = 0
    with torch.inference_mode():
        while place < len(order):
            longest = max(len(numbers[order[place]]), 1)
            chosen = order[place : place + max(a_batch // longest, 1)]
            features[chosen] = _mean_of_batch(network, [numbers[i] for i in chosen], longest)
            place += len(chosen)
    return features


def _mean_of_batch(network: Any, rows: Sequence[Sequence[int]], longest: int) -> NDArray[np.float32]:
    lengths = torch.tensor([len(row) for row in rows], device=network.device)
    ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows], device=network.device)
    mask = torch.arange(longest, device=network.device) < lengths[:, None]
    hidden = network(input_ids=ids, attention_mask=mask.long()).last_hidden_state.float()
    return np.asarray(masked_mean(hidden, mask).cpu().numpy())


def masked_mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return (B, D) means over the steps of (B, T, D) where ``mask``, (B, T), is True."""
    weights = mask.to(hidden.dtype)[..., None]
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
