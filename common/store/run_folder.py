"""The store: the outputs of each trained model, in a folder whose name is a hash of everything that determines them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any

from common.store.files import DamagedFile, check_recorded, delete, hash_of, read_facts, remove_below, write_facts
from common.store.outputs import OodKey, Outputs

META: Mapping[str, tuple[type, ...]] = {
    "data": (str,),
    "held_out": (list, NoneType),
    "split": (str, NoneType),
    "dropped": (dict,),
    "seconds": (dict,),
    "n_train": (int,),
    "n_batched": (int,),
    "ood": (list,),
    "files": (dict,),
}
"""Keys of ``meta.json`` and what they may hold: facts about the data, the keys of the OOD sets in the order of their
files, and the SHA-256 of every file by name."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one training. Its record ``meta.json`` is written last.

    The record lists the OOD sets and holds the SHA-256 of the outputs and of the weights that made them; the record of
    a probe, which may be added later, stands beside its file. Any file may be deleted: missing files are made again,
    from the stored weights if they exist.
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
        if wrong := [name for name, kinds in META.items() if not _holds(meta.get(name, ...), kinds)]:
            raise DamagedFile(f"{self._meta_file} lacks {', '.join(wrong)}; delete it and run again")
        try:
            outputs = self._files(len([OodKey(*key) for key in meta["ood"]]))
        except TypeError as error:
            raise DamagedFile(f"{self._meta_file} names no OOD sets ({error}); delete it and run again") from error
        if unknown := [file.name for file in outputs if file.name not in meta["files"]]:
            raise DamagedFile(f"{self._meta_file} lacks the hash of {', '.join(unknown)}; delete it and run again")
        return meta

    def save(self, test: Outputs, ood: Mapping[OodKey, Outputs], meta: dict[str, Any]) -> None:
        """Store the outputs, then the record; then delete the checkpoints, which are no longer needed."""
        files = self._files(len(ood))
        hashes = {file.name: one.save(file) for one, file in zip((test, *ood.values()), files, strict=True)}
        if self.weights.is_file():
            hashes[self.weights.name] = hash_of(self.weights)
        write_facts(self._meta_file, {**meta, "ood": [list(key) for key in ood], "files": hashes})
        remove_below(self.path, "*.checkpoint")

    def load(self) -> tuple[Outputs, dict[OodKey, Outputs], dict[str, Any]]:
        """Load the outputs and ``meta`` that ``save`` stored; delete checkpoints if it had no time to.

        Raises:
            DamagedFile: a file is missing, or not what was written; the message names it.
        """
        meta = self._meta()
        keys, hashes = [OodKey(*key) for key in meta.pop("ood")], meta.pop("files")
        test, *ood = (Outputs.load(file, hashes[file.name]) for file in self._files(len(keys)))
        remove_below(self.path, "*.checkpoint")
        return test, dict(zip(keys, ood, strict=True)), meta

    def check_weights(self) -> None:
        """Compare the stored weights with the record, where there are both.

        Raises:
            DamagedFile: they are not those that the outputs were made with.
        """
        recorded = self._recorded_weights()
        if recorded is not None and self.weights.is_file():
            check_recorded(self.weights, recorded)

    def record_weights(self) -> None:
        """Bring the record of stored outputs up to date, after their weights were made again."""
        recorded = self._recorded_weights()
        if recorded is None or not self.weights.is_file():
            return
        if (found := hash_of(self.weights)) != recorded:
            meta = self._meta()
            write_facts(self._meta_file, {**meta, "files": {**meta["files"], self.weights.name: found}})

    def _recorded_weights(self) -> str | None:
        """Return the SHA-256 of the weights in the record; None without record, or where that is damaged."""
        try:
            found: str | None = self._meta()["files"].get(self.weights.name)
        except DamagedFile:
            return None
        return found

    def discard(self) -> None:
        """Delete the outputs, so that they are made again; the weights and what probes learned stay."""
        for file in (self._meta_file, *self.path.glob("ood_*.safetensors"), self.path / "test.safetensors"):
            delete(file)


def _holds(value: Any, kinds: tuple[type, ...]) -> bool:
    """Whether a value of the record is of one of the kinds; a table's values are numbers or hashes."""
    return isinstance(value, kinds) and not (
        isinstance(value, dict) and any(not isinstance(one, int | float | str) for one in value.values())
    )


def run_folder(out: Path, task: str, objective: str, seed: int, ingredients: dict[str, Any]) -> RunFolder:
    """Return the folder of a training, whose name ends with a hash of ``ingredients`` (JSON-able)."""
    canonical = json.dumps(ingredients, sort_keys=True, default=str)
    key = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return RunFolder(out / "store" / task / f"{objective}-seed{seed}-{key}")
