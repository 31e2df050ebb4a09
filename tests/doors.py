"""Every door through which something from outside comes in: a small sound file for each, and what reads it.

``tests/test_doors.py`` damages the files a little, ``tests/benchmarks/benchmark_doors.py`` does so thousands of times.
"""

import gzip
import io
import json
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import soundfile
from PIL import Image
from pyarrow import parquet
from safetensors.numpy import save_file

from common.base.border import MemoryLimit
from common.base.errors import UserError
from common.data.first_hashes import first_hash
from common.data.locations import Folders, Location
from common.data.samples import RawDataset
from common.data.sources import Source
from common.data.unpacking import unpack
from common.own.rows import Reading
from common.own.rows import read_rows as read_logits
from common.own_data import OwnPath
from common.store.files import read_facts, read_tensors, write_facts, write_tensors
from common.store.rows import read_rows
from common.store.run_record import read_record
from common.training.pretrained import Checkpoint
from common.training.weights import read_weights
from nlp.data import clinc150, glove, orange, own_tagged, own_texts, tables, tagging
from speech.data import folder, prepared, timit_folder
from tests.own_files import WRITERS, model, mutated
from vision.data import as_published, images, own_images
from vision.image_form import ImageForm

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Door:
    """A way in.

    Attributes:
        write: makes sound files in an empty folder and returns the one that is to be damaged.
        read: reads the folder.
    """

    write: Callable[[Path], Path]
    read: Callable[[Path], object]


def came_through(door: Door, place: Path, file: Path, content: bytes) -> str:
    """Write damaged content and read it; return what it was told, or "" where it was read.

    Whatever is no ``UserError`` of one line goes through, and is an escape.
    """
    file.write_bytes(content)
    try:
        with chdir(place):
            door.read(place)
    except UserError as error:
        assert "\n" not in str(error) and len(str(error)) < 1500, f"no single line: {error!r}"
        return str(error)
    return ""


def damaged(door: Door, place: Path, count: int, seed: int) -> Iterator[tuple[Path, bytes]]:
    """Yield the file of a door with ``count`` damaged contents."""
    file = door.write(place)
    whole, rng = file.read_bytes(), np.random.default_rng(seed)
    assert came_through(door, place, file, whole) == "", "the sound file is read"
    for _ in range(count):
        yield file, mutated(whole, rng)


def source(read: Callable[..., Any], *names: str) -> Callable[[Path], object]:
    """Read files of the folder (or the folder itself) as a task does."""

    def load(place: Path) -> object:
        paths = tuple(OwnPath(place / name) for name in names) or (OwnPath(place),)
        return Source("mine", (Location(paths, read),)).load(Folders())

    return load


def one(name: str, content: Callable[[], bytes], read: Callable[..., Any]) -> Door:
    """A file that a source is read from."""

    def write(place: Path) -> Path:
        (place / name).write_bytes(content())
        return place / name

    return Door(write, source(read, name))


def logits(name: str) -> Door:
    def write(place: Path) -> Path:
        WRITERS[name](place / name, model())
        return place / name

    return Door(write, lambda place: read_logits(place / name, "test", Reading(limit=MemoryLimit(0.05))))


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


def pictures(kind: str) -> Door:
    """A folder of images, of which one is damaged."""

    def write(place: Path) -> Path:
        for number in range(2):
            (place / f"{number}.{kind.lower()}").write_bytes(picture(kind))
        return place / f"1.{kind.lower()}"

    return Door(write, source(partial(own_images.read_any, form=ImageForm())))


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


def sounds(container: str, kind: str) -> Door:
    def write(place: Path) -> Path:
        for number in range(2):
            (place / f"{number}.{container.lower()}").write_bytes(wave(container, kind))
        return place / f"1.{container.lower()}"

    return Door(write, source(folder.read_any))


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


def phones_of(place: Path) -> RawDataset:
    """Read TIMIT's folder as ``speech.data.timit`` does."""
    waveforms, columns, dropped = timit_folder.read_timit_folder(place)
    return RawDataset(waveforms, extras=columns, dropped=dropped)


def archive(kind: str) -> Door:
    def write(place: Path) -> Path:
        content = {"a/1.txt": b"alpha" * 99, "a/2.txt": b"beta", "b.bin": bytes(range(256))}
        if kind == "zip":
            with zipfile.ZipFile(place / "x.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
                for name, text in content.items():
                    bundle.writestr(name, text)
        else:
            with tarfile.open(place / f"x.{kind}", "w:gz" if kind == "tgz" else "w") as tar:
                for name, text in content.items():
                    info = tarfile.TarInfo(name)
                    info.size = len(text)
                    tar.addfile(info, io.BytesIO(text))
        return place / f"x.{kind}"

    return Door(write, lambda place: unpack(place / f"x.{kind}", place / "unpacked"))


def checkpoint(name: str, read: Callable[[Checkpoint], object]) -> Door:
    def write(place: Path) -> Path:
        import torch
        import transformers
        from tokenizers import Tokenizer, models, pre_tokenizers

        torch.manual_seed(0)
        sizes = {"vocab_size": 16, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
        config = transformers.BertConfig(**sizes, intermediate_size=8, max_position_embeddings=16)
        transformers.BertModel(config).save_pretrained(place)
        words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(["[UNK]", *WORDS][:16])}, "[UNK]"))
        words.pre_tokenizer = pre_tokenizers.Whitespace()
        transformers.PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]").save_pretrained(place)
        if name.endswith(".index.json"):
            (place / "model.safetensors").rename(place / "part.safetensors")
            keys = transformers.BertModel(config).state_dict()
            (place / name).write_text(
                json.dumps({"metadata": {}, "weight_map": dict.fromkeys(keys, "part.safetensors")})
            )
        return place / name

    return Door(write, lambda place: read(Checkpoint(place)))


