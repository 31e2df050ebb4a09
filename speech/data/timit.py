"""TIMIT: sentences read aloud, with phones time-aligned by hand; splits by speaker.

Garofolo et al., "TIMIT acoustic-phonetic continuous speech corpus", LDC93S1, 1993.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError
from common.data.dropped import added_up, listed
from common.data.locations import Directory, Location, Prepared
from common.data.samples import RawDataset, Split
from common.data.sources import Source
from speech.data.audio import HOP, Waveform, frame_count, read_table
from speech.data.noise import low_passed
from speech.data.phones import PHONES, SILENCE, TIMIT_TO_39, check_timit, fold_timit
from speech.data.timit_folder import PARTS, read_timit_folder

WHOLE = 6300
"""Number of utterances of the whole corpus."""

COLUMNS = ("speaker", "sex", "sentence_id", "text", "phones", "phone_starts", "phone_stops")


def read_timit(path: Path, by_frame: bool) -> RawDataset:
    """Read utterances: audio, speaker, sex, sentence_id, text and phones with their times.

    A folder is ``full`` if it has both parts and 6,300 utterances, skipped ones included; otherwise it is a ``sample``.

    Args:
        path: of a parquet table (times are in samples at 16 kHz, half open), or of the LDC's folder.
        by_frame: whether to label each frame, or to give each utterance the sequence of its phones.
    """
    waveforms, columns, dropped = read_timit_folder(path) if path.is_dir() else _read_known(path)
    if by_frame:
        labels = list(map(frame_labels, columns["phones"], columns["phone_stops"], waveforms))
    else:
        labels = list(map(phone_labels, columns["phones"]))
    extras: dict[str, Any] = {
        name: columns[name] for name in ("part", "speaker", "sex", "sentence_id", "text") if name in columns
    }
    whole = set(columns.get("part", ())) == set(PARTS) and len(waveforms) + sum(dropped.values()) >= WHOLE
    return RawDataset(waveforms, labels, PHONES, extras, dropped, "full" if whole else "sample")


def _read_known(path: Path) -> tuple[list[Waveform], dict[str, list[Any]], dict[str, int]]:
    """Read a table; rows with an unknown phone are skipped and named by speaker and sentence."""
    waveforms, columns, dropped = read_table(path, COLUMNS)
    kept, bad = [], []
    for i, phones in enumerate(columns["phones"]):
        try:
            if not phones:
                raise ValueError("it has no phones")
            check_timit(phones)
            kept.append(i)
        except ValueError as error:
            bad.append(f"{columns['speaker'][i]} {columns['sentence_id'][i]}: {error}")
    known = {name: [values[i] for i in kept] for name, values in columns.items()}
    return [waveforms[i] for i in kept], known, added_up(dropped, listed(bad))


def phone_labels(phones: Sequence[str]) -> NDArray[np.int64]:
    """Return the classes of an utterance's phones; ``q`` is removed and consecutive silences are merged."""
    return np.array(fold_timit(phones), dtype=np.int64)


def frame_labels(phones: Sequence[str], stops: Sequence[int], waveform: Waveform) -> NDArray[np.int64]:
    """Return the class of the phone at the centre of each frame, (1 + T // 160,).

    The glottal stop ``q`` has no class and counts as silence; frames after the last phone have its class.
    """
    classes = np.array([PHONES.index(TIMIT_TO_39[phone] or PHONES[SILENCE]) for phone in phones], dtype=np.int64)
    middles = np.arange(frame_count(len(waveform))) * HOP
    return np.take(classes, np.searchsorted(stops, middles, side="right"), mode="clip")


def by_speaker(train: RawDataset, test: RawDataset, seed: int, count: int = 4) -> Split:
    """Split one set of utterances into training and test speakers.

    If both published parts are present, they are the split for every seed, without the ``sa`` sentences (3,696
    training and 1,344 test utterances of the whole corpus). Otherwise seeds 0 to S / ``count`` - 1 are the folds of one
    partition of the S speakers, so together they test every speaker once; later seeds are folds of other partitions. A
    fold has as many women as men if there are enough. A test speaker's sentence that a training speaker also reads (the
    two ``sa`` sentences) is dropped, so that no sentence is in both sets.

    Args:
        train: all utterances.
        test: the same utterances.
        seed: chooses the fold and the partition.
        count: test speakers of a fold.

    Raises:
        UserError: there are too few speakers.
    """
    published = _published(train)
    if published is not None:
        return published
    speakers = np.array(train.extras["speaker"])
    tested = _fold(dict(zip(train.extras["speaker"], train.extras["sex"], strict=True)), seed, count)
    inside = np.isin(speakers, tested)
    taught = {text for text, out in zip(_sentences(train), inside, strict=True) if not out}
    unseen = np.array([text not in taught for text in _sentences(test)])
    tested_samples = test.take(np.flatnonzero(inside & unseen))
    return Split(train.take(np.flatnonzero(~inside)), tested_samples, name="speakers")


def _published(samples: RawDataset) -> Split | None:
    """Return the published split without the ``sa`` sentences; None unless both parts have utterances."""
    if "part" not in samples.extras:
        return None
    parts = np.array(samples.extras["part"])
    counted = np.array([not name.startswith("sa") for name in samples.extras["sentence_id"]])
    train, test = (samples.take(np.flatnonzero((parts == part) & counted)) for part in PARTS)
    return Split(train, test) if len(train) and len(test) else None


def _sentences(samples: RawDataset) -> list[str]:
    """Return what identifies each utterance's sentence: its text, or its number if the text is missing."""
    numbers = samples.extras.get("sentence_id", samples.extras["text"])
    return [text or number for text, number in zip(samples.extras["text"], numbers, strict=True)]


def _fold(sex: dict[str, Any], seed: int, count: int) -> list[str]:
    folds = len(sex) // count
    if folds < 2:
        raise UserError(f"{len(sex)} speakers are too few for folds of {count}: at least {2 * count} are needed")
    order = np.random.default_rng(seed // folds).permutation(sorted(sex))
    ranked = sorted(order, key=lambda speaker: sex[speaker])  # stable: women, then men, each in random order
    return [str(speaker) for speaker in ranked[seed % folds :: folds][:count]]


def by_speaker_below_4khz(train: RawDataset, test: RawDataset, seed: int) -> Split:
    """Split as ``by_speaker`` does, with everything low-passed at 4 kHz, the bandwidth of the noise."""
    split = by_speaker(train, test, seed)
    return replace(split, train=_narrowed(split.train), test=_narrowed(split.test))


def _narrowed(samples: RawDataset) -> RawDataset:
    return replace(samples, items=[low_passed(waveform) for waveform in samples.items])


def _source(by_frame: bool) -> Source:
    about = "TIMIT whole, a folder speech/timit (LDC93S1), or a sample of 16 speakers (CC BY-NC-SA as NLTK states it)"
    read = partial(read_timit, by_frame=by_frame)
    whole = Location((Directory("speech/timit", "TRAIN and TEST of LDC93S1"),), read, kind=None)
    sample = Location((Prepared("speech/timit_sample.parquet"),), read, "sample")
    return Source("TIMIT", (whole, sample), about=about, family="TIMIT")


TIMIT, TIMIT_BY_FRAME = _source(by_frame=False), _source(by_frame=True)
