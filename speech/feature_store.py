"""Store of computed speech features, shared by models, objectives and runs that read the same waveforms."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from common.data.examples import TensorDataset
from common.data.locations import Folders
from common.store.files import read_tensors, write_tensors
from common.store.provenance import code_hash, versions
from speech.data.audio import Waveform

LIMIT = 2**31
"""Size of the store in bytes; beyond it, the least recently used files are deleted."""

Compute = Callable[[Sequence[Waveform]], TensorDataset]


@dataclass(frozen=True)
class FeatureStore:
    """Files in the output folder's cache, each named by a hash of its waveforms, the code and library versions."""

    folders: Folders | None

    def get(self, name: str, compute: Compute, waveforms: Sequence[Waveform]) -> TensorDataset:
        """Return ``compute(waveforms)``, sequences of features, from the store if it was computed before.

        Args:
            name: of the features and their settings; different features need different names.
            compute: called if nothing is stored.
            waveforms: hashed to find their features again.
        """
        if self.folders is None:
            return compute(waveforms)
        path = self.folders.cache / "features" / f"{_key(name, waveforms)}.safetensors"
        if not path.is_file():
            made = compute(waveforms)
            assert made.offsets is not None, "features are sequences of frames"
            write_tensors(path, {"inputs": made.inputs.numpy(), "offsets": made.offsets.numpy()})
            _prune(path.parent)
            return made
        stored = read_tensors(path)
        path.touch()
        return TensorDataset(torch.from_numpy(stored["inputs"]), torch.from_numpy(stored["offsets"]))


def _key(name: str, waveforms: Sequence[Waveform]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{name}\0{code_hash(('speech.features',))}\0{versions()}".encode())
    digest.update(np.array([len(waveform) for waveform in waveforms], dtype=np.int64).tobytes())
    for waveform in waveforms:
        digest.update(np.ascontiguousarray(waveform).data)
    return digest.hexdigest()


def _prune(folder: Path) -> None:
    """Delete the least recently used files until the others have at most ``LIMIT`` bytes."""
    facts = sorted(((status := file.stat()).st_mtime_ns, status.st_size, file) for file in folder.glob("*.safetensors"))
    total = sum(size for _, size, _ in facts)
    for _, size, file in facts[:-1]:
        if total <= LIMIT:
            return
        file.unlink(missing_ok=True)
        total -= size
