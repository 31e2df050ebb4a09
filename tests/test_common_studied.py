"""Studies: what a variant changes has its own place in the store, and claims are counted by seed."""

from dataclasses import replace
from pathlib import Path

import pytest

from common import studied
from common.base.errors import UserError
from common.base.progress import Progress
from common.base.project import ROOT
from common.data.drawn import some
from common.data.locations import Folders
from common.discover import load_study, load_task, study_names, task_names
from common.experiment import Experiment, RunOptions
from common.reporting.recorded_studies import read_study, record_study, studies_section
from common.reporting.study_page import StudyResults, claim_sentence
from common.store.rows import read_rows
from common.study import Claim, Study, Table, Variant, falling, ordered, variants_table, with_options, with_outliers
from common.study_figures import error, ood_mean, right_wrong
from nlp.data.outliers import FRIENDS

OE = "outlier_exposure"
SMALL = Study(
    title="Does dialogue help?",
    tasks=("nlp/reuters8",),
    variants=(
        Variant("MSP"),
        Variant("100 lines", OE, with_outliers(some(FRIENDS, 100))),
        Variant("300 lines", OE, with_outliers(some(FRIENDS, 300))),
        Variant("nothing there", OE, with_outliers()),
    ),
    measure=variants_table(
        {"far": lambda rows: ood_mean(rows, distance="far"), "right/wrong": right_wrong, "error": error}
    ),
    claims=(
        Claim("Error is above -1.", lambda table: table["MSP"]["error"] > -1),
        Claim("It compares what did not run.", ordered("far", "MSP", "nothing there")),
    ),
    picture=("far", "error"),
)


def options(out: Path) -> RunOptions:
    return RunOptions(out=out, folders=Folders((), out / "cache"))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, studied.Studied]:
    out = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studied, "load_study", lambda name: SMALL)
        done = studied.study("small", 1, options(out), Progress())
        studied.report("small", done, options(out))
    return out, done


@pytest.mark.slow
def test_each_variant_has_rows_of_its_own_and_what_did_not_run_is_told(found: tuple[Path, studied.Studied]) -> None:
    out, done = found
    rows = read_rows(out / "studies" / "small" / "results.jsonl")
    assert {row.study_variant for row in rows} == {"MSP", "100 lines", "300 lines"}
    assert done.not_run == [
        "nlp/reuters8, nothing there: "
        "nlp/reuters8 has no auxiliary outliers here, which objective outlier_exposure needs"
    ]
    far = [done.tables[0][name]["far"] for name in ("MSP", "100 lines", "300 lines")]
    assert len(set(far)) == 3


@pytest.mark.slow
def test_the_page_says_which_claims_hold_and_shows_the_table_and_the_picture(
    found: tuple[Path, studied.Studied],
) -> None:
    page = (found[0] / "studies" / "small" / "report.html").read_text(encoding="utf-8")
    assert "Holds (1 of 1 seed): Error is above -1." in page
    assert "Not tested, since what it compares did not run: It compares" in page
    assert page.count('role="img"') == 1 and "300 lines" in page and "https://" not in page


@pytest.mark.slow
def test_a_second_run_trains_nothing_and_gives_equal_rows(found: tuple[Path, studied.Studied]) -> None:
    out, done = found
    weights = {file: file.stat().st_mtime_ns for file in out.rglob("*.safetensors")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studied, "load_study", lambda name: SMALL)
        again = studied.study("small", 1, options(out), Progress())
    assert again.rows == done.rows
    assert weights and {file: file.stat().st_mtime_ns for file in out.rglob("*.safetensors")} == weights


@pytest.mark.slow
def test_rows_of_a_study_that_are_not_what_was_written_are_told_and_made_again(
    found: tuple[Path, studied.Studied], capsys: pytest.CaptureFixture[str]
) -> None:
    out, done = found
    results = out / "studies" / "small" / "results.jsonl"
    whole = results.read_bytes()
    results.write_bytes(whole.replace(b'"seed": 0', b'"seed": 1'))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studied, "load_study", lambda name: SMALL)
        assert studied.study("small", 1, options(out), Progress(show=True)).rows == done.rows
    told = [line for line in capsys.readouterr().err.splitlines() if "it is made again" in line]
    assert len(told) == 1 and told[0].endswith(f"{results} is not what was written: its hash differs; it is made again")
    assert results.read_bytes() == whole


