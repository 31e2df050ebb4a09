"""How many times faster than real time speech is decoded, turned into features, and spoken.

    python -m tests.benchmarks.benchmark_speech [DATA_FOLDER]

Without a data folder (or OOD_DATA) the audio is eSpeak's, packed as FLAC first.
"""

import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import soundfile
import torch

from common.data.locations import Folders
from speech.data.audio import SAMPLE_RATE, Waveform, decode_all
from speech.data.voices import ENGLISH_TEST
from speech.features import extract, log_filterbank, mfcc_with_deltas

REPEATS = 5


def main() -> None:
    """Print the ratios."""
    started = time.perf_counter()
    spoken = ENGLISH_TEST.load(Folders()).items
    print(f"{torch.get_num_threads()} threads; times faster than real time, the best of {REPEATS}:")
    print(f"eSpeak, its process included  {_seconds(spoken) / (time.perf_counter() - started):8.0f}")
    folder = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("OOD_DATA")
    files = timit(Path(folder)) if folder else [packed(waveform) for waveform in spoken]
    waveforms, _, _ = decode_all(files)
    seconds = _seconds(waveforms)
    for name, work in {
        f"decoding {seconds:.0f} s of FLAC": lambda: decode_all(files),
        "12 MFCCs and energy, deltas": lambda: mfcc_with_deltas(waveforms),
        "26 log filterbank energies": lambda: extract(waveforms, log_filterbank),
        "decoding and MFCCs": lambda: mfcc_with_deltas(decode_all(files)[0]),
    }.items():
        print(f"{name:29} {seconds / best(work):8.0f}")


def timit(folder: Path) -> list[bytes]:
    """Return the files of the TIMIT sample."""
    import pyarrow.parquet as parquet

    rows = parquet.read_table(folder / "speech/timit_sample.parquet", columns=["audio"])["audio"].to_pylist()
    return [row["bytes"] for row in rows]


def packed(waveform: Waveform) -> bytes:
    """Return a waveform as a FLAC file."""
    file = io.BytesIO()
    soundfile.write(file, waveform, SAMPLE_RATE, format="FLAC")
    return file.getvalue()


def best(work: Callable[[], Any]) -> float:
    """Return the shortest time that ``work`` takes, in seconds."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def _seconds(waveforms: list[Waveform]) -> float:
    return sum(map(len, waveforms)) / SAMPLE_RATE


if __name__ == "__main__":
    main()
