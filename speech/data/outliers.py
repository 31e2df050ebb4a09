"""Auxiliary outliers for sound: words of other languages by eSpeak, words of TIMIT's sentences, and noise.

One kind alone is fragile, so words and noise are put together. The languages are none of an OOD set's (German and
Mandarin); words that a word task trains on or tests are left out of TIMIT's; noise is made up, never recorded.
"""

from functools import partial
from pathlib import Path

import numpy as np

from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import Derived, Source
from speech.data.audio import SAMPLE_RATE, Waveform, read_table
from speech.data.espeak import FILES, EspeakFile, Utterance, speak
from speech.data.fsdd import DIGITS
from speech.data.noise import IN_MADE_NOISE, colour, low_passed, mix_all, shaped
from speech.data.sentences import words
from speech.data.speech_commands import WORDS as COMMANDS
from speech.data.voices import ABOUT, TRAIN_VOICES

FOREIGN = {
    "fr": words(
        """maison jardin fenêtre chapeau voiture montagne rivière oiseau fromage lumière demain toujours bonheur cuisine
        écrire chanter regarder bleu rouge grande heureux papillon bouteille voyage"""
    ),
    "es": words(
        """casa jardín ventana sombrero coche montaña río pájaro queso luz mañana siempre alegría cocina escribir cantar
        mirar azul rojo grande feliz mariposa botella viaje"""
    ),
    "pl": words(
        """dom ogród okno kapelusz samochód góra rzeka ptak światło jutro zawsze radość kuchnia pisać śpiewać patrzeć
        niebieski czerwony duży szczęśliwy motyl butelka podróż"""
    ),
    "fi": words(
        """talo puutarha ikkuna hattu vuori joki lintu juusto valo huomenna aina ilo keittiö kirjoittaa laulaa katsoa
        sininen punainen iso onnellinen perhonen pullo matka"""
    ),
    "tr": words(
        """ev bahçe pencere şapka araba dağ nehir kuş peynir ışık yarın daima sevinç mutfak yazmak bakmak mavi kırmızı
        büyük mutlu kelebek şişe yolculuk"""
    ),
}
"""Words of our own choice in five languages, none of them an English digit or command."""

DICTIONARIES = (
    EspeakFile("espeak-ng-data/fr_dict", 63727, "e399ab924c4d10beef1fc310b30ea56e4ddfd8b4b64b8ed978e9c65394d49b2d"),
    EspeakFile("espeak-ng-data/es_dict", 49285, "e7c6347e407d5c14f283eeada18b86c6d560b03b62f53659473109bbff096757"),
    EspeakFile("espeak-ng-data/pl_dict", 76620, "4daed8b7fce7bad6c690a8f040f254b6de5d238eb87cf0188a46f6b8a7030933"),
    EspeakFile("espeak-ng-data/fi_dict", 43928, "dda999437bd4b37a7f7400a2230aace1200a52906ab0b1ff3507d44ab19d64b1"),
    EspeakFile("espeak-ng-data/tr_dict", 46793, "311b0557059f2dab5ee2faabb51361f5033368f0e2a54c4bdfe45e730674f26e"),
)
SPOKEN = 400
"""Words, or utterances of six words."""

MADE_NOISE = "made-up noise"
"""The family of noise that a program makes up, without speech; recorded noise is of another."""

NOISES = 800
LEVELS_DB = (0.0, 20.0)
"""Signal-to-noise ratios of noisy words, drawn uniformly between these."""

TIMIT_SHORTEST = SAMPLE_RATE // 4
"""Shorter words of TIMIT, such as `a` and `the`, are left out."""


def read_foreign(library: Path, *data: Path, together: int) -> RawDataset:
    """Say words of other languages, ``together`` words of one language an item, in voices that training has too."""
    rng = np.random.default_rng(4)
    languages = list(FOREIGN)
    said = []
    for i in range(SPOKEN):
        language = languages[i % len(languages)]
        text = ", ".join(rng.choice(FOREIGN[language], together, replace=False))
        voice = TRAIN_VOICES[rng.integers(len(TRAIN_VOICES))]
        said.append(Utterance(text, f"{language}+{voice}", int(rng.integers(140, 211)), int(rng.integers(35, 66))))
    return RawDataset([one.samples for one in speak(said, library)], kind="synthetic")


