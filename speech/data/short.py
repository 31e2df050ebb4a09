"""OOD sets for spoken words, of a word's length: noises, bells, tones, pieces of another language.

Lengths are drawn from the test words and every set is low-passed at 4 kHz, so that neither duration nor bandwidth
identifies a set.
"""

from functools import partial

import numpy as np

from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import AnySource, Derived, Source
from speech.data.audio import SAMPLE_RATE, Waveform
from speech.data.fsdd import FSDD_TEST
from speech.data.mandarin import THCHS30
from speech.data.noise import low_passed, read_noises
from speech.data.speech_commands import COMMANDS_TEST

_CHIMES = ("alarm_siren", "bell", "phone_dialing")
_LEAST = 800  # samples: a twentieth of a second
_FULL_SCALE = 0.5


def pieces(test: RawDataset, rng: np.random.Generator, recordings: RawDataset, most: int) -> RawDataset:
    """Return up to ``most`` pieces of each recording, the loudest that do not overlap, low-passed at 4 kHz.

    All pieces of a recording have one length, drawn from those of the test words.
    """
    items: list[Waveform] = []
    for recording in recordings.items:
        length = max(len(test.items[rng.integers(len(test))]), _LEAST)
        items += loudest(low_passed(recording), length, most)
    return RawDataset(items, dropped=recordings.dropped)


def loudest(recording: Waveform, length: int, most: int) -> list[Waveform]:
    """Return the ``most`` loudest pieces of ``length`` in order; a recording no longer than that is one piece."""
    if len(recording) <= length:
        return [recording]
    cut = recording[: len(recording) // length * length].reshape(-1, length)
    best = np.argsort(-np.square(cut).sum(axis=1), kind="stable")[:most]
    return [np.ascontiguousarray(cut[i]) for i in np.sort(best)]


def words(test: RawDataset, rng: np.random.Generator, recordings: RawDataset) -> RawDataset:
    """Return whole recordings of one word, low-passed at 4 kHz."""
    return RawDataset([low_passed(recording) for recording in recordings.items], dropped=recordings.dropped)


def tones(test: RawDataset, rng: np.random.Generator) -> RawDataset:
    """Return for each test word a synthetic melody of one to four notes with the word's length."""
    return RawDataset([low_passed(_melody(max(len(item), _LEAST), rng)) for item in test.items])


def _melody(length: int, rng: np.random.Generator) -> Waveform:
    timbre = rng.dirichlet(np.ones(6))
    notes = np.array_split(np.arange(length), rng.integers(1, 5))
    played = [_note(len(note), 110 * 2 ** (rng.integers(0, 37) / 12), timbre, rng) for note in notes]
    return (_FULL_SCALE * np.concatenate(played)).astype(np.float32)


def _note(length: int, hertz: float, timbre: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a note: six harmonics that rise within 10 ms and then decay, as a plucked string or a bell does."""
    seconds = np.arange(length) / SAMPLE_RATE
    envelope = np.minimum(seconds / 0.01, 1) * np.exp(-seconds * rng.uniform(0, 8))
    phases = 2 * np.pi * hertz * np.outer(np.arange(1, 7), seconds) + rng.uniform(0, 2 * np.pi, (6, 1))
    return np.asarray(envelope * (timbre @ np.sin(phases)))


NOISES, MADE_TONES = "noise without speech", "made tones"
"""Families of OOD sets, and of the pseudo-OOD like them."""


def _real(name: str, make: partial[RawDataset], source: AnySource, about: str, family: str = "") -> Derived:
    return Derived(name, make, (source,), kind="sample", about=about, family=family)


_NOIZEUS = Source(
    "NOIZEUS noise",
    (Location((Prepared("speech/noizeus_noise.parquet"),), read_noises, "sample"),),
    about="eight kinds of NOIZEUS / AURORA noise, 8 kHz; no licence stated; not ours to ship",
)
_NONSPEECH = Source(
    "Non-speech sounds",
    (Location((Prepared("speech/nonspeech_noise.parquet"),), partial(read_noises, kinds=_CHIMES), "sample"),),
    about="alarms, bells and dialling of Hu's 100 non-speech sounds; not for commercial use",
)

NOISE = _real(
    "Noise (NOIZEUS)", partial(pieces, most=2), _NOIZEUS, "pieces of recorded noise, as long as a word", NOISES
)
CHIMES = _real("Alarms and bells", partial(pieces, most=8), _NONSPEECH, "pieces of recorded alarms, as long as a word")
MANDARIN = _real("Mandarin pieces", partial(pieces, most=3), THCHS30, "loud pieces of sentences, as long as a word")
TONES = Derived("Tones (synthetic)", tones, about="melodies made by a program, as long as a word", family=MADE_TONES)
COMMAND_WORDS = _real("Speech Commands", partial(words), COMMANDS_TEST, "ten words that are no digits")
DIGIT_WORDS = _real("FSDD", partial(words), FSDD_TEST, "spoken digits")