def recorded(name: str) -> Callable[[Path], Path]:
    def write(place: Path) -> Path:
        (place / name).write_bytes((ROOT / "common/recorded/nlp-newsgroups" / name).read_bytes()[:200_000])
        return place / name

    return write


def stored(name: str, write: Callable[[Path], object], read: Callable[[Path], object]) -> Door:
    def made(place: Path) -> Path:
        write(place / name)
        return place / name

    return Door(made, lambda place: read(place / name))


ARRAYS = {"logits": np.arange(12.0).reshape(4, 3), "labels": np.arange(4)}

CIFAR = partial(as_published.read_cifar, label_key="labels", names_key="label_names")

DOORS: dict[str, Door] = {
    **{f"logits {name}": logits(name) for name in WRITERS},
    "texts csv": one("x.csv", lambda: separated(","), partial(own_texts.read_labelled, part="train")),
    "texts tsv": one("x.tsv", lambda: separated("\t"), own_texts.read_texts),
    "texts json": one("x.json", lambda: json.dumps(texts()).encode(), partial(own_texts.read_labelled, part="test")),
    "texts jsonl": one("x.jsonl", lambda: "\n".join(map(json.dumps, texts())).encode(), own_texts.read_texts),
    "texts txt": one("x.txt", lambda: separated(" "), own_texts.read_texts),
    "texts parquet": one("x.parquet", text_table, partial(own_texts.read_labelled, part="train")),
    "texts conllu": one("x.conllu", tagged, partial(own_tagged.read_tagged, part="train")),
    "prepared texts": one("x.parquet", text_table, tables.text_table(label="label_name", label_names=("good", "bad"))),
    "prepared tags": one("x.parquet", tokens, tagging.tagged_table(("NN",), {"split": "train"})),
    "clinc150": one("x.json", clinc, partial(clinc150.read, split="test", in_scope=True)),
    "orange": one("x.tab", tab, orange.tab_reader(("good", "bad"))),
    "orange column": one("x.tab", tab, orange.column_reader("Text")),
    "word vectors": one("x.parquet", vectors, glove.read_vectors),
    **{f"images {kind}": pictures(kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")},
    "images metadata": Door(
        listed_pictures, source(partial(own_images.read_classes, part="train", form=ImageForm()))
    ),
    "image table": one("x.parquet", image_table, images.read_parquet),
    "image arrays": one("x.npz", image_arrays, images.read_npz),
    "idx": Door(digits, source(as_published.read_mnist, "x.gz", "y.gz")),
    "cifar batch": Door(batch, source(CIFAR, "meta", "batch")),
    "cifar names": Door(lambda place: batch(place).with_name("meta"), source(CIFAR, "meta", "batch")),
    "matlab": one("x.mat", matlab, as_published.read_svhn),
    "notmnist": Door(letters, source(partial(as_published.read_notmnist, letters=("A",)))),
    **{
        f"sounds {container} {kind}": sounds(container, kind)
        for container, kind in (
            ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"),
            ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"), ("AIFF", "PCM_16"), ("AU", "PCM_16"), ("NIST", "PCM_16"),
            ("CAF", "ALAC_16"), ("W64", "PCM_16"), ("VOC", "PCM_16"),
        )
    },
    "sound table": one("x.parquet", sound_table, prepared.read_unlabelled),
    "timit": Door(timit, source(phones_of)),
    **{f"archive {kind}": archive(kind) for kind in ("tgz", "tar", "zip")},
    "checkpoint config": checkpoint("config.json", Checkpoint.network),
    "checkpoint weights": checkpoint("model.safetensors", Checkpoint.network),
    "checkpoint index": checkpoint("model.safetensors.index.json", Checkpoint.network),
    "checkpoint tokenizer": checkpoint("tokenizer.json", Checkpoint.tokenizer),
    "checkpoint tokenizer settings": checkpoint("tokenizer_config.json", Checkpoint.tokenizer),
    "weights": stored("x.safetensors", lambda path: save_file(ARRAYS, path), read_weights),
    "first hashes": stored(
        "downloads.json", lambda path: path.write_text('{"a": "b"}'), lambda path: first_hash(path.parent, "a")
    ),
    "store arrays": stored("x.safetensors", lambda path: write_tensors(path, ARRAYS), read_tensors),
    "store facts": stored("x.json", lambda path: write_facts(path, {"a": [1, {"b": None}]}), read_facts),
    "rows": Door(recorded("results.jsonl"), lambda place: read_rows(place / "results.jsonl")),
    "record": Door(recorded("run.json"), lambda place: read_record(place / "run.json")),
}  # fmt: skip
