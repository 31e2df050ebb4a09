"""The section of a task says how its figures compare: with publications, over seeds, levels and ways of training."""

from dataclasses import replace
from typing import Any

import pytest

from common.store.rows import WITH_INTERVAL, Row
from tests.report_files import ERRORS, MNIST, REUTERS, STAND_IN, Make


def test_a_published_figure_stands_beside_ours_with_the_difference(report: Make) -> None:
    made = report(ERRORS, MNIST)
    assert "| 96.5 (96.1–97.0) | 96 (+0.5) | 96 (+0.5) |" in made.line("In-distribution against OOD", "Omniglot")
    assert "| 97.9 (96.1–97.0) | 97 (+0.9) | 97.83 (0.0) |" in made.line("Right against wrong", "msp")
    assert "96 (+0.5)" in made.terminal
    assert "paper: 1.69 (−0.2); authors' run: 1.48 (0.0)" in made.markdown


def test_base_rates_stand_beside_every_aupr(report: Make) -> None:
    made = report(ERRORS, MNIST)
    assert "97.1 (base 51.7) | 95.3 (base 48.3)" in made.line("In-distribution against OOD", "Omniglot")
    assert "44.1 (base 1.5)" in made.line("Right against wrong", "msp")


def test_a_folded_table_has_the_interval_of_every_figure(report: Make) -> None:
    made = report(replace(ERRORS, aurc=0.02, aurc_low=0.01, aurc_high=0.04), MNIST)
    assert made.line("95 % intervals of all figures", "Omniglot").split(" | ")[1:] == [
        *("96.5 (96.1–97.0)", "97.1 (96.8–97.4)", "95.3 (94.8–95.8)", "12.3 (11.4–13.3)", "23.4 (21.9–25.0)", "– |")
    ]
    assert made.line("95 % intervals of all figures", "right / wrong").endswith("| 2.0 (1.0–4.0) |")
    assert "<summary>95 % intervals of all figures</summary>" in made.page and "OLDER ROWS" not in made.page


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (replace(MNIST, error=0.0), "the model makes no error on the test set"),
        (replace(MNIST, error=1.0), "the model is never right on the test set"),
        (replace(MNIST, error=None), "the test set has no labels"),
    ],
)
def test_a_task_without_right_against_wrong_says_why(report: Make, row: Row, why: str) -> None:
    made = report(row)
    said = f"Right against wrong, calibration and abstaining are not shown: {why}."
    assert said in " ".join(made.terminal.split()) and said in made.page
    assert made.page.count(f"Not here: vision/mnist: {why}.") == 2  # of calibration, and of abstaining


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"detector": "energy"}, "the MSP is not among the scores (--detectors)"),
        ({"unit": "group"}, "sentences are scored by the mean over their tokens"),
        ({"counted_within": {"auroc": 1e-4}}, "the scores were counted in pieces of the file and not kept"),
        ({"mean_msp_positive": None}, "a score was given, and no probabilities"),
        ({}, "a label is a class that the model excludes, or the rows are of an earlier version"),
    ],
)
def test_what_has_no_calibration_is_named_with_the_reason(report: Make, changes: dict[str, Any], why: str) -> None:
    made = report(replace(ERRORS, e_aurc=0.01, **changes), facts={"row_name": "token"})
    assert f"Not here: vision/mnist: {why}." in made.markdown


def test_the_table_of_abstaining_says_how_much_can_be_answered_and_from_which_msp_on(report: Make) -> None:
    risk = {"aurc": 0.02, "aurc_low": 0.01, "aurc_high": 0.04, "e_aurc": 0.01}
    made = report(replace(ERRORS, **risk, coverage_at_error_5=0.9, msp_at_error_5=0.812), MNIST)
    line = made.line("Abstaining", "vision/mnist")
    assert line == "| vision/mnist | 2.0 (1.0–4.0) | 1.0 | – | – | – | 90.0 (MSP from 81.2 on) |"
    for coverage, threshold, said in ((0.0, None, "0.0"), (1.0, 0.0, "100.0")):  # nothing, and everything
        made = report(replace(ERRORS, **risk, coverage_at_error_5=coverage, msp_at_error_5=threshold), MNIST)
        assert made.line("Abstaining", "vision/mnist").endswith(f"| {said} |")


