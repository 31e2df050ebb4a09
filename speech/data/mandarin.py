"""Mandarin speech (THCHS-30, a sample of AISHELL): OOD for English phone recognisers."""

import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from common.data.download import Download
from common.data.locations import Directory, Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import Source
from speech.data.audio import decode_all
from speech.data.prepared import read_unlabelled, write_table

ABOUT = "THCHS-30 (Wang & Zhang 2015, arXiv:1512.01882), read Mandarin; Apache-2.0; openslr.org/18"


_read_table = partial(read_unlabelled, columns=("speaker",))


def read_thchs30(folder: Path) -> RawDataset:
    """Read the test utterances of THCHS-30's archive, unpacked.

    ``test/`` has links into ``data/``, or small text files where the file system has no links. A file's name begins
    with the speaker and an underscore.

    Raises:
        ValueError: there is no test utterance.
    """
    names = sorted(path.name for path in (folder / "test").glob("*.wav"))
    files = [path if (path := folder / "data" / name).is_file() else folder / "test" / name for name in names]
    waveforms, kept, dropped = decode_all(files)
    if not waveforms:
        raise ValueError("there is no test/*.wav with its sound in data/")
    return RawDataset(waveforms, extras={"speaker": [names[i].split("_")[0] for i in kept]}, dropped=dropped)


def thchs30_rows(archive: Path) -> Iterator[dict[str, object]]:
    """Yield the test utterances of THCHS-30's archive, in the order of their audio in it."""
    with tarfile.open(archive) as tar:
        sounds = [member for member in tar.getmembers() if member.name.endswith(".wav")]
        places = {
            (PurePosixPath(member.name).parent.name, PurePosixPath(member.name).name): member for member in sounds
        }
        tested = [name for part, name in places if part == "test"]
        members = [places.get(("data", name), places[("test", name)]) for name in tested]
        for member in sorted(members, key=lambda member: member.offset_data):
            content, name = tar.extractfile(member), PurePosixPath(member.name).name
            if content is not None:
                yield {"audio": content.read(), "utterance_id": name[:-4], "speaker": name.split("_")[0]}


def prepare(work: Path, ready: Path) -> None:
    """Fetch the archive and keep the test utterances."""
    from common.data.fetching import fetch

    archive = fetch("https://www.openslr.org/resources/18/data_thchs30.tgz", work, MD5)
    write_table(ready / "speech/thchs30.parquet", thchs30_rows(archive))


MD5 = "md5:2d2252bde5c8429929e1841d4cb95e90"
"""As PaddleSpeech's recipe for this archive has it; openslr.org itself publishes none."""
DOWNLOADS = {
    "thchs30": Download(("speech/thchs30.parquet",), prepare, f"6.4 GB, of which 2,495 utterances stay; {ABOUT}")
}

AISHELL = Source(
    "Mandarin (AISHELL)",
    (Location((Prepared("speech/aishell_sample_mandarin.parquet"),), _read_table, "sample"),),
    about="130 sentences by two speakers of AISHELL-1; a stand-in for THCHS-30",
)
THCHS30 = Source(
    "THCHS-30",
    (
        Location((Prepared("speech/thchs30.parquet", download="thchs30"),), _read_table),
        Location((Directory("speech/data_thchs30", "THCHS-30's archive, unpacked,"),), read_thchs30),
    ),
    stand_in=AISHELL,
    about=ABOUT,
)
