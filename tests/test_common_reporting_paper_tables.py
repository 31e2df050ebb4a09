"""The report has the publications' tables as printed, with our figure beneath theirs where this run has it."""

from dataclasses import replace

from tests.report_files import ERRORS, MNIST, REUTERS, Make

TABLE = "Hendrycks & Gimpel 2017, table "


def test_tables_1_2_and_11_have_ours_beneath_theirs(report: Make) -> None:
    module = replace(MNIST, objective="abnormality", detector="abnormality", auroc=0.9912)
    made = report(ERRORS, MNIST, module)
    assert made.line(f"{TABLE}1", "MNIST").startswith("| MNIST | 97/50 (ours 97.9) | 100/98")
    assert "| 1.69 (ours 1.5) |" in made.line(f"{TABLE}1", "MNIST")
    assert made.line(f"{TABLE}1", "CIFAR-10") == "| CIFAR-10 | 93/50 | 100/95 | 43/5 | 80 | 4.96 |", "as printed"
    assert "| 96/50 (ours 96.5) | 97/52 (ours 97.1/51.7) |" in made.line(f"{TABLE}2", "MNIST against Omniglot")
    lines = made.markdown.split(f"### {TABLE}11")[1].splitlines()
    assert "| MNIST against Omniglot | abnormality | 100/50 (ours 99.1) |" in "\n".join(lines)


def test_outlier_exposure_s_tables_have_the_mean_over_our_sets(report: Make) -> None:
    rows = [
        replace(MNIST, in_dist="CIFAR-10", out_dist=name, population="all", objective=way, fpr95_out=fpr)
        for name in ("a", "b")
        for way, fpr in (("cross_entropy", 0.3), ("outlier_exposure", 0.1))
    ]
    table = report(*rows).markdown.split("Outlier Exposure, table 1")[1]
    assert "| CIFAR-10 against mean | msp | 34.9 (ours 30.0) |" in table
    assert "| CIFAR-10 against mean | msp+oe | 9.5 (ours 10.0) |" in table
    assert "| SVHN against mean | msp | 6.3 | 98 | 91.1 |" in table


def test_a_table_of_which_the_run_has_nothing_is_left_out(report: Make) -> None:
    made = report(REUTERS)
    assert f"{TABLE}5" in made.markdown and f"{TABLE}1\n" not in made.markdown
    assert "papers' tables" not in report(replace(REUTERS, task="own/x", in_dist="X")).markdown
