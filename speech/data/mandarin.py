"""Read Mandarin speech, which no English phone recogniser was made for."""

from pathlib import Path

from common.data import Place, Prepared, Samples, Source
from speech.data.audio import read_table


def read_speech(path: Path) -> Samples:
    """Read the utterances of a table with columns ``audio`` and ``speaker``; they have no labels here."""
    waveforms, columns, dropped = read_table(path, ("speaker",))
    return Samples(waveforms, extras=columns, dropped=dropped)


AISHELL = Source(
    "Mandarin (AISHELL)",
    (Place((Prepared("speech/aishell_sample_mandarin.parquet"),), read_speech, "sample"),),
    about="130 sentences by two speakers of AISHELL-1; a stand-in for THCHS-30",
)
THCHS30 = Source(
    "THCHS-30",
    (Place((Prepared("speech/thchs30.parquet"),), read_speech),),
    stand_in=AISHELL,
    about="THCHS-30 (Wang & Zhang 2015, arXiv:1512.01882), read Mandarin",
)
