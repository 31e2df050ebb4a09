"""Transformers checkpoints: found, verified and loaded without unpickling; and the budget that fine-tunes them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from common.base.border import border
from common.base.errors import UserError
from common.store.files import sha256
from common.task import Budget
from common.training.checkpoint_files import check_files, read_object

MADE_ANEW = ("masked_spec_embed", "position_ids")
"""Weights that older checkpoints lack and that play no part in evaluation."""

FILES = ("*.safetensors", "*.json", "*.txt", "*.model")
"""Files of a checkpoint that are read: weights, configuration, tokenizer; never a pickle."""
SAFE = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
"""Options of every ``from_pretrained``: no network access, no code of the checkpoint is run, nothing is unpickled."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder with a pretrained network and, for text models, its tokenizer.

    Raises:
        UserError: (when used) the folder is not a checkpoint, or not all of its weights are safetensors.
    """

    folder: Path

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the files, which identifies their content."""
        found = sorted({file for pattern in FILES for file in self.folder.glob(pattern)})
        listed = "\n".join(f"{file.name} {sha256(file)}" for file in found)
        return hashlib.sha256(listed.encode()).hexdigest()[:16]

    def tokenizer(self) -> Any:
        """Return the tokenizer."""
        from transformers import AutoTokenizer

        return self._loaded(lambda: AutoTokenizer.from_pretrained(self.folder, **SAFE))

    def settings(self, name: str) -> dict[str, Any]:
        """Return the content of a JSON file of the checkpoint; {} if it has no such file.

        Raises:
            UserError: the file is not a JSON object.
        """
        return read_object(self.folder / name)

    def network(self, kind: str = "AutoModel") -> Any:
        """Return the network in float32, loaded as the transformers class ``kind``; ``AutoModel`` has no head.

        Of an encoder-decoder without a head it is the encoder.
        """
        network, _ = self._network(kind)
        encoder = kind == "AutoModel" and getattr(network.config, "is_encoder_decoder", False)
        return network.get_encoder() if encoder else network

    def classifier(self, kind: str, headless: bool = False) -> Any:
        """Return a network with the checkpoint's own classification head.

        Args:
            kind: class of transformers, such as ``AutoModelForSequenceClassification``.
            headless: whether a checkpoint without a head will do, since its head is replaced.

        Raises:
            UserError: the checkpoint has no weights of a head, or cannot be loaded.
        """
        network, missing = self._network(kind)
        if missing and not headless:
            raise UserError(
                f"{self.folder} is no trained classifier: it has no weights of {missing[0]}; train a last layer: "
                "leave out --no-train, or for sounds use --model hf:NAME,head"
            )
        return network

    def _network(self, kind: str) -> tuple[Any, list[str]]:
        """Return a network, and the names of the weights that the checkpoint lacks."""
        import torch
        import transformers
        from transformers import logging

        check_files(self.folder)
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        options = {**SAFE, "dtype": torch.float32, "output_loading_info": True}
        network, found = self._loaded(lambda: getattr(transformers, kind).from_pretrained(self.folder, **options))
        return network, sorted(key for key in found["missing_keys"] if not key.endswith(MADE_ANEW))

    def _loaded(self, load: Callable[[], Any]) -> Any:
        with border(self.folder, "it is not a checkpoint that transformers can load"):
            return load()


def on_task_data(recipe: Budget, task: Budget) -> Budget:
    """Return the budget ``recipe`` with the numbers of examples of the budget ``task``."""
    return replace(recipe, examples=task.examples, test_examples=task.test_examples, validation=task.validation)


def find_checkpoint(name: str) -> Checkpoint:
    """Return the checkpoint in a folder, or of the Hugging Face Hub's local cache; nothing is downloaded.

    Raises:
        UserError: no such checkpoint was found.
    """
    if Path(name).is_dir():
        return Checkpoint(Path(name))
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    failures = (OSError, HfHubHTTPError, LocalEntryNotFoundError, HFValidationError)
    try:
        return Checkpoint(Path(snapshot_download(name, allow_patterns=list(FILES), local_files_only=True)))
    except failures as error:
        reason = type(error).__name__
        raise UserError(
            f"{name!r} is neither a folder nor a checkpoint in the cache of the Hugging Face Hub ({reason}); a run "
            f"downloads none: get it with 'hf download {name}', or name a folder with config.json and "
            "model.safetensors, and tokenizer.json for text"
        ) from error


def cached_file(repository: str, name: str) -> Path | None:
    """Return a file of a repository of the Hugging Face Hub from the local cache, or None; nothing is fetched."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repository, name)
    return Path(found) if isinstance(found, str) else None
