"""User's folders of images: layouts, odd files, and networks of other libraries judged as they are."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from common.base.errors import UserError
from common.cli.run_all import main
from common.data.locations import Folders
from common.discover import load_architecture, own_modality, parse_model
from common.own_data import OwnData
from common.training.predict import predict
from vision.data.own_images import read_any, read_classes
from vision.image_form import ImageForm, formed
from vision.user_files import user_task

FORM = ImageForm((32, 32), 32)
CLASSES = ("cross", "ring", "stripes")


def picture(kind: str, rng: np.random.Generator) -> Image.Image:
    """A noisy picture of 24 to 60 pixels a side: red crosses, green rings, blue stripes."""
    side = int(rng.integers(24, 60))
    y, x = np.mgrid[:side, :side] / side - 0.5
    drawn = {
        "cross": np.minimum(abs(x), abs(y)) < 0.1,
        "ring": abs(np.hypot(x, y) - 0.3) < 0.1,
        "stripes": x % 0.2 < 0.1,
    }
    pixels = rng.integers(0, 80, (side, side, 3))
    pixels[..., CLASSES.index(kind)] += 150 * drawn[kind]
    return Image.fromarray(pixels.astype(np.uint8))


def folders(root: Path, count: int = 10, below: str = "") -> Path:
    for number, kind in enumerate(CLASSES):
        rng = np.random.default_rng(number)
        (root / below / kind).mkdir(parents=True)
        for i in range(count):
            picture(kind, rng).save(root / below / kind / f"{i}.{('png', 'jpg', 'bmp', 'webp')[i % 4]}")
    return root


def test_a_folder_a_class_is_read_and_odd_files_are_named(tmp_path: Path) -> None:
    root = folders(tmp_path / "mine")
    (root / "ring" / "half.png").write_bytes((root / "ring" / "0.png").read_bytes()[:200])
    (root / "ring" / "empty.jpg").touch()
    (root / "ring" / "notes.txt").write_text("no image")
    (root / ".hidden").mkdir()
    samples = read_classes(root, "train", FORM)
    assert samples.items.shape == (30, 32, 32, 3) and samples.label_names == CLASSES
    assert np.bincount(samples.labels).tolist() == [10, 10, 10]
    assert sorted(why.split(":")[0] for why in samples.dropped) == ["ring/empty.jpg", "ring/half.png"]
    assert samples.notes == ("3 classes: cross 10, ring 10, stripes 10.",)


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Training", "val")])
def test_train_and_test_folders_are_a_split_and_no_classes(tmp_path: Path, train: str, test: str) -> None:
    root = folders(folders(tmp_path / "archive" / "data", 6, train), 3, test).parent
    own = user_task(OwnData(root))
    learned, tested = own.train.load(Folders()), own.test.load(Folders())
    assert learned.label_names == tested.label_names == CLASSES
    assert (len(learned), len(tested)) == (18, 9)
    assert own.split is not None
    split = own.split(learned, tested, 0)
    assert split.name == "as given"
    shared, few = split.notes
    assert shared == "9 of 9 examples of the test set are in the training set too.", "the same drawings"
    assert few == "The test set has 9 examples, so figures are rough."


def test_classes_in_a_table_or_in_file_names_are_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(9):
        picture(CLASSES[i % 3], rng).save(tmp_path / f"{CLASSES[i % 3]}.{i}.png")
    by_name = read_classes(tmp_path, "train", FORM, r"^([a-z]+)\.\d")
    assert by_name.label_names == CLASSES and np.bincount(by_name.labels).tolist() == [3, 3, 3]
    with pytest.raises(UserError, match="has no class; two classes or more are needed"):
        read_classes(tmp_path, "train", FORM)
    lines = [
        "file_name,label",
        *(f"{CLASSES[i % 3]}.{i}.png,{'odd' if i % 2 else 'even'}" for i in range(9)),
        "x.png,odd",
    ]
    (tmp_path / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    by_table = read_classes(tmp_path, "train", FORM)
    assert by_table.label_names == ("even", "odd") and np.bincount(by_table.labels).tolist() == [5, 4]
    assert by_table.dropped == {"files that metadata.csv names and the folder lacks": 1}


def test_a_table_cannot_name_files_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "metadata.csv").write_text("file_name,label\n../secret.png,a\n", encoding="utf-8")
    with pytest.raises(UserError, match="outside its folder"):
        read_classes(tmp_path / "in", "train", FORM)


def test_sixteen_bits_grey_palettes_and_turned_photographs_become_colour(tmp_path: Path) -> None:
    ramp = np.arange(0, 65536, 64, dtype=np.uint16).reshape(32, 32)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    Image.fromarray((ramp >> 8).astype(np.uint8)).save(tmp_path / "b.png")
    Image.fromarray((ramp >> 8).astype(np.uint8)).convert("P").save(tmp_path / "c.png")
    turned = Image.Exif()
    turned[0x0112] = 3  # the camera was upside down
    Image.fromarray((ramp >> 8).astype(np.uint8)[::-1, ::-1]).save(tmp_path / "d.png", exif=turned)
    images = read_any(tmp_path, FORM).items.astype(int)
    assert images.shape == (4, 32, 32, 3)
    assert all(abs(images[0] - other).max() <= 1 for other in images[1:])


def test_a_picture_that_claims_to_be_huge_costs_itself_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    picture("ring", rng).save(tmp_path / "fine.png")
    whole = bytearray((tmp_path / "fine.png").read_bytes())
    whole[16:24] = (60_000).to_bytes(4, "big") * 2
    (tmp_path / "huge.png").write_bytes(bytes(whole))
    samples = read_any(tmp_path, FORM)
    assert samples.extras["file"] == ["fine.png"] and len(samples.dropped) == 1


def test_the_form_cuts_as_torchvision_s_own_transforms_do() -> None:
    from torchvision.models import ResNet18_Weights

    transforms = ResNet18_Weights.DEFAULT.transforms()
    image = picture("ring", np.random.default_rng(0)).resize((300, 210))
    form = load_architecture("vision", parse_model("vision", "torchvision:resnet18")).form
    pixels = torch.from_numpy(formed(image, form).copy()).permute(2, 0, 1) / 255
    ours = (pixels - torch.tensor(form.mean)[:, None, None]) / torch.tensor(form.std)[:, None, None]
    assert torch.allclose(ours, transforms(image), atol=1e-5)


def torchvision_file(folder: Path) -> tuple[str, Callable[[torch.Tensor], torch.Tensor]]:
    from safetensors.torch import save_file
    from torchvision.models import mobilenet_v3_small

    torch.manual_seed(0)
    network = mobilenet_v3_small(weights=None, num_classes=3).eval()
    save_file(network.state_dict(), folder / "mine.safetensors")
    return f"torchvision:mobilenet_v3_small@{folder / 'mine.safetensors'}", network


def timm_folder(folder: Path) -> tuple[str, Callable[[torch.Tensor], torch.Tensor]]:
    timm = pytest.importorskip("timm")
    from safetensors.torch import save_file

    torch.manual_seed(0)
    network = timm.create_model("test_resnet", num_classes=3).eval()
    save_file(network.state_dict(), folder / "model.safetensors")
    config = {"architecture": "test_resnet", "num_classes": 3, "label_names": ["Stripes", "cross", "ring"]}
    (folder / "config.json").write_text(json.dumps({**config, "pretrained_cfg": network.pretrained_cfg}))
    return f"timm:{folder}", network


def hf_folder(folder: Path) -> tuple[str, Callable[[torch.Tensor], torch.Tensor]]:
    from transformers import ViTConfig, ViTForImageClassification

    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=32, patch_size=8,
        id2label={0: "ring", 1: "Stripes", 2: "cross", 3: "never shown"},
    )  # fmt: skip
    network = ViTForImageClassification(config).eval()
    network.save_pretrained(folder)
    return f"hf:{folder}", lambda pixels: network(pixel_values=pixels).logits


@pytest.mark.parametrize(
    ("made", "places"),
    [(torchvision_file, [0, 1, 2]), (timm_folder, [1, 2, 0]), (hf_folder, [2, 0, 1])],
    ids=["torchvision", "timm", "hf"],
)
def test_a_classifier_of_another_library_is_judged_as_it_is(
    tmp_path: Path, made: Callable[[Path], tuple[str, Callable[..., torch.Tensor]]], places: list[int]
) -> None:
    (tmp_path / "checkpoint").mkdir()
    name, network = made(tmp_path / "checkpoint")
    model = parse_model("vision", name).as_it_is()
    task = user_task(OwnData(folders(tmp_path / "mine", 4), model=model, trained=False))
    train, test = task.train.load(Folders()), task.test.load(Folders())
    assert task.split is not None
    split = task.split(train, test, 0)
    assert (len(split.train), len(split.test)) == (0, 12), "nothing is trained, so all images are test images"
    architecture = load_architecture("vision", model)
    preprocessor = architecture.preprocessor(split.train)
    outputs = predict(architecture.build(preprocessor, split.train), preprocessor(split.test))
    form = architecture.form
    pixels = torch.from_numpy(test.items).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        own = network((pixels - torch.tensor(form.mean)[:, None, None]) / torch.tensor(form.std)[:, None, None])
    assert np.allclose(outputs.logits, own, atol=1e-4), "the logits are the checkpoint's own"
    assert outputs.labels.tolist() == [places[label] for label in test.labels]


@pytest.mark.parametrize("made", [torchvision_file, timm_folder, hf_folder], ids=["torchvision", "timm", "hf"])
@pytest.mark.parametrize("part", ["", ",head"])
def test_a_new_last_layer_is_trained_on_frozen_or_tuned_features(
    tmp_path: Path, made: Callable[[Path], tuple[str, Callable[..., torch.Tensor]]], part: str
) -> None:
    (tmp_path / "checkpoint").mkdir()
    name, _ = made(tmp_path / "checkpoint")
    architecture = load_architecture("vision", parse_model("vision", name + part))
    samples = read_classes(folders(tmp_path / "mine", 2), "train", architecture.form)
    samples = samples.take(np.flatnonzero(samples.labels < 2))
    model = architecture.build(architecture.preprocessor(samples), samples).train()
    trained = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert (len(trained) == 2) == bool(part), "the last layer has a weight and a bias"
    assert model(architecture.preprocessor(samples)(samples).batch(torch.arange(4))).shape == (4, 3)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("torchvision:resnet81", "torchvision has no classifier 'resnet81' (did you mean 'resnet18'?)"),
        ("torchvision:resnet18@absent.safetensors", "absent.safetensors cannot be read"),
        ("timm:resnet81", "timm has no network 'resnet81' (did you mean"),
        ("torchvision:resnet18", "has random weights, so there is nothing to judge"),
        ("small_resnet", "'small_resnet' is no trained classifier"),
    ],
)
def test_a_model_that_cannot_be_judged_is_one_line_and_exit_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model: str, message: str
) -> None:
    root = folders(tmp_path / "mine", 2)
    command = ["run_all.py", "--in", str(root), "--model", model, "--no-train", "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as left:
        main()
    error = capsys.readouterr().err
    assert left.value.code == 2 and message in error and "Traceback" not in error


def test_detectors_that_learn_have_nothing_to_learn_from_and_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net").mkdir()
    name, _ = hf_folder(tmp_path / "net")
    root, out = folders(tmp_path / "mine", 4), tmp_path / "out"
    options = ["--ood", f"same={root}", "--no-train", "--detectors", "msp,odin,mahalanobis", "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["run_all.py", "--in", str(root), "--model", name, *options])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    told = " ".join(one["why"] for one in json.loads((out / "run.json").read_text())["not_run"])
    assert "detector odin learns from training examples, and the data has none" in told
    assert "detector mahalanobis learns from training examples" in told


def test_labels_that_a_checkpoint_lacks_are_named(tmp_path: Path) -> None:
    name, _ = hf_folder(tmp_path)
    root = folders(tmp_path / "mine", 2)
    (root / "ring").rename(root / "square")
    model = parse_model("vision", name).as_it_is()
    architecture = load_architecture("vision", model)
    with pytest.raises(UserError, match="has no class 'square'; it has ring, Stripes, cross, never shown"):
        architecture.preprocessor(read_classes(root, "train", FORM))


def test_the_modality_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    assert own_modality(folders(tmp_path / "pictures", 1)) == "vision"
    (tmp_path / "texts.csv").touch()
    assert own_modality(tmp_path / "texts.csv") == "nlp"
    (tmp_path / "other.xyz").touch()
    with pytest.raises(UserError, match="no file has a suffix that is read"):
        own_modality(tmp_path / "other.xyz")


@pytest.mark.slow
def test_120_pictures_become_a_report_in_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, out = folders(tmp_path / "shapes", 40), tmp_path / "out"
    (tmp_path / "noise").mkdir()
    for i in range(20):
        Image.fromarray(np.random.default_rng(i).integers(0, 255, (40, 40, 3)).astype(np.uint8)).save(
            tmp_path / "noise" / f"{i}.png"
        )
    command = ["run_all.py", "--in", str(root), "--ood", f"noise={tmp_path / 'noise'}", "--out", str(out)]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    found = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    ood = next(row for row in found if row["out_dist"] == "noise" and row["detector"] == "msp")
    assert ood["error"] < 0.2 and ood["n_negative"] == 20
    assert "3 classes: cross 40, ring 40, stripes 40." in (out / "report.html").read_text()
