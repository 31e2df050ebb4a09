"""Checkpoints of transformers: found, checked and loaded without unpickling; and the budget they train with."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from common.base.errors import UserError
from common.store.files import sha256
from common.task import Budget

FILES = ("*.safetensors", "*.json", "*.txt", "*.model")
"""What of a checkpoint is read: weights, configuration, tokenizer; never a pickle."""
SAFE = {"local_files_only": True, "trust_remote_code": False}
"""How transformers reads one: without asking whether to run the code that a checkpoint may bring."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder with a pretrained network, and its tokenizer where it reads text.

    Raises:
        UserError: (on use) it is not a checkpoint, or has no safetensors weights.
    """

    folder: Path

    @cached_property
    def fingerprint(self) -> str:
        """What identifies the content: a hash of its files."""
        found = sorted({file for pattern in FILES for file in self.folder.glob(pattern)})
        listed = "\n".join(f"{file.name} {sha256(file)}" for file in found)
        return hashlib.sha256(listed.encode()).hexdigest()[:16]

    def tokenizer(self) -> Any:
        """Return the tokenizer."""
        from transformers import AutoTokenizer

        return self._loaded(lambda: AutoTokenizer.from_pretrained(self.folder, **SAFE))

    def network(self, kind: str = "AutoModel") -> Any:
        """Return the network in 32-bit floats: without any head, or as the class ``kind`` of transformers has it."""
        import torch
        import transformers
        from transformers import logging

        if not any(self.folder.glob("*.safetensors")):
            raise UserError(f"{self.folder} has no *.safetensors weights, and nothing else is loaded; convert it first")
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        options = {**SAFE, "use_safetensors": True, "dtype": torch.float32}
        return self._loaded(lambda: getattr(transformers, kind).from_pretrained(self.folder, **options))

    def _loaded(self, load: Callable[[], Any]) -> Any:
        from safetensors import SafetensorError

        try:
            return load()
        except (OSError, ValueError, KeyError, SafetensorError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"{self.folder} is not a checkpoint that transformers can load ({reason})") from error


def on_task_data(recipe: Budget, task: Budget) -> Budget:
    """Return a budget that trains as ``recipe`` says, on as many examples as ``task`` says."""
    return replace(recipe, examples=task.examples, test_examples=task.test_examples, validation=task.validation)


def find_checkpoint(name: str) -> Checkpoint:
    """Return the checkpoint of a folder, or of the Hugging Face Hub (from its cache, else fetched).

    Raises:
        UserError: there is none of that name.
    """
    if Path(name).is_dir():
        return Checkpoint(Path(name))
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    failures = (OSError, HfHubHTTPError, LocalEntryNotFoundError, HFValidationError)
    try:
        return Checkpoint(Path(snapshot_download(name, allow_patterns=list(FILES), local_files_only=True)))
    except failures:
        pass
    try:
        return Checkpoint(Path(snapshot_download(name, allow_patterns=list(FILES))))
    except failures as error:
        reason = type(error).__name__
        raise UserError(
            f"{name!r} is neither a folder nor a checkpoint that the Hugging Face Hub gives us ({reason}); "
            "name a folder with config.json and model.safetensors, and tokenizer.json for texts"
        ) from error
