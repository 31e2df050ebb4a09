"""Synthetic speech data sets: English in training and test voices, whisper, German and Mandarin."""

from functools import partial
from pathlib import Path

import numpy as np

from common.data.locations import Location
from common.data.samples import RawDataset
from common.data.sources import Source
from speech.data.audio import SAMPLE_RATE
from speech.data.espeak import FILES, Utterance, speak, spoken_english
from speech.data.sentences import GERMAN, MANDARIN, combined, english, words

TRAIN_VOICES = words(
    """Alex Alicia Andrea Andy Annie Denis Diogo Gene Henrique Hugo Jacky Lee Marco Mario Michael Mike Nguyen Reed
    adam anika antonio aunty belinda benjamin boris caleb david ed edward f1 f2 f3 grandma gustave iven iven2
    kaukovalta linda m1 m2 m3 m4 marcelo max michel mike2 pablo paul pedro quincy rob sandro steph steph2 travis"""
)
TEST_VOICES = words("Gene2 iven3 victor f4 f5 ian m5 m6 m7 robert shelby steph3 zac miguel norbert")
"""Voice variants that sound human; robots, whispers and effects are in neither list."""

ABOUT = (
    "spoken by eSpeak NG (GPL-3.0) of the package espeakng-loader, whose files are checked by SHA-256 on Linux x86-64 "
    "and elsewhere by their presence alone"
)

_TRAIN, _TEST, _OTHER = 800, 100, 60
_NOISE_FLOOR = 1e-4  # of a quiet room, 80 dB below full scale


def read_english(library: Path, *data: Path, train: bool) -> RawDataset:
    """Speak the training or the test sentences, which share no sentence and no voice."""
    sentences = english(_TRAIN + _TEST)
    chosen = sentences[:_TRAIN] if train else sentences[_TRAIN:]
    voices = TRAIN_VOICES if train else TEST_VOICES
    return _in_a_room(spoken_english(_utterances(chosen, "en-us", voices, seed=int(train)), library))


def read_whisper(library: Path, *data: Path) -> RawDataset:
    """Whisper test sentences."""
    sentences = english(_TRAIN + _TEST)[-_OTHER:]
    return _in_a_room(_foreign(_utterances(sentences, "en-us", ("whisper", "whisperf"), seed=2), library))


def read_language(library: Path, *data: Path, language: str, parts: tuple[str, ...]) -> RawDataset:
    """Speak sentences of another language in the test voices."""
    utterances = _utterances(combined(parts, _OTHER), language, TEST_VOICES, seed=3)
    return _in_a_room(_foreign(utterances, library))


def _utterances(sentences: list[str], language: str, voices: tuple[str, ...], seed: int) -> list[Utterance]:
    """Assign each sentence a voice, in rotation, and a random rate and pitch."""
    rng = np.random.default_rng(seed)
    rates, pitches = rng.integers(140, 211, len(sentences)), rng.integers(35, 66, len(sentences))
    return [
        Utterance(sentence, f"{language}+{voices[i % len(voices)]}", int(rates[i]), int(pitches[i]))
        for i, sentence in enumerate(sentences)
    ]


def _foreign(utterances: list[Utterance], library: Path) -> RawDataset:
    spoken = speak(utterances, library)
    quiet = round(0.15 * SAMPLE_RATE)
    voices = [one.voice for one in utterances]
    return RawDataset([np.pad(one.samples, quiet) for one in spoken], extras={"speaker": voices}, kind="synthetic")


def _in_a_room(samples: RawDataset) -> RawDataset:
    """Add the faint background noise that every recording has."""
    rng = np.random.default_rng(len(samples))
    for waveform in samples.items:
        waveform += _NOISE_FLOOR * rng.standard_normal(len(waveform), dtype=np.float32)
    return samples


def _source(name: str, read: partial[RawDataset]) -> Source:
    return Source(name, (Location(FILES, read, "synthetic"),), about=ABOUT)


ENGLISH_TRAIN = _source("eSpeak English", partial(read_english, train=True))
ENGLISH_TEST = _source("eSpeak English", partial(read_english, train=False))
WHISPER = _source("Whisper (eSpeak)", partial(read_whisper))
GERMAN_SPEECH = _source("German (eSpeak)", partial(read_language, language="de", parts=GERMAN))
MANDARIN_SPEECH = _source("Mandarin (eSpeak)", partial(read_language, language="cmn", parts=MANDARIN))
