"""The report in Chromium: whole, silent, readable on a phone, on paper, in the dark, and to blind readers."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.examples import showing
from tests.report_files import CURVE, ERRORS, FACTS, MNIST, REUTERS, Report, entry

playwright = pytest.importorskip("playwright.sync_api", reason="the group browser is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the group browser is not installed")

CHROMIUM = Path("/usr/bin/chromium")
KINDS = ("mistakes", "ood", "doubtful")
EACH = 3
PHONE, SCREEN, A4 = 390, 1280, 718
"""Widths in pixels; that of A4 is without its margins."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="needs Debian's package chromium"),
]


def shown(modality: str, item: Any, at: int | None = None) -> list[dict[str, Any]]:
    """One input in all three kinds, as a run leaves it."""
    how = showing(modality)
    assert how is not None
    facts = asdict(how.show(item, at))
    facts |= {name: b64encode(facts[name]).decode() for name in ("image", "sound")}
    return [entry(kind, index=index, **facts) for kind in KINDS for index in range(EACH)]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with every kind of table, plot and input, and with long names."""
    rng = np.random.default_rng(0)
    words = "a review of many words and a verylongwordwithoutanyspacewhatsoeverthatnolinecanhold " * 9
    examples = {
        "vision/mnist": shown("vision", rng.integers(0, 256, (28, 28), dtype=np.uint8)),
        "nlp/reuters8": shown("nlp", words),
        "nlp/tags": shown("nlp", ["It", "works"], at=1),
        "speech/words": shown("speech", (0.1 * rng.normal(size=40_000)).astype(np.float32)),
    }
    sets = ("Omniglot", "notMNIST", "CIFAR-10bw", "Gaussian", "A set with a name as long as names of sets ever get")
    of_task = [ERRORS, *(replace(MNIST, out_dist=name, population=one) for name in sets for one in ("all", "correct"))]
    of_task = [replace(row, detector=name) for row in of_task for name in ("msp", "relative_mahalanobis_layers")]
    below = {"auroc": 0.4, "auroc_low": 0.35, "auroc_high": 0.45, "objective": "abnormality"}
    of_task += [replace(row, **below, detector=name) for row in of_task[::2] for name in ("msp", "abnormality")]
    rows = [
        replace(row, seed=seed, task=task, modality=task.split("/")[0])
        for task in ("vision/mnist", "speech/words")
        for row in of_task
        for seed in (0, 1)
    ]
    rows += [REUTERS, replace(REUTERS, task="nlp/tags")]
    tasks = {"vision/mnist": FACTS, "nlp/reuters8": {"title": "Reuters", "published": "reuters8"}}
    many = {"names": [f"class of things {n}" for n in range(12)], "counts": rng.integers(0, 99, (12, 12)).tolist()}
    curves = [CURVE, CURVE | {"task": "speech/words", "confusion": many}]
    out = tmp_path_factory.mktemp("report")
    Report(out, rows, {"profile": "quick", "seeds": [0], "tasks": tasks, "curves": curves}, examples)
    return out / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as chromium:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = chromium.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield browser
        browser.close()


def opened(browser: Any, file: Path, width: int = SCREEN, scheme: str = "light", unfolded: bool = False) -> Any:
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda request: page.said.append(request.url))
    page.goto(file.as_uri())
    if unfolded:
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    return page


def beyond(page: Any, selector: str) -> Any:
    """What ends beyond the right edge of the window."""
    found = f"[...document.querySelectorAll('{selector}')]"
    wide = f"{found}.filter(one => one.getBoundingClientRect().right > innerWidth + 1)"
    return page.evaluate(f"{wide}.map(one => one.outerHTML.slice(0, 150))")


def test_the_page_asks_for_nothing_but_itself_and_complains_of_nothing(browser: Any, file: Path) -> None:
    page = opened(browser, file, unfolded=True)
    page.wait_for_timeout(300)
    assert page.said == [file.as_uri()]
    page.close()


def test_every_picture_is_there_and_every_sound_can_be_played(browser: Any, file: Path) -> None:
    page = opened(browser, file, unfolded=True)
    images = page.evaluate("[...document.images].map(one => one.complete && one.naturalWidth > 0)")
    assert images == [True] * 2 * len(KINDS) * EACH, "of images and of sounds"
    page.wait_for_function("[...document.querySelectorAll('audio')].every(one => one.readyState > 0 || one.error)")
    lengths = page.evaluate("[...document.querySelectorAll('audio')].map(one => one.error ? 0 : one.duration)")
    assert lengths == pytest.approx([2.0] * len(KINDS) * EACH, abs=0.2)
    page.close()


def test_all_chosen_inputs_are_shown_with_what_is_said_of_them(browser: Any, file: Path) -> None:
    page = opened(browser, file)
    assert page.locator("details.examples").count() == 4 * len(KINDS)
    assert page.locator("details.examples li").count() == 4 * len(KINDS) * EACH
    assert page.locator("details.examples li:visible").count() == 4 * EACH, "the first kind of each task is open"
    first = page.locator("details.examples li").first.inner_text()
    assert "label 3" in first and "prediction 8" in first and "MSP 99.9" in first
    assert page.locator("mark").first.inner_text() == "works"
    page.close()


@pytest.mark.parametrize("unfolded", [False, True])
@pytest.mark.parametrize("width", [SCREEN, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, file: Path, scheme: str, width: int, unfolded: bool) -> None:
    page = opened(browser, file, width, scheme, unfolded)
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found] == []
    page.close()


@pytest.mark.parametrize("width", [SCREEN, 800, PHONE, 320])
def test_nothing_is_wider_than_the_screen(browser: Any, file: Path, width: int) -> None:
    page = opened(browser, file, width, unfolded=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert beyond(page, "svg, img, audio, li") == []
    page.close()


def test_letters_of_drawings_stay_readable_on_a_phone(browser: Any, file: Path) -> None:
    page = opened(browser, file, PHONE, unfolded=True)
    sizes = page.evaluate("[...document.querySelectorAll('svg text')].map(one => one.getBoundingClientRect().height)")
    assert min(size for size in sizes if size) > 8
    page.close()


def test_on_paper_no_column_and_no_drawing_is_cut(browser: Any, file: Path) -> None:
    page = opened(browser, file, A4, unfolded=True)
    page.emulate_media(media="print")
    assert beyond(page, "table, svg, li") == []
    page.close()
