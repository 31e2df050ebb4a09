"""What is printed survives any standard output, and what comes from outside cannot steer a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common.base.display import one_line, printable, shown
from common.base.project import ROOT
from tests.own_files import model

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="/dev/full is a Unix device")


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A run whose report has typographic signs and names in other scripts."""
    folder = tmp_path_factory.mktemp("own")
    np.savez(folder / "in.npz", **model(80, 3))
    np.savez(folder / "out.npz", logits=model(50, 3, seed=2)["logits"])
    ood = ("--ood", f"文字={folder / 'out.npz'}", "--out", str(folder / "result"))
    return [sys.executable, "-m", "common.evaluate", str(folder / "in.npz"), *ood]


def run(
    command: list[str], encoding: str = "utf-8", stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=stdout, stderr=subprocess.PIPE, check=False)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_report_is_printed_in_any_encoding(command: list[str], encoding: str) -> None:
    done = run(command, encoding)
    assert done.returncode == 0 and b"Traceback" not in done.stderr
    text = done.stdout.decode(encoding)
    assert "文字" in text if encoding == "utf-8" else r"\u6587\u5b57" in text
    assert "Full report: " in text


def test_an_output_that_is_full_is_one_line_and_one_that_is_closed_none(command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(command, stdout=full.fileno())
    lines = done.stderr.decode().strip().splitlines()
    assert (
        done.returncode == 2 and "the output cannot be written (No space left on device); the report is in" in lines[-1]
    )
    assert "Traceback" not in done.stderr.decode()
    shell = " ".join(f"'{word}'" for word in command)
    for closing in (f"{shell} >&-", f"{shell} | head -1; exit ${{PIPESTATUS[0]}}"):
        ended = subprocess.run(("bash", "-c", closing), cwd=ROOT, capture_output=True, check=False)
        assert ended.returncode == 0 and b"Traceback" not in ended.stderr, ended.stderr


def test_an_escape_sequence_in_a_file_name_does_not_reach_the_terminal(tmp_path: Path) -> None:
    odd = tmp_path / "\x1b[31mred\u2028\n.npz"
    np.savez(odd, **model(60, 3))
    done = run([sys.executable, "-m", "common.evaluate", str(odd), "--out", str(tmp_path / "out")])
    absent = run([sys.executable, "-m", "common.evaluate", str(tmp_path / "\x1b[2Jabsent.npz")])
    for text in (done.stdout, done.stderr, absent.stderr, (tmp_path / "out" / "report.md").read_bytes()):
        assert b"\x1b" not in text and "\u2028" not in text.decode()
    assert done.returncode == 0 and rb"\x1b[31mred\u2028\n" in done.stdout
    assert absent.returncode == 2 and len(absent.stderr.splitlines()) == 1
    assert b"\x1b" not in (tmp_path / "out" / "report.html").read_bytes()


def test_the_name_of_a_file_whose_bytes_are_no_utf_8_can_be_shown(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/\xff\xfe.npz"
    with open(odd, "wb") as file:  # noqa: PTH123 - a path of bytes
        np.savez(file, **model(60, 3))
    command: list[str] = [sys.executable, "-m", "common.evaluate", os.fsdecode(odd), "--out", str(tmp_path / "out")]
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert rb"\udcff\udcfe" in done.stdout and (tmp_path / "out" / "report.html").is_file()


def test_the_name_of_an_ood_set_is_refused_before_any_work_if_it_cannot_be_shown(tmp_path: Path) -> None:
    for name in ("a\x1b[31mb", "x" * 5000, "line\nbreak"):
        done = run([sys.executable, "-m", "common.evaluate", "absent.npz", "--ood", f"{name}=o.npz"])
        assert done.returncode == 2 and b"all of them printable; choose another" in done.stderr
        assert len(done.stderr.splitlines()) == 1 and len(done.stderr) < 600 and b"\x1b" not in done.stderr


@pytest.mark.parametrize("text", ["abc", "한국어 文字 é", "🙂"])
def test_what_can_be_printed_stays(text: str) -> None:
    assert printable(text) == shown(text) == text


def test_long_names_are_cut_in_the_middle_and_errors_are_one_line() -> None:
    assert len(shown("x" * 10_000)) == 200 and shown("a" * 300 + "end").endswith("end")
    assert one_line(ValueError("a\nb\x1b")) == r"ValueError: a b\x1b" and one_line(MemoryError()) == "MemoryError"
