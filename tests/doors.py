"""Every door through which something from outside comes in: a small sound file for each, and what reads it.

``tests/test_doors.py`` damages the files a little, ``tests/benchmarks/benchmark_doors.py`` does so thousands of times.
"""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
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
from tests import door_files as made
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


def pictures(kind: str) -> Door:
    """A folder of images, of which one is damaged."""

    def write(place: Path) -> Path:
        for number in range(2):
            (place / f"{number}.{kind.lower()}").write_bytes(made.picture(kind))
        return place / f"1.{kind.lower()}"

    return Door(write, source(partial(own_images.read_any, form=ImageForm())))


def sounds(container: str, kind: str) -> Door:
    def write(place: Path) -> Path:
        for number in range(2):
            (place / f"{number}.{container.lower()}").write_bytes(made.wave(container, kind))
        return place / f"1.{container.lower()}"

    return Door(write, source(folder.read_any))


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
        words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(["[UNK]", *made.WORDS][:16])}, "[UNK]"))
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
    "texts csv": one("x.csv", lambda: made.separated(","), partial(own_texts.read_labelled, part="train")),
    "texts tsv": one("x.tsv", lambda: made.separated("\t"), own_texts.read_texts),
    "texts json": one(
        "x.json", lambda: json.dumps(made.texts()).encode(), partial(own_texts.read_labelled, part="test")
    ),
    "texts jsonl": one("x.jsonl", lambda: "\n".join(map(json.dumps, made.texts())).encode(), own_texts.read_texts),
    "texts txt": one("x.txt", lambda: made.separated(" "), own_texts.read_texts),
    "texts parquet": one("x.parquet", made.text_table, partial(own_texts.read_labelled, part="train")),
    "texts conllu": one("x.conllu", made.tagged, partial(own_tagged.read_tagged, part="train")),
    "prepared texts": one(
        "x.parquet", made.text_table, tables.text_table(label="label_name", label_names=("good", "bad"))
    ),
    "prepared tags": one("x.parquet", made.tokens, tagging.tagged_table(("NN",), {"split": "train"})),
    "clinc150": one("x.json", made.clinc, partial(clinc150.read, split="test", in_scope=True)),
    "orange": one("x.tab", made.tab, orange.tab_reader(("good", "bad"))),
    "orange column": one("x.tab", made.tab, orange.column_reader("Text")),
    "word vectors": one("x.parquet", made.vectors, glove.read_vectors),
    **{f"images {kind}": pictures(kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")},
    "images metadata": Door(
        made.listed_pictures, source(partial(own_images.read_classes, part="train", form=ImageForm()))
    ),
    "image table": one("x.parquet", made.image_table, images.read_parquet),
    "image arrays": one("x.npz", made.image_arrays, images.read_npz),
    "idx": Door(made.digits, source(as_published.read_mnist, "x.gz", "y.gz")),
    "cifar batch": Door(made.batch, source(CIFAR, "meta", "batch")),
    "cifar names": Door(lambda place: made.batch(place).with_name("meta"), source(CIFAR, "meta", "batch")),
    "matlab": one("x.mat", made.matlab, as_published.read_svhn),
    "notmnist": Door(made.letters, source(partial(as_published.read_notmnist, letters=("A",)))),
    **{
        f"sounds {container} {kind}": sounds(container, kind)
        for container, kind in (
            ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"),
            ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"), ("AIFF", "PCM_16"), ("AU", "PCM_16"), ("NIST", "PCM_16"),
            ("CAF", "ALAC_16"), ("W64", "PCM_16"), ("VOC", "PCM_16"),
        )
    },
    "sound table": one("x.parquet", made.sound_table, prepared.read_unlabelled),
    "timit": Door(made.timit, source(phones_of)),
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