def test_one_reason_names_all_that_it_keeps_out_beside_what_is_in(report: Make) -> None:
    calibrated = replace(ERRORS, ece=0.02, e_aurc=0.01)
    others = [replace(REUTERS, objective=name, error=0.0) for name in ("first", "second")]
    others = [replace(row, question="ood", out_dist="Reuters 2", population="correct") for row in others]
    made = report(calibrated, MNIST, *others)
    assert made.line("Calibration", "vision/mnist").startswith("| vision/mnist | 2.0 |")
    reason = "nlp/reuters8 (first), nlp/reuters8 (second): the model makes no error on the test set."
    assert made.markdown.count(f"Not here: {reason}") == 2


def test_rows_of_before_they_had_intervals_are_rendered_and_named(report: Make) -> None:
    bounds = [f"{name}_{end}" for name in WITH_INTERVAL[1:] for end in ("low", "high")]
    made = report(replace(ERRORS, **dict.fromkeys(bounds)), replace(MNIST, **dict.fromkeys(bounds)))
    assert "OLDER ROWS: AUPR, FPR95 and AURC have no intervals here" in made.page
    assert "OLDER ROWS" in made.terminal and "intervals of all figures" not in made.markdown


def test_a_stand_in_has_no_published_figure(report: Make) -> None:
    made = report(MNIST, STAND_IN)
    assert "81.2 (96.1–97.0) |  |  | 97.1" in made.line(
        "In-distribution against OOD", "Letters A-J (fonts, for notMNIST)"
    )


def test_a_pool_of_other_sets_says_why_it_has_no_published_figure(report: Make) -> None:
    made = report(MNIST, STAND_IN, replace(MNIST, out_dist="All"))
    assert "The published figures of All cannot be compared with ours: the paper pools CIFAR-10bw" in made.markdown
    assert "mean of the sets" in made.markdown


def test_the_population_is_stated_and_the_other_one_stands_beside_it(report: Make) -> None:
    made = report(MNIST, replace(MNIST, population="all", auroc=0.9433))
    assert "In-distribution here means the correctly classified test images (9,850)." in made.markdown
    assert "AUROC, all test" in made.markdown
    assert made.line("In-distribution against OOD", "Omniglot").endswith("| 94.3 |")


def test_departures_notes_and_dropped_rows_are_told(report: Make) -> None:
    made = report(MNIST)
    for said in ("Only 5,000 digits", "A note for the reader", "empty images: 3"):
        assert said in made.markdown
        assert said in made.page


def test_every_figure_is_explained(report: Make) -> None:
    made = report(MNIST)
    for word in ("AUROC: ", "95 % interval: ", "AUPR: ", "Base rate: ", "FPR95 in: ", "MSP: ", "Population: "):
        assert f"- {word}" in made.markdown


def test_intervals_of_tokens_are_said_to_be_too_narrow(report: Make) -> None:
    said = "tokens of one sentence are not, so the true intervals are wider"
    assert said in report(MNIST, facts={"row_name": "token"}).markdown
    assert said not in report(MNIST).markdown


def test_an_utterance_is_counted_as_one_where_groups_are_scored(report: Make) -> None:
    made = report(replace(MNIST, population="all"), facts={"row_name": "frame", "unit": "group", "population": "all"})
    assert "In-distribution here means all test utterances" in made.markdown


def test_seeds_give_mean_spread_and_the_place_of_the_published_draw(report: Make) -> None:
    rows = [
        replace(REUTERS, seed=seed, auroc=auroc, held_out=held_out)
        for seed, auroc, held_out in (
            (0, 0.86, ("grain", "ship")),
            (1, 0.92, ("acq", "trade")),
            (2, 0.94, ("earn", "crude")),
        )
    ]
    made = report(*rows)
    assert "90.7 (± 4.2, 86.0–94.0; 95 %: 96.1–97.0)" in made.line("Right against wrong", "msp")
    assert "| 1 | 1.5 | 92.0 | acq, trade |" in made.markdown
    assert "our 3 draws span 86.0 to 94.0; paper 89 lies within, above 1 of 3;" in made.markdown


def test_one_seed_names_its_held_out_classes(report: Make) -> None:
    assert "Held-out classes of this seed: grain, ship." in report(REUTERS).markdown


