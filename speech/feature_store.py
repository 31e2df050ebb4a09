"""Store of computed speech features, shared by models, objectives and runs that read the same waveforms."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from common.base.progress import Progress
from common.data.examples import TensorDataset
from common.data.locations import Folders
from common.store.files import DamagedFile, read_tensors, write_tensors
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
        stored = _stored(path) if path.is_file() else None
        if stored is None:
            stored = compute(waveforms)
            assert stored.offsets is not None, "features are sequences of frames"
            write_tensors(path, {"inputs": stored.inputs.numpy(), "offsets": stored.offsets.numpy()})
            _prune(path.parent)
        return stored


def _stored(path: Path) -> TensorDataset | None:
    """Return stored features; None where the file is not what was written, which is told."""
    try:
        arrays = read_tensors(path)
    except DamagedFile as damage:
        Progress(show=True).note(f"{damage.what}; it is made again")
        return None
    with suppress(OSError):  # the time only says what was used last
        path.touch()
    return TensorDataset(torch.from_numpy(arrays["inputs"]), torch.from_numpy(arrays["offsets"]))


def _key(name: str, waveforms: Sequence[Waveform]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{name}\0{code_hash(('speech.features',))}\0{versions()}".encode())
    digest.update(np.array([len(waveform) for waveform in waveforms], dtype=np.int64).tobytes())
    for waveform in waveforms:
        digest.update(np.ascontiguousarray(waveform).data)
    return digest.hexdigest()


def _prune(folder: Path) -> None:
    """Delete the least recently used files until the others have at most ``LIMIT`` bytes."""
    with suppress(OSError):  # another process may delete files too; a larger store harms nobody
        files = folder.glob("*.safetensors")
        facts = sorted(((status := file.stat()).st_mtime_ns, status.st_size, file) for file in files)
        total = sum(size for _, size, _ in facts)
        for _, size, file in facts[:-1]:
            if total <= LIMIT:
                return
            file.unlink(missing_ok=True)
            total -= size