def test_what_a_variant_changes_is_part_of_the_stores_key_and_the_base_training_is_shared(tmp_path: Path) -> None:
    experiment = Experiment("nlp/reuters8", 0, options(tmp_path))
    task = experiment.task
    changed = {
        "weight": with_options(OE, weight=0.1)(task),
        "fewer": with_outliers(some(FRIENDS, 100))(task),
        "more": with_outliers(some(FRIENDS, 300))(task),
        "as it is": replace(task),
    }
    variants = {name: Experiment("nlp/reuters8", 0, options(tmp_path), variant=one) for name, one in changed.items()}
    assert len({one.folder(OE).path for one in variants.values()}) == 4
    assert {one.folder("cross_entropy").path for one in variants.values()} == {experiment.folder("cross_entropy").path}


@pytest.mark.parametrize("name", study_names())
def test_every_study_declares_tasks_variants_and_claims_that_run_on_its_figures(name: str) -> None:
    study = load_study(name)
    assert set(study.tasks) <= set(task_names())
    names = [variant.name for variant in study.variants]
    assert len(set(names)) == len(names) and study.claims and study.title
    empty: Table = {}
    assert all(claim.holds(empty) is None for claim in study.claims)


def test_order_is_strict_and_undecided_where_a_figure_is_missing() -> None:
    table: Table = {"a": {"x": 1.0}, "b": {"x": 2.0}, "c": {"x": 2.0}, "d": {}}
    assert ordered("x", "a", "b")(table) is True and falling("x", "b", "a")(table) is True
    assert ordered("x", "b", "c")(table) is False and ordered("x", "a", "b", by=1.0)(table) is False
    assert ordered("x", "a", "d")(table) is None and ordered("x", "a", "e")(table) is None


@pytest.mark.parametrize(
    ("held", "said"),
    [((True, True), "Holds (2 of 2"), ((True, False), "Holds in part (1"), ((False,), "Does not hold")],
)
def test_a_claim_is_counted_by_seed(held: tuple[bool, ...], said: str) -> None:
    tables: list[Table] = [{"a": {"x": float(one)}} for one in held]
    study = replace(SMALL, claims=(Claim("c", lambda table: table["a"]["x"] > 0),))
    assert claim_sentence(StudyResults(study, tables), 0).startswith(said)


def test_a_network_that_is_exposed_to_noise_is_not_tested_on_any_and_no_figure_counts_noise(tmp_path: Path) -> None:
    study = load_study("which_outliers")
    for variant in (one for one in study.variants if one.name in ("Gaussian", "uniform")):
        task = variant.change(load_task("vision/mnist"))
        assert {one.name for one in task.ood}.isdisjoint({"Gaussian", "Uniform"})
        experiment = Experiment("vision/mnist", 0, options(tmp_path), variant=task)
        assert experiment.folder(OE).path, "a family that is tested would be refused"
    rows = read_rows(ROOT / "tests/data/which_outliers_rows.jsonl")
    plain = [row for row in rows if row.study_variant == "MSP" and row.seed == 0]
    far = study.measure({("vision/mnist", "MSP"): plain})["MSP"]["far AUROC"]
    assert far == pytest.approx(ood_mean(plain, only=("notMNIST", "CIFAR-10bw")))


def test_an_unknown_study_is_refused_with_what_there_is() -> None:
    with pytest.raises(UserError, match="unknown study 'gan_tabel' .did you mean .gan_table.*there are: "):
        load_study("gan_tabel")


def test_a_recorded_study_gives_the_figures_of_the_rows_it_was_made_of(tmp_path: Path) -> None:
    rows = read_rows(ROOT / "tests/data/gan_table_rows.jsonl")
    recorded = read_study(record_study("gan_table", ROOT / "tests/data/gan_table_rows.jsonl", tmp_path))
    own = [row for row in rows if row.seed == 0 and row.study_variant == "+ OE"]
    assert recorded.tables[0]["+ OE"]["AUROC, all sets"] == pytest.approx(ood_mean(own), abs=1e-6)
    assert len(recorded.tables) == 3 and recorded.commit == rows[0].commit
    section = studies_section(tmp_path)
    assert "Holds (3 of 3 seeds)" in section and "+ GAN + OE" in section
    assert studies_section(tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("profile", "said"), [("quick", "--seeds 3 --data-dir"), ("paper", "--seeds 3 --profile paper")]
)
def test_a_recorded_study_says_the_command_that_makes_its_figures(tmp_path: Path, profile: str, said: str) -> None:
    path = record_study("gan_table", ROOT / "tests/data/gan_table_rows.jsonl", tmp_path)
    path.write_text(path.read_text().replace('"quick"', f'"{profile}"'))
    assert f"--study vision/gan_table {said}" in studies_section(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"profile": "quick"}'])
def test_a_damaged_recorded_study_is_told_by_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "gan_table.json").write_text(text)
    with pytest.raises(UserError, match=r"gan_table\.json"):
        read_study(tmp_path / "gan_table.json")
