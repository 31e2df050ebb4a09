"""The store: the outputs of each trained model, in a folder whose name is a hash of everything that determines them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.base.errors import UserError
from common.base.workers import RANK
from common.store.outputs import OodKey, Outputs
from common.store.sealed import Disagreement, disagreeing, read_sealed, write_sealed

META = ("data", "held_out", "split", "dropped", "seconds", "n_train", "n_batched", "ood")
"""Keys of ``meta.json``: facts about the data, and the keys of the OOD sets in the order of their files."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one training's outputs. ``meta.json`` is written last and lists the OOD sets.

    Any file may be deleted: missing files are made again, from the stored weights if they exist. ``meta.json`` and
    ``model.json`` hold the SHA-256 of every file; ``remove_damaged`` removes what does not agree.
    """

    path: Path

    @property
    def complete(self) -> bool:
        """Whether all files were stored and still exist."""
        if not self._meta_file.is_file():
            return False
        try:
            return all(file.is_file() for file in self._files(len(self._meta()["ood"])))
        except UserError:
            return False

    @property
    def weights(self) -> Path:
        """File of the trained model's weights."""
        return self.path / "model.safetensors"

    @property
    def weights_record(self) -> Path:
        """File with the hash of the weights; weights without it are not used."""
        return self.path / "model.json"

    def seal_weights(self) -> None:
        """Write the record of the weights that were just stored."""
        if not RANK:
            write_sealed(self.weights_record, {}, [self.weights])

    def remove_damaged(self, tell: Callable[[str], None]) -> None:
        """Remove every file that is not what was written, and tell each in a line; missing files are made again."""
        for file in (*disagreeing(self._meta_file), *disagreeing(self.weights_record)):
            tell(f"{file} does not agree with its stored SHA-256; it is removed, and made again when it is needed")
            file.unlink(missing_ok=True)
        try:
            if self._meta_file.is_file():
                self._meta()
        except UserError as nonsense:
            tell(f"{nonsense.args[0]}; it is removed and made again")
            self.forget()
        if not self.weights_record.is_file():  # nothing tells whether these weights are whole
            self.weights.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove the record of the outputs, so that they are made again."""
        self._meta_file.unlink(missing_ok=True)

    @property
    def _meta_file(self) -> Path:
        return self.path / "meta.json"

    def _files(self, ood_sets: int) -> list[Path]:
        ood = [self.path / f"ood_{index:02d}.safetensors" for index in range(ood_sets)]
        return [self.path / "test.safetensors", *ood]

    def _meta(self) -> dict[str, Any]:
        try:
            meta, files = read_sealed(self._meta_file)
            missing = [name for name in META if name not in meta]
            keys = [OodKey(*key) for key in meta["ood"]]
            if sorted(files) != sorted(file.name for file in self._files(len(keys))):
                raise Disagreement("it does not list the files of its data sets")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{self._meta_file} cannot be read ({error}); delete it and run again") from error
        if missing:
            raise UserError(f"{self._meta_file} lacks {', '.join(missing)}; delete it and run again")
        return meta

    def save(self, test: Outputs, ood: Mapping[OodKey, Outputs], meta: dict[str, Any]) -> None:
        """Store the outputs, then ``meta``; then delete the checkpoints, which are no longer needed."""
        files = self._files(len(ood))
        for outputs, file in zip((test, *ood.values()), files, strict=True):
            outputs.save(file)
        if not RANK:
            write_sealed(self._meta_file, {**meta, "ood": [list(key) for key in ood]}, files)
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
