"""Free Spoken Digit Dataset (FSDD): zero to nine by six speakers, recorded at 8 kHz.

Jackson et al., github.com/Jakobovski/free-spoken-digit-dataset, CC BY-SA 4.0.
"""

from functools import partial
from pathlib import Path

import numpy as np

from common.base.seeds import seed_of
from common.data.download import Download
from common.data.locations import Location, Prepared
from common.data.samples import RawDataset, Split
from common.data.sources import Source
from speech.data.audio import read_table

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
HOME = "github.com/Jakobovski/free-spoken-digit-dataset"
COMMIT = "d6938f9bf1545aa66d8489fc9f1385a7abd64282"
"""Version 1.0.10."""
ABOUT = f"FSDD, 3,000 recordings of 6 speakers; CC BY-SA 4.0; {HOME}"
TESTED = 2


def read_digits(path: Path, part: str | None) -> RawDataset:
    """Read a table with columns audio, digit, speaker, index and split.

    Args:
        path: of the parquet table.
        part: ``train`` (recordings 5 to 49 of each digit and speaker), ``test`` (0 to 4), or None for all.
    """
    import pyarrow.compute as compute

    where = None if part is None else compute.field("split") == part
    waveforms, columns, dropped = read_table(path, ("digit", "speaker"), where)
    labels = np.array(columns["digit"], dtype=np.int64)
    return RawDataset(waveforms, labels, DIGITS, {"speaker": columns["speaker"]}, dropped)


def unseen_speakers(train: RawDataset, test: RawDataset, seed: int) -> Split:
    """Train on four of the six speakers and test on the other two, with all their recordings.

    Seeds 0, 1 and 2 together test each speaker once; so do 3, 4 and 5, in other pairs, and so on.
    """
    speakers = sorted(set(train.extras["speaker"]))
    folds = len(speakers) // TESTED
    order = np.random.default_rng(seed_of(seed // folds, "speakers")).permutation(speakers)
    tested = order[TESTED * (seed % folds) :][:TESTED]
    known = ~np.isin(train.extras["speaker"], tested)
    unseen = np.isin(test.extras["speaker"], tested)
    return Split(train.take(np.flatnonzero(known)), test.take(np.flatnonzero(unseen)), name="speakers")


def prepare(work: Path, ready: Path) -> None:
    """Fetch the recordings of one commit; GitHub publishes no checksum of the archive that it makes of it."""
    from common.data.fetching import fetch
    from common.data.unpacking import unpack
    from speech.data.prepared import write_table

    unpack(fetch(f"https://codeload.{HOME}/tar.gz/{COMMIT}", work, None), work)
    write_table(ready / "speech/fsdd.parquet", map(_row, sorted(work.glob("*/recordings/*.wav"))))


def _row(path: Path) -> dict[str, object]:
    digit, speaker, index = path.stem.split("_")
    part = "test" if int(index) < 5 else "train"
    return {"audio": path, "digit": int(digit), "speaker": speaker, "index": int(index), "split": part}


def _source(name: str, part: str | None) -> Source:
    place = Location((Prepared("speech/fsdd.parquet", download="fsdd"),), partial(read_digits, part=part))
    return Source(name, (place,), about=ABOUT)


DOWNLOADS = {"fsdd": Download(("speech/fsdd.parquet",), prepare, f"16 MB; {ABOUT}")}

FSDD, FSDD_TRAIN, FSDD_TEST = _source("FSDD", None), _source("FSDD", "train"), _source("FSDD test", "test")
