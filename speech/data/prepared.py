"""Audio tables of a data folder: how they are written, and how unlabelled ones are read.

The column ``audio`` is {bytes, path}, as in Hugging Face ``datasets``: FLAC files with one channel at 16 kHz.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from common.base.errors import UserError
from common.data.samples import RawDataset
from speech.data.audio import SAMPLE_RATE, Waveform, decode, read_table

_ROWS = 1000


def read_unlabelled(path: Path, columns: Sequence[str] = (), where: Any = None) -> RawDataset:
    """Read the audio of a table, without labels.

    Args:
        path: of the table.
        columns: further columns, which become ``extras``.
        where: a pyarrow expression that chooses rows, or None for all.
    """
    waveforms, values, dropped = read_table(path, columns, where)
    return RawDataset(waveforms, extras=values, dropped=dropped)


def write_table(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows group by group, so that a corpus of any size fits into memory.

    Args:
        path: of the parquet file.
        rows: each with ``audio``, the path or the bytes of a sound file, and any further columns.

    Raises:
        UserError: there is no row, or a sound file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    rows = iter(rows)
    writer = None
    while group := [{**row, "audio": _packed(row["audio"], i)} for i, row in enumerate(islice(rows, _ROWS))]:
        table = pa.Table.from_pylist(group, schema=writer.schema if writer else None)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is None:
        raise UserError(f"{path.name} would be empty: nothing was found in what was fetched")
    writer.close()


def _packed(sound: Path | bytes, number: int) -> dict[str, Any]:
    name = sound.name if isinstance(sound, Path) else f"{number}.flac"
    try:
        return {"bytes": flac(decode(sound)), "path": f"{Path(name).stem}.flac"}
    except ValueError as error:
        raise UserError(f"{name} cannot be read ({error}); fetch it again") from error


def flac(waveform: Waveform) -> bytes:
    """Return a waveform as a 16-bit FLAC file; samples beyond full scale are clipped."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, waveform, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()