def read_timit_words(path: Path) -> RawDataset:
    """Read the words of TIMIT's sentences that are no digit or command; the short ones are left out and counted."""
    waveforms, columns, dropped = read_table(path, ("words", "word_starts", "word_stops"))
    cuts = [
        waveform[start:stop]
        for waveform, *row in zip(waveforms, *columns.values(), strict=True)
        for word, start, stop in zip(*row, strict=True)
        if word not in {*DIGITS, *COMMANDS, "oh"}
    ]
    long = [np.ascontiguousarray(cut) for cut in cuts if len(cut) >= TIMIT_SHORTEST]
    return RawDataset(long, dropped={**dropped, "words shorter than a quarter of a second": len(cuts) - len(long)})


def noisy(train: RawDataset, rng: np.random.Generator, speech: RawDataset) -> RawDataset:
    """Return speech, half of it with white or pink noise, all of it without what is above 4 kHz."""
    chosen = rng.permutation(len(speech)) < len(speech) // 2
    clean = [item for item, noised in zip(speech.items, chosen, strict=True) if not noised]
    loud = RawDataset([item for item, noised in zip(speech.items, chosen, strict=True) if noised])
    mixed = mix_all(loud, ((_noise(len(item), rng), float(rng.uniform(*LEVELS_DB))) for item in loud.items))
    return RawDataset([low_passed(item) for item in [*clean, *mixed.items]], dropped=speech.dropped)


def clean(train: RawDataset, rng: np.random.Generator, speech: RawDataset) -> RawDataset:
    """Return speech without what is above 4 kHz."""
    return RawDataset([low_passed(item) for item in speech.items], dropped=speech.dropped)


def noise(train: RawDataset, rng: np.random.Generator) -> RawDataset:
    """Return noises between white and brown, as long as training examples, at levels between 0.005 and 0.1."""
    lengths = [len(train.items[i]) for i in rng.integers(len(train), size=NOISES)]
    return RawDataset([low_passed(_noise(length, rng)) for length in lengths])


def _noise(length: int, rng: np.random.Generator) -> Waveform:
    exponent = rng.uniform(0, 2)
    made = shaped(length, rng, lambda frequencies: colour(frequencies, exponent))
    level = 0.005 * 20 ** rng.random()
    return np.asarray(made * (level / max(float(made.std()), 1e-12)), dtype=np.float32)


def _spoken(together: int, about: str) -> Source:
    place = Location((*FILES, *DICTIONARIES), partial(read_foreign, together=together), "synthetic")
    return Source("eSpeak, other languages", (place,), about=f"{about}; {ABOUT}")


FOREIGN_WORDS = _spoken(1, "400 words of five languages")
FOREIGN_SPEECH = _spoken(6, "400 utterances of six words in five languages")
TIMIT_WORDS = Source(
    "TIMIT words",
    (Location((Prepared("speech/timit_sample.parquet"),), read_timit_words, "sample"),),
    about="words of 16 speakers, no digits and no commands; CC BY-NC-SA as NLTK states it",
    family="TIMIT",
    stand_in=FOREIGN_WORDS,
)
NOISE = Derived(
    "Noise (synthetic)",
    noise,
    about="made by a program, as long as training examples; the noise without speech in OOD sets is recorded",
    family=MADE_NOISE,
)

WORD_OUTLIERS = (Derived("Noisy words", noisy, (TIMIT_WORDS,), family=IN_MADE_NOISE), NOISE)
"""For tasks of single words."""

SPEECH_OUTLIERS = (Derived("Noisy foreign speech", noisy, (FOREIGN_SPEECH,), family=IN_MADE_NOISE),)
"""For tasks of sentences; noise alone has no phone to be unsure of."""

CLEAN_SPEECH_OUTLIERS = (Derived("Foreign speech", clean, (FOREIGN_SPEECH,)),)
"""For tasks of sentences whose OOD sets are speech in made-up noise."""
