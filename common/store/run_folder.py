"""The store: the outputs of each trained model, in a folder whose name is a hash of everything that determines them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.store.files import DamagedFile, read_facts, write_facts
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
        meta = read_facts(self._meta_file)
        missing = [name for name in META if name not in meta]
        if missing:
            raise DamagedFile(f"{self._meta_file} lacks {', '.join(missing)}; delete it and run again")
        try:
            [OodKey(*key) for key in meta["ood"]]
        except TypeError as error:
            raise DamagedFile(f"{self._meta_file} names no OOD sets ({error}); delete it and run again") from error
        return meta

    def save(self, test: Outputs, ood: Mapping[OodKey, Outputs], meta: dict[str, Any]) -> None:
        """Store the outputs, then ``meta``; then delete the checkpoints, which are no longer needed."""
        for outputs, file in zip((test, *ood.values()), self._files(len(ood)), strict=True):
            outputs.save(file)
        meta = {**meta, "ood": [list(key) for key in ood]}
        write_facts(self._meta_file, meta)
        for leftover in self.path.glob("*.checkpoint"):
            leftover.unlink(missing_ok=True)

    def load(self) -> tuple[Outputs, dict[OodKey, Outputs], dict[str, Any]]:
        """Load the outputs and ``meta`` that ``save`` stored.

        Raises:
            DamagedFile: a file is missing, or not what was written; the message names it.
        """
        meta = self._meta()
        keys = [OodKey(*key) for key in meta.pop("ood")]
        test, *ood = (Outputs.load(file) for file in self._files(len(keys)))
        return test, dict(zip(keys, ood, strict=True)), meta

    def discard(self) -> None:
        """Delete the outputs, so that they are made again; the weights and what probes learned stay."""
        for file in (self._meta_file, *self.path.glob("ood_*.safetensors"), self.path / "test.safetensors"):
            file.unlink(missing_ok=True)


def run_folder(out: Path, task: str, objective: str, seed: int, ingredients: dict[str, Any]) -> RunFolder:
    """Return the folder of a training, whose name ends with a hash of ``ingredients`` (JSON-able)."""
    canonical = json.dumps(ingredients, sort_keys=True, default=str)
    key = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return RunFolder(out / "store" / task / f"{objective}-seed{seed}-{key}")
