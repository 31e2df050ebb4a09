"""Small sound files of every kind that the suite reads, for ``tests/doors.py``."""

import gzip
import io
import json
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import soundfile
from PIL import Image
from pyarrow import parquet

WORDS = "good film, bad play, a few words in a row; what a night it was".split()


def texts(count: int = 24) -> list[dict[str, str]]:
    rng = np.random.default_rng(0)
    return [{"text": " ".join(rng.choice(WORDS, 6)), "label": ("good", "bad")[i % 2]} for i in range(count)]


def separated(separator: str) -> bytes:
    rows = [separator.join(('"' + row["text"] + '"', row["label"])) for row in texts()]
    return "\n".join((separator.join(("text", "label")), *rows)).encode()


def table(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def text_table() -> bytes:
    return table({"text": [row["text"] for row in texts()], "label_name": [row["label"] for row in texts()]})


def tagged() -> bytes:
    lines = [f"{i + 1}\t{word}\t_\t{'NV'[i % 2]}\t_\t_\t_\t_\t_\t_" for i, word in enumerate(WORDS)]
    return "\n\n".join(["\n".join(lines)] * 4).encode()


def clinc() -> bytes:
    pairs = [[row["text"], row["label"]] for row in texts()]
    return json.dumps(dict.fromkeys(("train", "val", "test", "oos_test"), pairs)).encode()


def tab() -> bytes:
    rows = [f"{row['label']}\t{row['text']}" for row in texts()]
    return "\n".join(("Category\tText", "discrete\tstring", "class\tmeta", *rows)).encode()


def vectors() -> bytes:
    return table({"word": WORDS, "vector": [np.arange(8.0)] * len(WORDS)})


def tokens() -> bytes:
    return table({"tokens": [WORDS] * 3, "tags": [["NN"] * len(WORDS)] * 3, "split": ["train"] * 3})


def picture(kind: str = "PNG", side: int = 32, mode: str = "RGB") -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def listed_pictures(place: Path) -> Path:
    for number in range(4):
        (place / f"{number}.png").write_bytes(picture())
    lines = ["file_name,label,split", *(f"{number}.png,{'ab'[number % 2]},train" for number in range(4))]
    (place / "metadata.csv").write_text("\n".join(lines))
    return place / "metadata.csv"


def image_table() -> bytes:
    names = {"info": {"features": {"label": {"names": ["a", "b"]}}}}
    columns = {"image": [{"bytes": picture(), "path": None}] * 3, "label": [0, 1, 0]}
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns).replace_schema_metadata({b"huggingface": json.dumps(names).encode()}), buffer)
    return buffer.getvalue()


def image_arrays() -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    np.savez_compressed(buffer, images=pixels, labels=np.array([0, 1, 0]), label_names=np.array(["a", "b"]))
    return buffer.getvalue()


def batch(place: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3072), dtype=np.uint8)
    (place / "meta").write_bytes(pickle.dumps({"label_names": ["a", "b"]}, 2))
    (place / "batch").write_bytes(pickle.dumps({"data": pixels, "labels": [0, 1, 0], "filenames": ["a", "b"]}, 2))
    return place / "batch"


def matlab() -> bytes:
    from scipy.io import savemat

    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 3), dtype=np.uint8)
    savemat(buffer, {"X": pixels, "y": np.array([[1], [2], [10]])}, do_compression=True)
    return buffer.getvalue()


def digits(place: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    (place / "x.gz").write_bytes(gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, 3, 28, 28) + pixels.tobytes()))
    (place / "y.gz").write_bytes(gzip.compress(struct.pack(">4BI", 0, 0, 8, 1, 3) + bytes([0, 1, 2])))
    return place / "x.gz"


def letters(place: Path) -> Path:
    (place / "A").mkdir(exist_ok=True)
    for number in range(2):
        (place / "A" / f"{number}.png").write_bytes(picture(side=28, mode="L"))
    return place / "A/1.png"


def wave(container: str = "WAV", kind: str = "PCM_16") -> bytes:
    buffer = io.BytesIO()
    samples = 0.1 * np.random.default_rng(0).normal(size=4000).clip(-3, 3)
    soundfile.write(buffer, samples, 16_000, kind, format=container)
    return buffer.getvalue()


def sound_table() -> bytes:
    return table({"audio": [{"bytes": wave("FLAC"), "path": "a.flac"}] * 3, "speaker": ["a", "b", "c"]})


def timit(place: Path) -> Path:
    where = place / "TRAIN/DR1/FABC0"
    where.mkdir(parents=True, exist_ok=True)
    (where / "SA1.WAV").write_bytes(wave("NIST"))
    (where / "SA1.PHN").write_text("0 1500 h#\n1500 2500 iy\n2500 4000 h#\n")
    (where / "SA1.WRD").write_text("1500 2500 he\n")
    (where / "SA1.TXT").write_text("0 4000 He.\n")
    return where / "SA1.PHN"
