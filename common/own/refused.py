"""Files that are not read, each with the one line that converts it."""

import json
import shlex
from pathlib import Path

from common.base.display import printable, shown

_NPZ = 'numpy.savez({target}, **{{k: numpy.asarray(v) for k, v in d.items() if k[0] != "_"}})'
_TORCH = (
    'import torch, numpy; d = torch.load({source}, weights_only=True, map_location="cpu");'
    ' d = d if isinstance(d, dict) else {{"logits": d}};'
    ' numpy.savez({target}, **{{k: v.float().numpy() for k, v in d.items() if hasattr(v, "float")}})'
)
_PICKLE = 'import pickle, numpy; d = pickle.load(open({source}, "rb")); ' + _NPZ
_MAT = "import numpy; from scipy.io import loadmat; d = loadmat({source}); " + _NPZ
_HDF = "import h5py, numpy; d = {{k: v[()] for k, v in h5py.File({source}).items()}}; " + _NPZ
_JSON = "import pandas; pandas.read_json({source}).to_parquet({target})"
_LINES = "import pandas; pandas.read_json({source}, lines=True).to_parquet({target})"
_EXCEL = "import pandas; pandas.read_excel({source}).to_csv({target}, index=False)"

_TORCHES = (".pt", ".pth", ".bin", ".ckpt", ".t7")
_BY_SUFFIX = {
    **dict.fromkeys((".mat",), ("is a MATLAB file", _MAT, ".npz")),
    **dict.fromkeys((".h5", ".hdf5"), ("is an HDF5 file", _HDF, ".npz")),
    ".json": ("is JSON", _JSON, ".parquet"),
    ".jsonl": ("is JSON lines", _LINES, ".parquet"),
    **dict.fromkeys((".xls", ".xlsx", ".ods"), ("is a spreadsheet", _EXCEL, ".csv")),
}
_UNPACKED = {".gz": "gunzip -k", ".bz2": "bunzip2 -k", ".xz": "unxz -k", ".zst": "unzstd"}


def pickle_message(path: Path) -> str:
    """Return what to do with a file that is a pickle, which runs code when it is opened."""
    if path.suffix.lower() in _TORCHES:
        line, whose = _TORCH, "convert it"
    else:
        line, whose = _PICKLE, "if you made it yourself, convert it"
    return f"{shown(path)} is a pickle, which could run code, so it is not opened; {whose}: {_command(line, path)}"


def refusal(path: Path) -> str:
    """Return why a file with this suffix is not read and what converts it; empty if the suffix says nothing."""
    suffix = path.suffix.lower()
    if suffix in (*_TORCHES, ".pkl", ".pickle", ".p", ".joblib", ".dill"):
        return pickle_message(path)
    if suffix in _UNPACKED:
        return f"{shown(path)} is compressed; unpack it: {_UNPACKED[suffix]} {shlex.quote(str(path))}"
    if suffix not in _BY_SUFFIX:
        return ""
    what, line, target = _BY_SUFFIX[suffix]
    return f"{shown(path)} {what}, which is not read; convert it: {_command(line, path, target)}"


def _command(line: str, path: Path, target: str = ".npz") -> str:
    """Return a shell command; the code has double quotes alone, so the shell's single quotes hold whatever name."""
    written = path.with_suffix(target)
    if written.exists():  # never over a file that is there
        written = written.with_stem(f"{path.stem}_converted")
    named = {"source": json.dumps(printable(str(path))), "target": json.dumps(printable(str(written)))}
    return f"python -c {shlex.quote(line.format(**named))}"
