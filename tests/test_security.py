"""The promises of SECURITY.md: no code from data or weights, nothing unpickled, nothing written outside the output."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from common import user_logits
from common.base.errors import UserError
from common.base.project import ROOT, modalities
from common.training.pretrained import SAFE, Checkpoint, find_checkpoint
from vision.data.images import read_npz

# Runs the suite and listens to Python's audit events: opening files for writing, making and renaming them, unpickling,
# connecting. Libraries that write without Python are not heard; the suite writes with Python alone.
WATCHED_RUN = """
import json, os, runpy, sys
written, unpickled, reached = set(), set(), set()
def hear(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        path, mode, flags = arguments
        if any(letter in (mode or "") for letter in "wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.add(os.path.abspath(os.fsdecode(path)))
    elif event in ("os.mkdir", "os.remove", "os.symlink", "os.link", "shutil.rmtree"):
        written.add(os.path.abspath(os.fsdecode(arguments[0])))
    elif event == "os.rename":
        written.update(os.path.abspath(os.fsdecode(path)) for path in arguments[:2])
    elif event == "pickle.find_class":
        unpickled.add(".".join(arguments))
    elif event in ("socket.connect", "socket.getaddrinfo"):
        reached.add(str(arguments))
sys.addaudithook(hear)
sys.argv = ["run_all.py", *sys.argv[1:]]
try:
    runpy.run_path("run_all.py", run_name="__main__")
except SystemExit as left:
    code = left.code
print("\\n" + json.dumps([code, sorted(written), sorted(unpickled), sorted(reached)]))
"""


@pytest.mark.slow
def test_a_run_writes_below_its_output_folder_alone_unpickles_nothing_and_stays_offline(tmp_path: Path) -> None:
    out, caches = tmp_path / "out", tmp_path / "caches"  # where Matplotlib and torch keep files of their own
    caches.mkdir()
    names = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR", "TORCHINDUCTOR_CACHE_DIR")
    places = {name: str(caches) for name in names}
    command = (sys.executable, "-B", "-c", WATCHED_RUN, "--task", "reuters8", "--detectors", "msp", "--jobs", "1")
    command = (*command, "--out", str(out))  # one process: more would hand each other their own jobs, by pickle
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **places}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    code, written, unpickled, reached = json.loads(done.stdout.splitlines()[-1])
    assert code in (0, None) and (out / "report.html").is_file()
    assert (unpickled, reached) == ([], [])
    assert len(written) > 5
    inside = (out, caches, Path(os.devnull))
    assert [path for path in written if not any(Path(path).is_relative_to(one) for one in inside)] == []


class Exploit:
    """Makes a folder when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return Path.mkdir, (self.trace,)


def read_logits(path: Path) -> None:
    result = CliRunner().invoke(user_logits.app, [str(path)])
    assert result.exit_code == 2 and result.stderr.startswith(f"error: {path} cannot be read")
    raise ValueError(result.stderr)


@pytest.mark.parametrize("read", [read_logits, lambda path: read_npz(path, (8, 8))], ids=["logits", "images"])
def test_a_pickle_inside_an_array_file_is_refused_and_not_run(tmp_path: Path, read: Callable[[Path], object]) -> None:
    trace, file = tmp_path / "was here", tmp_path / "array.npz"
    exploit = np.array([Exploit(trace)], dtype=object)
    np.savez(file, logits=exploit, images=exploit, labels=exploit)
    with pytest.raises((ValueError, UserError), match="pickle"):
        read(file)
    assert not trace.exists()


@pytest.mark.parametrize("load", [Checkpoint.network, Checkpoint.tokenizer], ids=["network", "tokenizer"])
def test_code_that_comes_with_a_checkpoint_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[[Checkpoint], object]
) -> None:
    monkeypatch.setattr("builtins.input", lambda *question: "y")  # transformers would ask unless told not to run it
    trace = tmp_path / "was here"
    automatic = {"AutoConfig": "code.Odd", "AutoModel": "code.Odd", "AutoTokenizer": ["code.Odd", None]}
    for name in ("config.json", "tokenizer_config.json"):
        (tmp_path / name).write_text(json.dumps({"model_type": "odd", "auto_map": automatic}))
    (tmp_path / "code.py").write_text(f"open({str(trace)!r}, 'w')\nclass Odd: pass\n")
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match="not a checkpoint that transformers can load"):
        load(Checkpoint(tmp_path))
    assert not trace.exists()