def test_ways_of_training_stand_beside_each_other_with_the_mean_over_ood_sets(report: Make) -> None:
    sets = ("Omniglot", "notMNIST", "CIFAR-10bw", "Gaussian", "Uniform")
    rows = [
        replace(MNIST, out_dist=name, objective=objective, detector=detector, auroc=auroc)
        for name in sets
        for objective, detector, auroc in (
            ("cross_entropy", "msp", 0.91),
            ("abnormality", "msp", 0.92),
            ("abnormality", "abnormality", 0.99),
        )
    ]
    made = report(*rows)
    columns = "AUROC: cross_entropy · msp | AUROC: abnormality · msp | AUROC: abnormality · abnormality"
    assert columns in made.line("Comparison of training objectives", "OOD set")
    mean = "| mean of the sets | 91.0 | 92.0 (paper 93) | **99.0** (paper 100) |"
    assert mean in made.line("Comparison of training objectives", "mean of the sets")


def test_noise_levels_become_a_curve(report: Make) -> None:
    rows = [
        replace(MNIST, out_dist="babble", level_db=level, primary=level == 10, auroc=1 - level / 100)
        for level in (20.0, 10.0, 0.0)
    ]
    assert "AUROC over the signal-to-noise ratio" in report(*rows).page
    assert "AUROC over the signal-to-noise ratio" not in report(MNIST).page


def noisy(name: str, level: float | None, auroc: float) -> Row:
    """An OOD row; the task's own level is 10 dB."""
    return replace(MNIST, out_dist=name, level_db=level, primary=level in (None, 10), auroc=auroc)


def test_the_tasks_own_level_is_a_point_of_the_curve(monkeypatch: pytest.MonkeyPatch, report: Make) -> None:
    drawn: list[dict[str, Any]] = []
    monkeypatch.setattr("common.reporting.levels.level_curve", lambda lines: drawn.append(dict(lines)) or "")
    rows = [noisy("car", 10.0, 0.9), noisy("car", 5.0, 0.95), noisy("Mandarin", None, 0.7)]
    report(*rows)
    assert drawn == [{"car": [(5.0, 0.95), (10.0, 0.9)]}], "Mandarin comes at no level"


def test_a_table_shows_every_level_with_the_mean_over_the_sets_that_come_at_levels(report: Make) -> None:
    levels = [(10.0, 0.90, 0.80), (5.0, 0.96, 0.84), (20.0, 0.60, 0.70)]
    rows = [noisy(name, level, value) for level, *values in levels for name, value in zip("ab", values, strict=True)]
    made = report(*rows, noisy("Mandarin", None, 0.4))
    assert made.line("AUROC by signal", "OOD set") == "| OOD set | 20 dB | 10 dB, default | 5 dB |"
    assert made.line("AUROC by signal", "a") == "| a | 60.0 | 90.0 | 96.0 |"
    assert made.line("AUROC by signal", "mean of the sets") == "| mean of the sets | 65.0 | 85.0 | 90.0 |"


def test_each_level_has_a_mean_over_its_sets_and_the_own_level_one_over_the_same_sets(report: Make) -> None:
    levels = [(10.0, 0.90, 0.80), (5.0, 0.96, 0.84)]
    rows = [noisy(name, level, value) for level, *values in levels for name, value in zip("ab", values, strict=True)]
    made = report(*rows, noisy("Mandarin", None, 0.4))
    assert "70.0" in made.line("In-distribution against OOD", "mean of the sets")
    assert "85.0" in made.line("OOD sets by noise level", "mean of the sets, 10 dB")
    assert "90.0" in made.line("OOD sets by noise level", "mean of the sets, 5 dB")


def test_additional_sets_have_a_table_of_their_own_and_no_part_in_the_published_pool(report: Make) -> None:
    made = report(noisy("Omniglot", None, 0.9), replace(noisy("Fonts", None, 0.6), primary=False))
    assert "60.0" in made.line("Additional OOD sets", "Fonts")
    assert "OOD sets by noise level" not in made.markdown


def test_groups_of_rows_and_subsets_say_what_they_are(report: Make) -> None:
    rows = [replace(one, primary=False, unit="group", auroc=0.7) for one in (ERRORS, MNIST)]
    seen = replace(ERRORS, primary=False, subset="seen words", auroc=0.8)
    made = report(ERRORS, MNIST, seen, *rows, facts={"row_name": "token"})
    assert "| 80.0 " in made.line("Right against wrong", "msp, seen words")
    assert "| 70.0 " in made.line("Right against wrong", "msp, by sentence")
    assert "| 70.0 " in made.line("In-distribution against OOD, by sentence", "Omniglot")
    assert "96 (" not in made.line("In-distribution against OOD, by sentence", "Omniglot"), "no published figure"
    assert "| 96.5 " in made.line("In-distribution against OOD", "Omniglot")
