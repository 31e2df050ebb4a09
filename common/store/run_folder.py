"""The store: the outputs of each trained model, in a folder whose name is a hash of everything that determines them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.base.errors import UserError
from common.store.files import write_text
from common.store.outputs import OodKey, Outputs

META = ("data", "held_out", "split", "dropped", "seconds", "n_train", "n_batched", "ood")
"""Keys of ``meta.json``: facts about the data, and the keys of the OOD sets in the order of their files."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one training's outputs. ``meta.json`` is written last and lists the OOD sets.

    Any file may be deleted: missing files are made again, from the stored weights if they exist.
    """

    path: Path

    @property
    def complete(self) -> bool:
        """Whether all files were stored and still exist."""
        return self._meta_file.is_file() and all(file.is_file() for file in self._files(len(self._meta()["ood"])))

    @property
    def weights(self) -> Path:
        """File of the trained model's weights."""
        return self.path / "model.safetensors"

    @property
    def _meta_file(self) -> Path:
        return self.path / "meta.json"

    def _files(self, ood_sets: int) -> list[Path]:
        ood = [self.path / f"ood_{index:02d}.safetensors" for index in range(ood_sets)]
        return [self.path / "test.safetensors", *ood]

    def _meta(self) -> dict[str, Any]:
        try:
            meta: dict[str, Any] = json.loads(self._meta_file.read_text(encoding="utf-8"))
            missing = [name for name in META if name not in meta]
            [OodKey(*key) for key in meta["ood"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{self._meta_file} cannot be read ({error}); delete it and run again") from error
        if missing:
            raise UserError(f"{self._meta_file} lacks {', '.join(missing)}; delete it and run again")
        return meta

    def save(self, test: Outputs, ood: Mapping[OodKey, Outputs], meta: dict[str, Any]) -> None:
        """Store the outputs, then ``meta``; then delete the checkpoints, which are no longer needed."""
        for outputs, file in zip((test, *ood.values()), self._files(len(ood)), strict=True):
            outputs.save(file)
        meta = {**meta, "ood": [list(key) for key in ood]}
        write_text(self._meta_file, json.dumps(meta, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        for leftover in self.path.glob("*.checkpoint"):
            leftover.unlink(missing_ok=True)

    def load(self) -> tuple[Outputs, dict[OodKey, Outputs], dict[str, Any]]:
        """Load the outputs and ``meta`` that ``save`` stored.

        Raises:
            UserError: a file is missing or damaged; the message names it.
        """
        meta = self._meta()
        keys = [OodKey(*key) for key in meta.pop("ood")]
        test, *ood = (Outputs.load(file) for file in self._files(len(keys)))
        return test, dict(zip(keys, ood, strict=True)), meta


def run_folder(out: Path, task: str, objective: str, seed: int, ingredients: dict[str, Any]) -> RunFolder:
    """Return the folder of a training, whose name ends with a hash of ``ingredients`` (JSON-able)."""
    canonical = json.dumps(ingredients, sort_keys=True, default=str)
    key = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return RunFolder(out / "store" / task / f"{objective}-seed{seed}-{key}")
