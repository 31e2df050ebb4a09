"""The demo: what modalities read and show, each detector's threshold, and a server that takes nothing hostile."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from common.base.progress import Progress
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.demo.exhibit import exhibits
from common.demo.judged import log_odds, threshold_keeping
from common.experiment import RunOptions
from common.metrics import fpr_at_tpr
from speech.demo import SAMPLE_RATE
from vision.demo import CANVAS, as_digit

pytest.importorskip("starlette", reason="the group demo is not installed: uv sync --group demo")
pytest.importorskip("uvicorn", reason="the group demo is not installed: uv sync --group demo")

OCTETS = {"Content-Type": "application/octet-stream"}
TEXT = b"Oil prices rose as OPEC agreed to cut output of crude oil by one mln barrels per day"


@contextmanager
def serving(models: Any, coming: Any = MappingProxyType({})) -> Iterator[tuple[str, int]]:
    """Serve on a free port in a thread; yield host and port."""
    import uvicorn

    from common.demo.server import HOST, application

    server = uvicorn.Server(
        uvicorn.Config(application(models, coming), host=HOST, port=0, log_level="error", access_log=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield HOST, server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def demo_models(out: Path, *modalities: str) -> Any:
    from common.demo.start import Tabs, shown

    tabs = Tabs(shown(modalities), RunOptions(out=out, folders=Folders((), out / "cache"), tune="none"))
    tabs.make_all()
    return tabs.models


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    with serving(demo_models(tmp_path_factory.mktemp("demo"), "nlp")) as where:
        yield where


def ask(
    address: tuple[str, int], path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        connection.request("GET" if body is None else "POST", path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_threshold_keeps_the_fraction_that_fpr95_keeps() -> None:
    rng = np.random.default_rng(0)
    for n in (1, 7, 20, 39, 400):
        kept, rejected = rng.integers(0, 9, n).astype(float), rng.integers(-4, 5, 300).astype(float)
        threshold = threshold_keeping(np.append(kept, np.nan), 0.95)
        assert np.mean(kept >= threshold) >= 0.95
        assert np.mean(rejected >= threshold) == fpr_at_tpr(kept, rejected)


def test_log_odds_of_an_msp_that_rounds_to_1_stay_finite() -> None:
    assert log_odds(np.array([0.5, 0.99, 1.0, np.nan])).round(2).tolist() == [0.0, 4.6, 30.0]


def test_every_modality_has_a_tab_and_they_stand_in_the_order_draw_type_speak() -> None:
    assert [one.title for one in exhibits().values()] == ["Draw", "Type", "Speak"]


def test_a_drawing_is_centred_by_its_mass_and_keeps_its_shape() -> None:
    drawing = np.zeros((CANVAS, CANVAS), dtype=np.uint8)
    drawing[10:90, 20:40] = 255  # a bar of 80 x 20, off centre
    digit = as_digit(drawing)
    rows, columns = np.nonzero(digit)
    assert digit.shape == (28, 28)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 5)
    assert abs(rows.mean() - 13.5) <= 0.5 and abs(columns.mean() - 13.5) <= 0.5


@pytest.mark.parametrize(
    ("modality", "item"),
    [
        ("vision", np.arange(784, dtype=np.uint8).reshape(28, 28)),
        ("nlp", "crude oil \N{SNOWMAN}"),
        ("speech", np.sin(np.arange(4000, dtype=np.float32))),
    ],
)
def test_what_is_shown_reads_back_as_the_item(modality: str, item: Any) -> None:
    exhibit = exhibits()[modality]
    samples = exhibit.read(exhibit.show(item))
    assert isinstance(samples, RawDataset) and len(samples) == 1
    assert np.array_equal(samples.items[0], item)


@pytest.mark.parametrize(
    ("modality", "body", "why"),
    [
        ("vision", bytes(100), "grey bytes are needed, not 100"),
        ("vision", bytes(CANVAS**2), "nothing is drawn"),
        ("nlp", b" \n", "nothing is typed"),
        ("nlp", b"caf\xe9", "not UTF-8 at byte 3"),
        ("speech", b"abcde", "whole number of float32"),
        ("speech", np.zeros(10, "<f4").tobytes(), "0.1 to 10 s"),
        ("speech", np.zeros(SAMPLE_RATE, "<f4").tobytes(), "silent"),
        ("speech", np.full(SAMPLE_RATE, np.nan, "<f4").tobytes(), "finite"),
    ],
)
def test_what_is_no_input_is_named(modality: str, body: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        exhibits()[modality].read(body)


def test_page_and_all_its_files_come_from_the_server(address: tuple[str, int]) -> None:
    for path in ("/", "/page.css", "/page.js", "/recorder.js"):
        status, content = ask(address, path)
        assert status == 200
        assert b"http://" not in content.replace(b"http://www.w3.org/2000/svg", b"") and b"https://" not in content


def test_a_topic_is_told_from_another_language(address: tuple[str, int]) -> None:
    answers = [json.loads(ask(address, "/judge/nlp", text, OCTETS)[1]) for text in (TEXT, b"ceci n'est pas une pipe")]
    known = [sum(verdict["known"] for verdict in answer["verdicts"]) for answer in answers]
    assert answers[0]["classes"][0]["name"] == "crude" or answers[0]["msp"] > answers[1]["msp"]
    assert known[0] > known[1]
    assert abs(answers[0]["msp"] - answers[0]["classes"][0]["probability"]) < 1e-9


def test_tabs_hold_histograms_whose_bars_sum_to_1(address: tuple[str, int]) -> None:
    histograms = json.loads(ask(address, "/tabs")[1])["tabs"]["nlp"]["histograms"]
    assert set(histograms) == {"edges", "right", "wrong", "ood"}
    assert all(abs(sum(histograms[name]) - 1) < 1e-9 for name in ("right", "wrong", "ood"))


def test_an_outlier_is_shown_and_judged(address: tuple[str, int]) -> None:
    shown = [ask(address, f"/outlier/nlp?number={number}")[1] for number in range(2)]
    assert shown[0] != shown[1]
    assert ask(address, "/judge/nlp", shown[0], OCTETS)[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/judge/nlp", b"x" * 10_000_000, OCTETS, 413),
        ("/judge/nlp", b"x", {"Content-Type": "application/json"}, 415),
        ("/judge/nlp", b"x", {**OCTETS, "Origin": "http://elsewhere.example"}, 403),
        ("/judge/nlp", b"x", {**OCTETS, "Host": "elsewhere.example"}, 400),
        ("/judge/nlp", b"\xff", OCTETS, 422),
        ("/judge/none", b"x", OCTETS, 404),
        ("/judge/nlp", None, {}, 405),
        ("/outlier/nlp?number=-1", None, {}, 400),
        ("/outlier/nlp?number=99999999999", None, {}, 400),
        ("/../../pyproject.toml", None, {}, 404),
        ("/%2e%2e/%2e%2e/pyproject.toml", None, {}, 404),
        ("/page.html", None, {}, 404),
    ],
)
def test_hostile_requests_are_answered_with_4xx(
    address: tuple[str, int], path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    try:
        answered = ask(address, path, body, headers)[0]
    except (BrokenPipeError, ConnectionResetError):  # refused before the whole body was sent
        answered = 413
    assert answered == status
    assert ask(address, "/")[0] == 200


def test_the_demo_listens_on_loopback_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    from common.demo.server import serve

    hosts: list[str] = []

    def heard(_: uvicorn.Server, sockets: list[socket.socket]) -> None:
        hosts.extend(one.getsockname()[0] for one in sockets)

    monkeypatch.setattr(uvicorn.Server, "run", heard)
    serve({}, {})
    assert len(hosts) == 1 and all(ip_address(host).is_loopback for host in hosts)


def test_demo_needs_a_modality_that_has_an_exhibit(tmp_path: Path) -> None:
    from common.base.errors import UserError

    with pytest.raises(UserError, match="nothing to demonstrate; there are: vision, nlp, speech"):
        demo_models(tmp_path, "smell")


def test_a_tab_is_served_before_the_others_are_trained(tmp_path: Path) -> None:
    from common.demo.start import Tabs, shown

    tabs = Tabs(shown(["nlp", "vision"]), RunOptions(out=tmp_path, folders=Folders((), tmp_path), tune="none"))
    first, second = tabs.exhibits
    with serving(tabs.models, tabs.coming) as address:
        tabs.models[first] = demo_models(tmp_path, first)[first]
        del tabs.coming[first]
        seen = json.loads(ask(address, "/tabs")[1])
        assert list(seen["tabs"]) == [first]
        assert seen["coming"] == [tabs.exhibits[second].title]
        assert ask(address, f"/judge/{second}", TEXT, OCTETS)[0] == 404


def test_a_tab_without_data_is_told_and_the_others_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from common.demo.start import Tabs, shown

    tabs = Tabs(shown(["nlp", "vision"]), RunOptions(out=tmp_path, folders=Folders((), tmp_path), tune="none"))
    tabs.progress = Progress(show=True)
    tabs.exhibits["vision"] = replace(tabs.exhibits["vision"], tasks=("vision/cifar10",))
    tabs.make_all()
    assert list(tabs.models) == ["nlp"] and not tabs.coming
    assert "no tab, since none of vision/cifar10 has its data here" in capsys.readouterr().err
