"""The demo in Chromium: draw, type and speak as a visitor would."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.test_common_demo import demo_models, serving

playwright = pytest.importorskip("playwright.sync_api", reason="the group browser is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the group browser is not installed")

CHROMIUM = Path("/usr/bin/chromium")
THREE = [(90, 70), (140, 50), (185, 80), (175, 120), (130, 135), (180, 150), (190, 195), (145, 225), (85, 205)]
SCRIBBLE = [(x, y) for x in range(10, 271, 26) for y in ((10, 270) if x % 52 == 10 else (270, 10))]  # stripes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="needs Debian's package chromium"),
]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic English sentence, which the fake microphone plays."""
    from common.data.locations import Folders
    from speech.data.voices import ENGLISH_TEST

    cache = tmp_path_factory.mktemp("speech")
    folders = Folders((), cache)
    source = ENGLISH_TEST.resolve(folders)
    assert source is not None
    path = cache / "sentence.wav"
    soundfile.write(path, np.asarray(source.load(folders, 0).items[0]), 16_000)
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, recorded: Path) -> Iterator[Any]:
    """The demo's page; on leaving, it has asked nobody else and complained of nothing."""
    said: list[str] = []
    with serving(demo_models(tmp_path_factory.mktemp("demo"), "vision", "nlp", "speech")) as (host, port):
        url = f"http://{host}:{port}/"
        with playwright.sync_playwright() as chromium:
            browser = chromium.chromium.launch(
                executable_path=str(CHROMIUM),
                args=[
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-background-networking",
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-audio-capture={recorded}",
                ],
            )
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on("request", lambda request: None if request.url.startswith(url) else said.append(request.url))
            page.goto(url)
            page.wait_for_selector("canvas")
            yield page
            browser.close()
    assert not said


def draw(page: Any, points: list[tuple[int, int]]) -> None:
    page.click("#panel-vision >> text=Clear")
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=8)
    with page.expect_response("**/judge/vision"):
        page.mouse.up()


def verdicts(page: Any, modality: str) -> dict[str, str]:
    page.wait_for_selector(f"#panel-{modality} .verdict:not([hidden])")
    rows = page.locator(f"#panel-{modality} .detectors tbody tr").all()
    return {row.get_attribute("data-detector"): row.locator("td").first.inner_text() for row in rows}


def test_a_drawn_3_is_recognised_and_a_scribble_is_rejected_more_often(page: Any) -> None:
    draw(page, THREE)
    three = verdicts(page, "vision")
    assert page.locator("#panel-vision .bars th").first.inner_text() == "3"
    draw(page, SCRIBBLE)
    scribble = verdicts(page, "vision")
    assert list(three.values()).count("in-distribution") > list(scribble.values()).count("in-distribution")
    assert three["msp"] == "in-distribution"


def test_an_image_of_an_ood_set_is_shown_with_the_name_of_its_set(page: Any) -> None:
    with page.expect_response("**/judge/vision"):
        page.click("#panel-vision .odd")
    assert page.locator("#panel-vision .from").inner_text().startswith("From the OOD set ")


def test_a_topic_is_trusted_more_than_another_language(page: Any) -> None:
    page.click("#tab-nlp")
    counts = []
    for text in (
        "The shipping company said its tanker vessels were delayed in the gulf port by a strike of seamen",
        "Jag tycker om att dricka kaffe med mina vänner på morgonen",
    ):
        with page.expect_response("**/judge/nlp"):
            page.fill("#text-nlp", text)
        page.wait_for_timeout(100)
        counts.append(list(verdicts(page, "nlp").values()).count("in-distribution"))
    assert counts[0] > counts[1]


def test_a_sentence_through_the_microphone_is_heard(page: Any) -> None:
    page.click("#tab-speech")
    page.click("#panel-speech .record")
    page.wait_for_selector("#panel-speech .record:has-text('Stop')")
    page.wait_for_timeout(2500)
    with page.expect_response("**/judge/speech"):
        page.click("#panel-speech .record")
    assert verdicts(page, "speech")
    assert page.locator("#panel-speech .said").inner_text().startswith("Phones heard: ")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("modality", ["vision", "nlp", "speech"])
def test_axe_finds_nothing_and_no_tab_is_wider_than_the_screen(page: Any, width: int, modality: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.click(f"#tab-{modality}")
    found = axe.Axe().run(page).response["violations"]
    assert [one["id"] for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
