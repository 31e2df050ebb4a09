"""Sentences for the speech synthesiser: word lists and patterns, filled by a seeded generator."""

from collections.abc import Iterator
from itertools import islice

import numpy as np


def words(text: str, separator: str | None = None) -> tuple[str, ...]:
    """Return the words of a text, or its parts between separators, without surrounding white space.

    >>> words("in the | park", "|")
    ('in the', 'park')
    """
    return tuple(" ".join(part.split()) for part in text.split(separator))


# Chosen so that every English vowel and consonant is common, in the positions where it occurs.
WORDS: dict[str, tuple[str, ...]] = {
    "adjective": words(
        """able ancient angry awful bashful big blue brave bright broad calm careful cheap chief clever cloudy coarse
        cool cruel curious dark dear distant dull dusty eager early easy empty fair famous fierce foolish fresh gentle
        good grey happy harsh heavy huge humble idle jolly joyful junior keen kind large lazy little loose loud lovely
        loyal major massive mighty modern narrow new noisy odd old other pale patient plain pleasant poor proud pure
        quick quiet rare raw royal rough rude sharp short shy silver simple slow smooth soft sour strange strong
        stubborn sudden thick thin thirsty tiny tough usual vast vague warm weary weird whole wild wise yellow young"""
    ),
    "person": words(
        """actor artist aunt author baker boy brother captain child cousin doctor driver farmer father girl guard guest
        hunter judge king lawyer leader maid major mayor mother neighbor nurse owner painter pilot poet prince queen
        rider sailor scholar shepherd singer sister soldier stranger student tailor teacher thief traveler uncle
        visitor waiter widow woman worker writer youth"""
    ),
    "thing": words(
        """apple arrow badge bag ball banjo basket bench bird boat bone book bottle box bread bridge brush bucket button
        cage candle carpet cart chain chair cheese church clock cloth coin couch cup desk dish door engine envelope
        fence fire fish flag flower fork garage garden gift glove goose hammer hat hill horse house jacket jar jewel
        journal key knife ladder lamp leaf leather letter lid machine map mirror mouse nail needle nose oven oyster
        page paper path pencil piano picture pillow plough purse puzzle razor ribbon ring river road roof rope saddle
        school shadow sheep shelf ship shirt shoe shovel soup spoon stone stove string sword table thimble thumb
        ticket tooth toy treasure tree tube umbrella vase vehicle vessel village vision voice wagon wall watch wheel
        window wool yacht yard"""
    ),
    "verb": words(
        """admired answered asked avoided bathed blamed borrowed bought brought buried burned carried caught changed
        chased chose cleaned covered crossed cursed cut described drew dropped enjoyed examined fetched filled fixed
        followed forgot found gathered guarded heard held hid hurt ignored imagined joined judged kept kicked knew
        left lifted loved mentioned moved needed noticed offered painted passed pointed praised pulled pushed raised
        reached refused repaired saw searched sold shook showed stole studied threw took touched trusted understood
        used vanquished visited wanted warned washed watched weighed wished wore"""
    ),
    "place": words(
        """above the harbor | across the ocean | after the show | along the beach | around the corner | at the station |
        before lunch | behind the mountain | below the surface | beside the lake | between two rivers | beyond the
        valley | by the northern shore | down the narrow street | during the winter | for another hour | from the
        village | in the museum | in the thick woods | inside the kitchen | near the old mill | on the other side |
        out of the city | over the hedge | through the fog | toward the south | under the apple tree | until the
        morning | up the stairs | with great pleasure | without a word | within a mile of the border""",
        "|",
    ),
    "adverb": words(
        """always barely calmly daily eagerly finally gladly hardly joyfully kindly loudly never often partly quickly
        rarely seldom slowly suddenly truly usually very wisely yearly"""
    ),
    "opening": words(
        """Yesterday | Last Thursday | This year | As usual | Each July | On Monday | In those days | At noon | Before
        sunrise | To our surprise | Years ago | Much later | By chance | Once more""",
        "|",
    ),
}
PATTERNS = (
    "The {adjective} {person} {verb} the {thing} {place}.",
    "{opening} the {person} {verb} a {adjective} {thing}.",
    "Why has the {adjective} {thing} never {verb} {place}?",
    "A {person} and a {person} {adverb} {verb} this {thing}.",
    "{opening} my {adjective} {person} {adverb} {verb} the {thing} {place}.",
    "Your {thing} is {adjective}, but their {thing} was {adverb} {adjective}.",
    "She {verb} the {thing} {place}.",
    "They {adverb} {verb} each {adjective} {thing}.",
)


def english(count: int, seed: int = 0) -> list[str]:
    """Return ``count`` different English sentences of 4 to 14 words; a larger ``count`` only adds sentences."""
    return list(islice(_distinct(np.random.default_rng(seed)), count))


def _distinct(rng: np.random.Generator) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        sentence = _fill(PATTERNS[rng.integers(len(PATTERNS))], rng)
        if sentence not in seen:
            seen.add(sentence)
            yield sentence


def _fill(pattern: str, rng: np.random.Generator) -> str:
    for kind, choices in WORDS.items():
        while (slot := f"{{{kind}}}") in pattern:
            pattern = pattern.replace(slot, choices[rng.integers(len(choices))], 1)
    return pattern


def combined(parts: tuple[str, ...], count: int, seed: int = 0) -> list[str]:
    """Return ``count`` sentences, each of one alternative per part; ``|`` separates alternatives.

    >>> combined(("Der Hund|Die Katze", " schläft."), 1)
    ['Die Katze schläft.']
    """
    rng = np.random.default_rng(seed)
    choices = [part.split("|") for part in parts]
    return ["".join(options[rng.integers(len(options))] for options in choices) for _ in range(count)]


GERMAN = (
    "Der alte Mann|Die junge Frau|Unser Nachbar|Das kleine Mädchen|Ein müder Wanderer|Die fröhliche Köchin",
    " sucht| findet| verkauft| zeichnet| überquert| beschreibt",
    " heute| gewöhnlich| vielleicht| möglicherweise| schließlich| jedes Jahr",
    " den hohen Turm| eine schöne Brücke| das grüne Buch| die zwölf Äpfel| seinen verrosteten Schlüssel",
    " auf dem Marktplatz.| hinter der Scheune.| während des Frühlings.| ohne ein einziges Wort.| in der Küche.",
)
MANDARIN = (
    "今天|昨天|明天早上|去年冬天|星期三",
    "我的朋友|那位老师|他的妹妹|一个年轻人|我们的邻居",
    "在公园里|在学校门口|在火车站|在河边|在图书馆",
    "看见了|买了|画了|找到了|忘记了",
    "一本旧书。|三只小鸟。|很多新鲜的水果。|一张漂亮的照片。|两把红色的雨伞。",
)
