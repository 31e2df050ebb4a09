"""Google Speech Commands v0.02: one-second recordings of words by thousands of speakers.

Warden, "Speech commands: a dataset for limited-vocabulary speech recognition", 2018, arXiv:1804.03209. CC BY 4.0.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from common.data.download import Download
from common.data.locations import Location, Prepared
from common.data.samples import RawDataset, Split
from common.data.sources import Source
from speech.data.audio import read_table

WORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
"""The ten commands; the other 25 words are ``_unknown_``."""

ABOUT = "Speech Commands v0.02 (Warden 2018); CC BY 4.0"
URL = "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz"
SHA256 = "sha256:af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58"
SAMPLE, FULL = "speech/speech_commands_test.parquet", "speech/speech_commands.parquet"
FOLDS = 5


def read_words(path: Path, labels: tuple[str, ...], part: str | None = None) -> RawDataset:
    """Read a table with columns audio, label and speaker, and split where ``part`` is asked for.

    Args:
        path: of the parquet table.
        labels: what to read; the classes where there are two or more.
        part: ``training``, ``validation`` or ``testing``, or None for all.
    """
    import pyarrow.compute as compute

    where = compute.field("label").isin(labels)
    if part is not None:
        where &= compute.field("split") == part
    waveforms, columns, dropped = read_table(path, ("label", "speaker"), where)
    known = None if len(labels) < 2 else np.array([labels.index(label) for label in columns["label"]], dtype=np.int64)
    return RawDataset(waveforms, known, labels if len(labels) > 1 else (), {"speaker": columns["speaker"]}, dropped)


def speaker_folds(train: RawDataset, test: RawDataset, seed: int) -> Split:
    """Split the sample into training and test speakers; the whole corpus has a published split by speaker.

    Seeds 0 to 4 are the five folds of one partition, so together they test every recording once.
    """
    if train.kind == "full":
        return Split(train, test)
    speakers = sorted(set(train.extras["speaker"]))
    order = np.random.default_rng(seed // FOLDS).permutation(speakers)
    tested = np.isin(train.extras["speaker"], order[seed % FOLDS :: FOLDS])
    return Split(train.take(np.flatnonzero(~tested)), train.take(np.flatnonzero(tested)), name="speakers")


def rows(fetched: Any, parts: dict[str, str]) -> Iterator[dict[str, object]]:
    """Yield the metadata of each recording of torchaudio's data set; soundfile decodes the audio.

    Args:
        fetched: ``torchaudio.datasets.SPEECHCOMMANDS``.
        parts: ``validation`` or ``testing`` by ``word/file``; other recordings are for training.
    """
    for i in range(len(fetched)):
        name, _, word, speaker, _ = fetched.get_metadata(i)
        label = word if word in WORDS else "_unknown_"
        yield {
            "audio": Path(fetched._archive, name),
            "label": label,
            "word": word,
            "speaker": speaker,
            "split": parts.get("/".join(Path(name).parts[-2:]), "training"),
        }


def prepare(work: Path, ready: Path) -> None:
    """Fetch the corpus; torchaudio lists it."""
    from torchaudio.datasets import SPEECHCOMMANDS

    from common.data.fetching import fetch
    from common.data.unpacking import unpack
    from speech.data.prepared import write_table

    unpack(fetch(URL, work, SHA256), work / "SpeechCommands/speech_commands_v0.02")
    fetched = SPEECHCOMMANDS(work)
    root = Path(fetched._path)
    parts = {name: part for part in ("validation", "testing") for name in _lines(root / f"{part}_list.txt")}
    write_table(ready / FULL, rows(fetched, parts))


def _lines(path: Path) -> Iterable[str]:
    return path.read_text(encoding="utf-8").split()


def _source(name: str, labels: tuple[str, ...], part: str) -> Source:
    whole = Prepared(FULL, download="speech_commands")
    sample = Location((Prepared(SAMPLE),), partial(read_words, labels=labels), "sample")
    return Source(name, (Location((whole,), partial(read_words, labels=labels, part=part)), sample), about=ABOUT)


DOWNLOADS = {"speech_commands": Download((FULL,), prepare, f"2.3 GB; {ABOUT}; download.tensorflow.org")}

COMMANDS_TRAIN = _source("Speech Commands", WORDS, "training")
COMMANDS_TEST = _source("Speech Commands test", WORDS, "testing")
OTHER_WORDS = _source("Other words", ("_unknown_",), "testing")
"""Words that are no commands; digits are among them."""

SILENCE = Source(
    "Background (Speech Commands)",
    (Location((Prepared(SAMPLE),), partial(read_words, labels=("_silence_",)), "sample"),),
    about=ABOUT,
)