def product() -> Iterator[tuple[str, ast.AST]]:
    """Every node of every module of the suite, with the module's path."""
    for package in ("common", *modalities()):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                yield file.relative_to(ROOT).as_posix(), node


def test_no_module_of_the_suite_unpickles_or_evaluates() -> None:
    modules = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
    for path, node in product():
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported = {alias.name.split(".")[0] for alias in node.names} | {getattr(node, "module", None)}
            assert not modules & imported, f"{path}:{node.lineno}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            said = {one.arg: ast.unparse(one.value) for one in node.keywords}
            assert called not in ("eval", "exec"), f"{path}:{node.lineno}"
            assert not called.startswith(("torch.load", "torch.jit.load", "torch.hub", "torch.export"))
            assert not called.endswith(("read_pickle", "load_pickle", "unpickle")), f"{path}:{node.lineno}"
            assert called != "np.load" or said.get("allow_pickle") == "False", f"{path}:{node.lineno}"
            assert said.get("trust_remote_code", "False") == "False", f"{path}:{node.lineno}"


def test_every_from_pretrained_stands_in_one_module_with_the_safe_options() -> None:
    found = []
    for path, node in product():
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("from_pretrained", "from_config", "pipeline")
        ):
            found.append(path)
            spread = [ast.unparse(one.value) for one in node.keywords if one.arg is None]
            assert spread in (["SAFE"], ["options"]), f"{path}:{node.lineno}"
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("snapshot_download", "hf_hub_download")):
            said = {one.arg: ast.unparse(one.value) for one in node.keywords}
            assert said.get("local_files_only") == "True", f"{path}:{node.lineno}"
    assert len(found) >= 2 and {*found} == {"common/training/pretrained.py"}
    assert SAFE == {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
    source = (ROOT / "common/training/pretrained.py").read_text(encoding="utf-8")
    assert source.count("options = {**SAFE, ") == 1 == source.count("options = ")


def test_a_name_of_the_hub_that_is_not_in_the_cache_is_not_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(*arguments: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", reached)
    monkeypatch.setattr("socket.getaddrinfo", reached)
    with pytest.raises(UserError, match="a run downloads none: get it with 'hf download nobody/nothing'"):
        find_checkpoint("nobody/nothing")


def test_only_the_archives_that_the_policy_names_come_without_a_checksum() -> None:
    unchecked = {
        path
        for path, node in product()
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "fetch" and "None" in _values(node)
    }
    assert unchecked == {"vision/data/lsun.py", "speech/data/fsdd.py"}


def test_libraries_download_nothing_and_read_no_data_set_that_they_would_unpickle() -> None:
    used = set()
    for path, node in product():
        if isinstance(node, ast.ImportFrom) and node.module in ("torchvision.datasets", "torchaudio.datasets"):
            used |= {alias.name for alias in node.names}
        if isinstance(node, ast.Call):
            said = {one.arg: ast.unparse(one.value) for one in node.keywords}
            assert said.get("download") != "True", f"{path}:{node.lineno}"
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in ("torchvision.datasets", "torchaudio.datasets"), f"{path}:{node.lineno}"
    assert used == {"DTD", "LIBRISPEECH", "Omniglot", "Places365", "SPEECHCOMMANDS", "SUN397"}


def _values(call: ast.Call) -> list[str]:
    return [ast.unparse(value) for value in (*call.args, *(one.value for one in call.keywords))]


def test_every_test_that_the_policy_names_is_there() -> None:
    named = re.findall(r"`(test_\w+)`", (ROOT / ".github/SECURITY.md").read_text(encoding="utf-8"))
    tests = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").glob("test_*.py"))
    assert len(named) > 10
    assert [name for name in named if f"def {name}(" not in tests] == []
