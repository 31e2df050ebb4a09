"""Speech synthesis by eSpeak NG: English, German and Mandarin utterances with their phones.

eSpeak NG (GPL-3.0) is in the package ``espeakng-loader``. That package is not imported: its shared library is loaded
through ctypes in a subprocess, so that the same utterances in the same order give the same samples (within a process,
earlier utterances change the noise in later ones).
"""

import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError, did_you_mean
from common.data.locations import File, Folders, Packaged, package_file
from common.data.samples import RawDataset
from common.store.files import read_tensors
from speech.data import espeak_process
from speech.data.audio import SAMPLE_RATE, Waveform, resample
from speech.data.phones import PHONES, fold_espeak

PACKAGE, FOLDER = "espeakng-loader", "espeakng_loader"
LIBRARY = {"darwin": "libespeak-ng.dylib", "win32": "espeak-ng.dll"}.get(sys.platform, "libespeak-ng.so")


@dataclass(frozen=True)
class EspeakFile:
    """A file of the package, checked by size and SHA-256 on Linux x86-64, elsewhere by its presence.

    The wheels for other systems have other builds, whose checksums are not pinned here.
    """

    name: str
    size: int
    sha256: str

    @property
    def _packaged(self) -> Packaged:
        return Packaged(PACKAGE, f"{FOLDER}/{self.name}", self.size, self.sha256)

    @property
    def remedy(self) -> str:
        """The command that installs the file."""
        return self._packaged.remedy

    def find(self, folders: Folders) -> Path | None:
        """Return its path; None where the package is not installed.

        Raises:
            UserError: the package is installed and the file is missing or damaged.
        """
        if (sys.platform, platform.machine()) == ("linux", "x86_64"):
            return self._packaged.find(folders)
        path = package_file(PACKAGE, f"{FOLDER}/{self.name}")
        if path is not None and not path.is_file():
            raise UserError(f"{path} is missing; mend it with: {self.remedy}")
        return path


FILES: tuple[File, ...] = (
    EspeakFile(LIBRARY, 661568, "b15ce0803b26254e8a0d088c6b9281a2637b2b02613147cc320cfdefaf2c3ccf"),
    EspeakFile("espeak-ng-data/phondata", 554740, "a0b643b155cb6b12628d9e7865b57d9fca0d35844614f2594a5e009c80c80bb4"),
    EspeakFile("espeak-ng-data/phontab", 58652, "1b40690667e1e9aa1ba5e5234773c799e7e72ea751426e5150423d53c3f24fa2"),
    EspeakFile("espeak-ng-data/phonindex", 43316, "384e5fa6f714ba5356c58008249b78699c31c1ad044b243068d263fb806b7d73"),
    EspeakFile("espeak-ng-data/intonations", 2312, "031a105bf6bb2ebcd73a2c579ccfb42469b27266db0078af65ae298fd3588b21"),
    EspeakFile("espeak-ng-data/en_dict", 168204, "1053f74a34af38abb6fbd64b7838dacbc655a687c48ce1bb663d364a127b05de"),
    EspeakFile("espeak-ng-data/cmn_dict", 1566347, "2a41ddab7213d0284a984def6b40c72cbc40b346d3220db08c6ae324f46d59aa"),
    EspeakFile("espeak-ng-data/de_dict", 69277, "755d9cab00305b04c074141990ef0339191835de746dfa074936e194f3a5ad54"),
)
"""The library first, then its data."""


KEPT = 6
"""Lists of utterances that are kept: those of one task, which are asked for several times."""


@dataclass(frozen=True)
class Utterance:
    """A text to speak: ``voice`` is a language, or a language and a variant, such as ``en-us+f2``.

    ``rate`` is in words a minute (eSpeak's default 175), ``pitch`` from 0 to 100 (50).
    """

    text: str
    voice: str = "en-us"
    rate: int = 175
    pitch: int = 50


@dataclass(frozen=True)
class Spoken:
    """A waveform at 16 kHz, with eSpeak's phoneme mnemonics and the sample at which each begins."""

    samples: Waveform
    phonemes: tuple[str, ...]
    starts: NDArray[np.int64]


def variants(library: Path) -> list[str]:
    """Return the names of the library's voice variants, sorted."""
    folder = library.parent / "espeak-ng-data" / "voices" / "!v"
    return sorted(path.name for path in folder.iterdir())


def check_voice(voice: str, library: Path) -> None:
    """Check that a voice variant exists, since eSpeak silently replaces an unknown one.

    Raises:
        UserError: the variant does not exist; the message suggests a similar one.
    """
    _, _, variant = voice.partition("+")
    known = variants(library)
    if variant and variant not in known:
        raise UserError(f"eSpeak has no voice variant {variant!r}{did_you_mean(variant, known)}; see {library.parent}")


def speak(utterances: Sequence[Utterance], library: Path) -> list[Spoken]:
    """Speak the utterances, in a subprocess; the same ones again are those of before, whose samples are read-only.

    Raises:
        UserError: a voice is unknown, or eSpeak failed.
    """
    return list(_spoken(tuple(utterances), library))


@lru_cache(maxsize=KEPT)
def _spoken(utterances: tuple[Utterance, ...], library: Path) -> tuple[Spoken, ...]:
    for voice in {utterance.voice for utterance in utterances}:
        check_voice(voice, library)
    with TemporaryDirectory() as folder:
        plan, out = Path(folder, "plan.json"), Path(folder, "out.safetensors")
        lines = [asdict(utterance) for utterance in utterances]
        plan.write_text(json.dumps({"library": str(library), "utterances": lines}), encoding="utf-8")
        command = [sys.executable, "-m", espeak_process.__name__, str(plan), str(out)]
        done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise UserError(f"eSpeak failed ({reason}); mend {library} with: {FILES[0].remedy}")
        arrays = read_tensors(out)
    return tuple(_unpack(arrays))


def spoken_english(utterances: Sequence[Utterance], library: Path, silence: float = 0.15) -> RawDataset:
    """Speak English sentences and label them with the 39 phones.

    Args:
        utterances: in American English voices.
        library: path of the shared library.
        silence: seconds of silence added at each end.
    """
    quiet = round(silence * SAMPLE_RATE)
    spoken = speak(utterances, library)
    return RawDataset(
        items=[np.pad(one.samples, quiet) for one in spoken],
        labels=[np.array(fold_espeak(one.phonemes), dtype=np.int64) for one in spoken],
        label_names=PHONES,
        extras={"speaker": [one.voice for one in utterances], "text": [one.text for one in utterances]},
        kind="synthetic",
    )


def _unpack(arrays: dict[str, NDArray[Any]]) -> list[Spoken]:
    rate = int(arrays["rate"][0])
    waves = np.split(arrays["samples"], arrays["ends"][:-1])
    phonemes = np.split(arrays["phonemes"], arrays["phoneme_ends"][:-1])
    starts = np.split(arrays["starts"], arrays["phoneme_ends"][:-1])
    return [
        Spoken(
            _read_only(resample(wave.astype(np.float32) / 32768, rate)),
            tuple(bytes(name).rstrip(b"\0").decode() for name in names),
            at * SAMPLE_RATE // rate,
        )
        for wave, names, at in zip(waves, phonemes, starts, strict=True)
    ]


def _read_only(samples: Waveform) -> Waveform:
    samples.setflags(write=False)
    return samples
