"""English speech of other corpora: OOD by recording conditions or accent, not by language.

Compare these sets with Mandarin: another microphone, room and loudness alone can make speech differ from TIMIT's.
"""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from speech.data.prepared import read_unlabelled

LJSPEECH = Source(
    "English (LJSpeech)",
    (Location((Prepared("speech/ljspeech_aligned.parquet"),), read_unlabelled, "sample"),),
    about="32 sentences of LJSpeech, one woman reading; public domain; a stand-in for LibriSpeech",
    primary=False,
)
LIBRISPEECH = Source(
    "English (LibriSpeech)",
    (Location((Prepared("speech/librispeech_test.parquet", download="librispeech"),), read_unlabelled),),
    stand_in=LJSPEECH,
    about="LibriSpeech test-clean, 2,620 utterances; CC BY 4.0; openslr.org/12",
    primary=False,
)
ACCENTED = Source(
    "English (speechocean762)",
    (Location((Prepared("speech/speechocean762_phones.parquet"),), read_unlabelled, "sample"),),
    about="English read by native speakers of Mandarin; free for any use; openslr.org/101",
    primary=False,
)
