"""Two sets of phone symbols, folded onto the same 39."""

import pytest

from speech.data.phones import ESPEAK_TO_39, PHONES, TIMIT_TO_39, fold_espeak, fold_timit


def names(numbers: list[int]) -> list[str]:
    return [PHONES[i] for i in numbers]


def test_the_61_symbols_fold_onto_all_39_and_q_onto_none() -> None:
    assert len(TIMIT_TO_39) == 61
    assert [symbol for symbol, phone in TIMIT_TO_39.items() if phone is None] == ["q"]
    assert {phone for phone in TIMIT_TO_39.values() if phone} == set(PHONES)
    assert len(PHONES) == 39


def test_what_espeak_says_folds_onto_all_39() -> None:
    assert {phone for phones in ESPEAK_TO_39.values() for phone in phones} == set(PHONES)


def test_silences_in_a_row_are_one_and_other_phones_stay_twice() -> None:
    assert names(fold_timit(["h#", "pau", "kcl", "k", "s", "s", "q", "n", "en", "h#"])) == ("sil k s s n n sil".split())


def test_a_silence_stands_before_every_stop_of_espeak() -> None:
    assert names(fold_espeak(["s", "t", "'A@", "_:", "_"])) == "sil s sil t aa r sil".split()


def test_unknown_symbols_are_refused() -> None:
    with pytest.raises(ValueError, match="'xx' is not one of TIMIT's 61"):
        fold_timit(["h#", "xx"])
    with pytest.raises(ValueError, match="eSpeak's phoneme 'Y:'"):
        fold_espeak(["Y:"])
