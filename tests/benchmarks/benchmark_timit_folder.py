"""A folder as large as TIMIT, made of the sample's utterances, through the loader, the split and the features.

    python -m tests.benchmarks.benchmark_timit_folder [DATA_FOLDER]

630 speakers of ten sentences each, 6,300 SPHERE files: hard links to the sample's 160. Prints times and the peak of
the memory.
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as parquet
import soundfile

from common.data.locations import Folders
from speech.data.audio import SAMPLE_RATE, decode
from speech.data.timit import TIMIT, by_speaker
from speech.features import mfcc_with_deltas

SPEAKERS = {"TRAIN": 462, "TEST": 168}
_SUFFIXES = (".WAV", ".PHN", ".WRD", ".TXT")


def main() -> None:
    """Print the figures."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["OOD_DATA"])
    with tempfile.TemporaryDirectory() as scratch:
        write_corpus(Path(scratch), data / "speech/timit_sample.parquet")
        started = time.perf_counter()
        samples = TIMIT.load(Folders((Path(scratch),)))
        read = time.perf_counter()
        split = by_speaker(samples, samples, seed=0)
        features = mfcc_with_deltas(split.train.items)
        done = time.perf_counter()
    hours, left_out = sum(map(len, samples.items)) / SAMPLE_RATE / 3600, sum(samples.dropped.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{len(samples):,} utterances, {hours:.1f} hours, {left_out} left out: read in {read - started:.1f} s")
    print(f"{len(split.train):,} train and {len(split.test):,} test; {len(features.inputs):,} training frames of MFCCs")
    print(f"split and features {done - read:.1f} s; peak memory {peak:,} MiB")


def write_corpus(root: Path, table: Path) -> None:
    """Lay the sample's utterances out as a corpus of 630 speakers, each of the 16 as often as it takes."""
    speakers: dict[str, list[Path]] = {}
    for row in parquet.read_table(table).to_pylist():
        stem = root / "distinct" / row["speaker"] / row["sentence_id"].upper()
        speakers.setdefault(row["speaker"], []).append(stem)
        _write_sentence(stem, row)
    names = sorted(speakers)
    for part, count in SPEAKERS.items():
        for i in range(count):
            folder = (
                root / "speech/TIMIT" / part / f"DR{i % 8 + 1}" / f"{names[i % len(names)][0].upper()}{part[:2]}{i}"
            )
            folder.mkdir(parents=True)
            for stem in speakers[names[i % len(names)]]:
                for suffix in _SUFFIXES:
                    os.link(stem.with_suffix(suffix), folder / f"{stem.name}{suffix}")


def _write_sentence(stem: Path, row: dict) -> None:
    stem.parent.mkdir(parents=True, exist_ok=True)
    waveform = decode(row["audio"]["bytes"])
    soundfile.write(stem.with_suffix(".WAV"), waveform, SAMPLE_RATE, "PCM_16", format="NIST")
    for suffix, kind in ((".PHN", "phone"), (".WRD", "word")):
        segments = zip(row[f"{kind}_starts"], row[f"{kind}_stops"], row[f"{kind}s"], strict=True)
        stem.with_suffix(suffix).write_text("".join(f"{start} {stop} {what}\n" for start, stop, what in segments))
    stem.with_suffix(".TXT").write_text(f"0 {len(waveform)} {row['text']}\n")


if __name__ == "__main__":
    main()
