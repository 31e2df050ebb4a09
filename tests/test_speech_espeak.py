"""eSpeak through ctypes: what it says, that it says it again, and what it refuses."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common.base.errors import UserError
from common.data.locations import Folders
from speech.data import espeak, voices
from speech.data.espeak import FILES, LIBRARY, EspeakFile, Utterance, _spoken, speak, spoken_english, variants
from speech.data.phones import PHONES
from speech.data.sentences import GERMAN, MANDARIN, combined, english


@pytest.fixture(scope="module")
def library() -> Path:
    found = FILES[0].find(Folders())
    assert found is not None, "espeakng-loader is a dependency"
    return found


def test_the_same_utterances_in_the_same_order_are_the_same_samples(library: Path) -> None:
    # f2 and whisper breathe: their noise would come from the time of day.
    plan = [Utterance("A quiet room.", "en-us+f2"), Utterance("A loud river.", "en-us+whisper", 200, 60)]
    first = speak(plan, library)
    _spoken.cache_clear()
    second = speak(plan, library)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
        assert one.phonemes == other.phonemes


def test_the_same_utterances_are_spoken_once_and_nobody_can_change_them(library: Path) -> None:
    plan = [Utterance("A quiet room.")]
    (first,), (again,) = speak(plan, library), speak(plan, library)
    assert first is again
    with pytest.raises(ValueError, match="read-only"):
        first.samples += 1


def test_speech_is_audible_at_16_khz_and_its_phonemes_follow_each_other(library: Path) -> None:
    (spoken,) = speak([Utterance("The small boy carried a basket.")], library)
    assert spoken.samples.dtype == np.float32
    assert 1.0 < len(spoken.samples) / 16_000 < 4.0
    assert 0.02 < np.sqrt(np.mean(np.square(spoken.samples))) < 0.5
    assert (np.diff(spoken.starts) >= 0).all() and spoken.starts[-1] <= len(spoken.samples)


def test_a_word_is_labelled_with_its_phones_and_the_closures_of_its_stops(library: Path) -> None:
    said = spoken_english([Utterance("basket")], library)
    assert [PHONES[i] for i in said.labels[0]] == "sil b ae s sil k ih sil t sil".split()
    assert said.kind == "synthetic"


def test_an_unknown_variant_is_an_error_and_not_another_voice(library: Path) -> None:
    with pytest.raises(UserError, match=r"no voice variant 'whispr' \(did you mean 'whisper'\?\)"):
        speak([Utterance("Hello.", "en-us+whispr")], library)


def test_an_unknown_language_is_an_error_of_one_line(library: Path) -> None:
    with pytest.raises(UserError, match="there is no voice 'xx-nowhere'") as caught:
        speak([Utterance("Hello.", "xx-nowhere")], library)
    assert "\n" not in str(caught.value)


def test_a_library_that_is_none_is_an_error_that_names_it(tmp_path: Path, library: Path) -> None:
    shutil.copytree(library.parent / "espeak-ng-data" / "voices", tmp_path / "espeak-ng-data" / "voices")
    broken = tmp_path / LIBRARY
    broken.write_bytes(b"no library")
    with pytest.raises(UserError, match="eSpeak failed .*mend .*libespeak"):
        speak([Utterance("Hello.")], broken)


def test_a_changed_data_file_is_an_error_on_the_platform_whose_checksums_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(espeak.sys, "platform", "linux")
    monkeypatch.setattr(espeak.platform, "machine", lambda: "x86_64")
    phontab = next(file for file in FILES if isinstance(file, EspeakFile) and file.name.endswith("phontab"))
    assert phontab.find(Folders()) is not None
    with pytest.raises(UserError, match="phontab is damaged; mend it with"):
        replace(phontab, sha256="0" * 64).find(Folders())


def test_elsewhere_presence_alone_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak.sys, "platform", "darwin")
    phontab = next(file for file in FILES if isinstance(file, EspeakFile) and file.name.endswith("phontab"))
    assert replace(phontab, sha256="0" * 64).find(Folders()) is not None
    with pytest.raises(UserError, match="nowhere is missing"):
        replace(phontab, name="nowhere").find(Folders())


def test_all_voices_are_there_and_none_is_on_both_sides(library: Path) -> None:
    assert not set(voices.TRAIN_VOICES) & set(voices.TEST_VOICES)
    assert {*voices.TRAIN_VOICES, *voices.TEST_VOICES} <= set(variants(library))


def test_every_phoneme_of_many_sentences_has_a_place_among_the_39(library: Path) -> None:
    said = spoken_english([Utterance(sentence) for sentence in english(120)], library)
    counts = np.bincount(np.concatenate(said.labels), minlength=len(PHONES))
    assert (counts > 0).all(), [PHONES[i] for i in np.flatnonzero(counts == 0)]


def test_other_languages_are_spoken(library: Path) -> None:
    plan = [Utterance(combined(MANDARIN, 1)[0], "cmn"), Utterance(combined(GERMAN, 1)[0], "de")]
    assert all(len(spoken.samples) > 16_000 for spoken in speak(plan, library))


def test_test_sentences_and_voices_are_unseen_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "_TRAIN", 8)
    monkeypatch.setattr(voices, "_TEST", 6)
    train, test = voices.ENGLISH_TRAIN.load(Folders()), voices.ENGLISH_TEST.load(Folders())
    assert (len(train), len(test)) == (8, 6)
    assert not set(train.extras["text"]) & set(test.extras["text"])
    assert not set(train.extras["speaker"]) & set(test.extras["speaker"])
    assert all(np.abs(waveform[:1000]).max() > 0 for waveform in test.items), "no recording is without noise"
