"""A model card follows the Hub's model-index, and its figures are those of the rows."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from huggingface_hub import EvalResult, ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results
from typer.testing import CliRunner

from common.reporting.recorded import RECORDED
from common.reporting.report import write_report
from common.store.rows import Row, read_rows
from common.user_logits import app


def block(path: Path) -> dict[str, object]:
    """The metadata of a card, read by a parser of YAML alone."""
    before, metadata, text = path.read_text(encoding="utf-8").split("---\n", 2)
    assert before == "" and text.strip()
    return dict(yaml.safe_load(metadata))


def results(path: Path) -> tuple[str, list[EvalResult]]:
    index = block(path)["model-index"]
    assert isinstance(index, list)
    return model_index_to_eval_results(index)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of one's own logits, whose OOD sets have hostile names."""
    folder = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    np.savez(folder / "in.npz", logits=rng.normal(size=(300, 3)) + 2 * np.eye(3)[labels], labels=labels)
    np.savez(folder / "out.npz", logits=rng.normal(size=(100, 3)))
    typed = [str(folder / "in.npz"), "--out", str(folder / "out"), "--card"]
    for name in ("noise: [x]", "- # 'a' \"b\" {c}"):
        typed += ["--ood", f"{name}={folder / 'out.npz'}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["evaluate", *typed])  # the command that the record and the card name
        done = CliRunner().invoke(app, typed)
    assert done.exit_code == 0, done.output
    return folder / "out"


def value(found: list[EvalResult], config: str | None, kind: str, score: str = "msp") -> float:
    (one,) = [
        one
        for one in found
        if one.dataset_config == config
        and one.metric_type == kind
        and (one.metric_args or {"score": score})["score"] == score
    ]
    return float(one.metric_value)


def row(rows: tuple[Row, ...], **wanted: object) -> Row:
    (one,) = [one for one in rows if all(getattr(one, name) == value for name, value in wanted.items())]
    return one


def test_the_figures_of_the_card_are_those_of_the_rows(own: Path) -> None:
    name, found = results(own / "cards" / "own-in.md")
    rows = read_rows(own / "results.jsonl")
    errors = row(rows, detector="msp", question="misclassification")
    assert name == "in"
    assert value(found, None, "accuracy") == pytest.approx(1 - (errors.error or 0), abs=1e-6)
    assert value(found, "right against wrong", "roc_auc") == pytest.approx(errors.auroc, abs=1e-6)
    assert value(found, "right against wrong", "expected_calibration_error") == pytest.approx(errors.ece, abs=1e-6)
    ood = row(rows, detector="msp", question="ood", out_dist="noise: [x]", population="correct")
    for kind, field in (("roc_auc", "auroc"), ("average_precision", "ap_negative"), ("fpr95", "fpr95_in")):
        assert value(found, "noise: [x]", kind) == pytest.approx(getattr(ood, field), abs=1e-6)


def test_sets_with_hostile_names_keep_them_and_stay_apart(own: Path) -> None:
    _, found = results(own / "cards" / "own-in.md")
    configs = {one.dataset_config for one in found}
    assert configs >= {None, "right against wrong", "noise: [x]", "- # 'a' \"b\" {c}"}
    keys = [(one.unique_identifier, one.metric_type, one.metric_name) for one in found]
    assert len(set(keys)) == len(keys)


def test_a_figure_says_whom_it_is_about_with_interval_or_base_rate(own: Path) -> None:
    _, found = results(own / "cards" / "own-in.md")
    (auroc,) = [one for one in found if (one.dataset_config, one.metric_type) == ("noise: [x]", "roc_auc")]
    assert auroc.metric_args is not None and auroc.metric_args["population"] == "correct"
    assert auroc.metric_args["low"] < auroc.metric_value < auroc.metric_args["high"]
    (precision,) = [
        one for one in found if (one.dataset_config, one.metric_type) == ("noise: [x]", "average_precision")
    ]
    assert precision.metric_args is not None and 0 < precision.metric_args["base_rate"] < 1


def test_the_hubs_own_library_loads_the_card(own: Path) -> None:
    card = ModelCard.load(own / "cards" / "own-in.md")
    assert card.data.eval_results is not None and card.data.model_name == "in"
    assert "/" not in card.text.partition("Made by")[2].partition("Date")[0], "a card is published: no local paths"
    assert "| in: in against noise: \\[x\\] |" in card.text
    assert "Set task.type and dataset.type" in card.text


def test_every_training_of_a_run_has_a_card_of_the_hubs_task_type(tmp_path: Path) -> None:
    shutil.copytree(RECORDED / "nlp-reuters52", tmp_path / "run")
    (tmp_path / "run" / "cards").mkdir()
    (tmp_path / "run" / "cards" / "of-another-run.md").write_text("x")
    write_report(tmp_path / "run", formats=("md", "card"))
    cards = list((tmp_path / "run" / "cards").iterdir())
    assert [path.stem.removeprefix("nlp-reuters52-") for path in sorted(cards, key=lambda path: path.stem)] == [
        "cross-entropy", "cross-entropy-longer", "outlier-exposure",
    ]  # fmt: skip
    for path in cards:
        _, found = results(path)
        assert {one.task_type for one in found} == {"text-classification"}
        assert all(isinstance(one.metric_value, float) and 0 <= one.metric_value <= 1 for one in found)
        assert {(one.metric_args or {"seeds": 3})["seeds"] for one in found} == {3}


def test_without_the_option_there_is_no_card(tmp_path: Path) -> None:
    shutil.copytree(RECORDED / "nlp-wsj", tmp_path / "run")
    write_report(tmp_path / "run")
    assert not (tmp_path / "run" / "cards").exists()
