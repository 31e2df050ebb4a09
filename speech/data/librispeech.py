"""LibriSpeech: English read aloud from audiobooks, with its text as a sequence of letters.

Panayotov et al., "LibriSpeech: an ASR corpus based on public domain audio books", ICASSP 2015. CC BY 4.0.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from common.data.download import Download
from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import Source
from speech.data.audio import read_table

LETTERS = ("|", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "'")
"""The bar separates words, as in checkpoints trained on this corpus."""

PARTS = {"train": "dev-clean", "test": "test-clean"}
SHA256 = {
    "dev-clean": "sha256:76f87d090650617fca0cac8f88b9416e0ebf80350acb97b343a85fa903728ab3",
    "test-clean": "sha256:39fde525e59672dc6d1551919b1478f724438a95aa55f874b576be21967e6c23",
}
ABOUT = "LibriSpeech dev-clean (2,703 utterances, to train on) and test-clean (2,620); CC BY 4.0; openslr.org/12"


def read_letters(path: Path) -> RawDataset:
    """Read a table with columns audio, text (capitals, spaces, apostrophes) and speaker."""
    waveforms, columns, dropped = read_table(path, ("text", "speaker"))
    labels = [np.array([LETTERS.index(sign) for sign in text.replace(" ", "|")], np.int64) for text in columns["text"]]
    return RawDataset(waveforms, labels, LETTERS, columns, dropped)


def rows(fetched: Any) -> Iterator[dict[str, object]]:
    """Yield the metadata of each utterance of ``torchaudio.datasets.LIBRISPEECH``; soundfile decodes the audio."""
    for i in range(len(fetched)):
        name, _, text, speaker, _, _ = fetched.get_metadata(i)
        yield {"audio": Path(fetched._archive, name), "text": text, "speaker": str(speaker)}


def prepare(work: Path, ready: Path) -> None:
    """Fetch two parts; torchaudio lists them."""
    from torchaudio.datasets import LIBRISPEECH

    from common.data.fetching import fetch
    from common.data.unpacking import unpack
    from speech.data.prepared import write_table

    for part, name in PARTS.items():
        unpack(fetch(f"https://www.openslr.org/resources/12/{name}.tar.gz", work, SHA256[name]), work)
        write_table(ready / f"speech/librispeech_{part}.parquet", rows(LIBRISPEECH(work, url=name)))


def _source(name: str, part: str) -> Source:
    file = Prepared(f"speech/librispeech_{part}.parquet", download="librispeech")
    return Source(name, (Location((file,), read_letters),), about=ABOUT)


DOWNLOADS = {
    "librispeech": Download(tuple(f"speech/librispeech_{part}.parquet" for part in PARTS), prepare, f"680 MB; {ABOUT}")
}

LIBRISPEECH_TRAIN, LIBRISPEECH_TEST = _source("LibriSpeech", "train"), _source("LibriSpeech test", "test")
