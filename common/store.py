"""The run folder: each trained model's outputs, stored once under a key made of all that determines them."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.files import write_text
from common.outputs import Outputs


@dataclass(frozen=True)
class RunFolder:
    """Where one training's outputs lie: ``meta.json`` is written last, so a folder that has it is complete."""

    path: Path

    @property
    def complete(self) -> bool:
        """Whether everything was stored."""
        return (self.path / "meta.json").is_file()

    @property
    def weights(self) -> Path:
        """File of the trained model's weights."""
        return self.path / "model.safetensors"

    def save(self, test: Outputs, ood: dict[tuple[str, str | None], Outputs], meta: dict[str, Any]) -> None:
        """Store the outputs, then ``meta``, then drop the checkpoints that are no longer needed."""
        test.save(self.path / "test.safetensors")
        for index, outputs in enumerate(ood.values()):
            outputs.save(self.path / f"ood_{index:02d}.safetensors")
        meta = {**meta, "ood": [list(key) for key in ood]}
        write_text(self.path / "meta.json", json.dumps(meta, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        for leftover in self.path.glob("*.checkpoint"):
            leftover.unlink(missing_ok=True)

    def load(self) -> tuple[Outputs, dict[tuple[str, str | None], Outputs], dict[str, Any]]:
        """Return what ``save`` stored.

        Raises:
            UserError: a file is damaged; the message names it.
        """
        file = self.path / "meta.json"
        try:
            meta = json.loads(file.read_text(encoding="utf-8"))
            keys = [(name, variant) for name, variant in meta.pop("ood")]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{file} cannot be read ({error}); delete {self.path} and run again") from error
        ood = {key: Outputs.load(self.path / f"ood_{index:02d}.safetensors") for index, key in enumerate(keys)}
        return Outputs.load(self.path / "test.safetensors"), ood, meta


def run_folder(out: Path, task: str, objective: str, seed: int, ingredients: dict[str, Any]) -> RunFolder:
    """Return the folder of a training, whose name ends with a hash of ``ingredients`` (JSON-able)."""
    canonical = json.dumps(ingredients, sort_keys=True, default=str)
    key = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return RunFolder(out / "store" / task / f"{objective}-seed{seed}-{key}")
