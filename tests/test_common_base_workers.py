"""Two processes that train together end with one model: that of one process, where no layer looks at the batch."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from common.base.project import ROOT
from common.store.files import read_tensors

PROGRAM = """
import sys
import time
from pathlib import Path
import torch
from safetensors.numpy import save_file
from torch import nn
from common.base import workers
from common.data.examples import TensorDataset
from common.store.files import write_tensors
from common.model import Classifier
from common.training.setup import Setup
from common.objectives.cross_entropy import OBJECTIVE as CROSS_ENTROPY
from common.task import Budget, Model, Task
from common.training.loop import fit

class Net(Classifier):
    def __init__(self, normalise):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8) if normalise else nn.Identity(), nn.GELU())
        self.logits = nn.Linear(8, 3)
    def embed(self, batch): return batch.inputs.float()
    def hidden_layers(self, embedded, batch): return [self.hidden(embedded)]
    def classify(self, features): return self.logits(features)

out = Path(sys.argv[1])
torch.manual_seed(0)
inputs = torch.randn(37, 5)  # batches of 8 leave one of 5, and shares of unequal size
examples = TensorDataset(inputs, labels=inputs[:, :3].argmax(1))
budget = Budget(epochs=3, batch_size=8, learning_rate=0.1, optimizer="sgd", gradient_norm=1.0)
task = Task(title="t", in_dist="t", train=None, test=None, ood=(), model=Model("x"), quick=budget, paper=budget)
for name in ("plain", "normalised"):
    model = Net(name == "normalised")
    fit(model, CROSS_ENTROPY.loss, Setup(task, budget, examples, seed=0, device=torch.device("cpu")))
    state = {key: value.numpy() for key, value in model.state_dict().items()}
    write_tensors(out / f"{name}.safetensors", state)  # of the first process alone
    save_file({key: value.copy() for key, value in state.items()}, out / f"{name}{workers.RANK}.safetensors")
if workers.RANK == 0:
    time.sleep(0.5)  # long enough for a process that does not wait to find nothing
    (out / "written").touch()
workers.barrier()
(out / f"saw{workers.RANK}").write_text(str((out / "written").exists()))
"""


def start(folder: Path, count: int) -> list[subprocess.Popen]:
    """Start ``count`` processes that train together and leave their weights in ``folder``."""
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(count), "OMP_NUM_THREADS": "1"}
    surroundings = [os.environ | shared | {"RANK": str(rank), "PYTHONPATH": str(ROOT)} for rank in range(count)]
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    return [subprocess.Popen(command, env=one, stderr=subprocess.PIPE, text=True) for one in surroundings]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process and two processes leave, in the folders ``one`` and ``two``."""
    folder = tmp_path_factory.mktemp("workers")
    for process in start(folder / "one", 1) + start(folder / "two", 2):
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "tolerance"), [("plain", 1e-5), ("normalised", 0.5)])
def test_two_processes_hold_the_same_model_and_nearly_that_of_one(folder, mode, tolerance):
    first, second = (load_file(folder / f"two/{mode}{rank}.safetensors") for rank in range(2))
    alone = load_file(folder / f"one/{mode}0.safetensors")
    assert all((first[name] == second[name]).all() for name in first)
    assert max(abs(first[name] - alone[name]).max() for name in first) < tolerance


@pytest.mark.slow
def test_the_first_process_alone_writes(folder):
    written = sorted(path.name for path in (folder / "two").glob("*d.safetensors"))
    assert written == ["normalised.safetensors"]
    assert (read_tensors(folder / "two/plain.safetensors")["logits.bias"] != 0).all()


@pytest.mark.slow
def test_behind_a_barrier_every_process_sees_what_the_first_wrote(folder):
    assert [(folder / f"two/saw{rank}").read_text() for rank in range(2)] == ["True", "True"]
    assert (folder / "one/saw0").read_text() == "True"
