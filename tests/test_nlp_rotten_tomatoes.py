"""Review snippets: no film and no text is on both sides, and plot summaries have no verdict."""

from common.data.locations import Folders
from nlp.data.rotten_tomatoes import PLOTS, REPEATED, TEST, TRAIN, is_test_film


def test_no_film_and_no_snippet_is_in_training_and_in_test() -> None:
    train, test = TRAIN.load(Folders()), TEST.load(Folders())
    assert len(train) + len(test) + train.dropped[REPEATED] == 12_808
    assert not set(train.extras["film"]) & set(test.extras["film"])
    assert not set(train.items) & set(test.items)
    assert len(set(train.items)) == len(train)


def test_about_a_fifth_is_test_and_both_verdicts_are_on_both_sides() -> None:
    train, test = TRAIN.load(Folders()), TEST.load(Folders())
    assert 0.17 < len(test) / (len(test) + len(train)) < 0.25
    assert all(0.5 < samples.labels.mean() < 0.65 for samples in (train, test))
    assert train.label_names == ("rotten", "fresh")


def test_labels_are_the_verdicts() -> None:
    train = TRAIN.load(Folders())
    by_text = dict(zip(train.items, train.labels, strict=True))
    assert train.label_names[by_text["A three-hour cinema master class."]] == "fresh"


def test_which_films_are_test_films_never_changes() -> None:
    assert [film for film in ("zig_zag", "a_night_at_the_golden_eagle", "aankhen") if is_test_film(film)] == [
        "a_night_at_the_golden_eagle"
    ]


def test_plots_have_no_labels_and_their_empty_ones_are_counted() -> None:
    plots = PLOTS.load(Folders())
    assert len(plots) == 1_083 and plots.labels is None and plots.dropped == {"empty text": 14}
