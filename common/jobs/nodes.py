"""The nodes of a Ray cluster: how this process connects, and whether each node sees and has what jobs need."""

import hashlib
import importlib
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.base.errors import UserError
from common.base.project import ROOT, modalities
from common.experiment import RunOptions
from common.store.files import HOST, write_text
from common.store.object_store import ObjectStore
from common.store.provenance import versions

SECONDS = 10
"""How long an address may take to answer."""

START = 180
"""Seconds in which a node must have started a process, busy as it may be."""

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # nodes have their own environment: nothing is uploaded or installed there
    "RAY_COLOR_PREFIX": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_NUM_REDIS_GET_RETRIES": "1",
    "RAY_py_gcs_connect_timeout_s": str(SECONDS),
    "RAY_GCS_SERVER_REQUEST_TIMEOUT_SECONDS": str(SECONDS),
}
"""What Ray reads from the environment when it is imported."""


@dataclass(frozen=True)
class Shared:
    """What every node must see under the same path, and must agree on.

    Attributes:
        marker: a file in OUT that this run has just made; were the run killed, the next one would delete it. None:
            OUT is in an object store, and nodes see it there.
        store: of OUT.
        folders: that jobs read: the checkout, the working folder, data.
        versions: of Python and of the libraries.
        code: hash of the code that trains and predicts.
    """

    marker: Path | None
    store: ObjectStore | None
    folders: tuple[Path, ...]
    versions: Mapping[str, str]
    code: str

    @property
    def paths(self) -> tuple[Path, ...]:
        """All that must be there."""
        return self.folders if self.marker is None else (self.marker, *self.folders)

    def enter(self) -> None:
        """Work in the folder in which the run was started, from which its paths are told.

        Raises:
            UserError: this node does not see a folder.
        """
        for path in self.paths:
            if not path.exists():
                raise UserError(_unseen(socket.gethostname(), path))
        os.chdir(self.folders[0])


def shared_by(options: RunOptions) -> Shared:
    """Return what the nodes must share for a run, and leave a mark in its OUT, if that is a folder."""
    marker = None if options.store else options.out.absolute() / f".cluster.{os.getpid()}@{HOST}.part"
    if marker is not None:
        write_text(marker, "")
    given = [path.absolute() for path in (*options.folders.data, options.weights) if path is not None]
    folders = (Path.cwd(), ROOT, *(path for path in given if path.exists()))
    return Shared(marker, options.store, folders, versions(), checkout_hash())


def checkout_hash() -> str:
    """Return a hash of all code in the checkout: two commits would store a job in two folders."""
    digest = hashlib.sha256()
    for package in ("common", *modalities()):
        for file in sorted((ROOT / package).rglob("*.py")):
            digest.update(f"{file.relative_to(ROOT).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def connected(address: str) -> Any:
    """Return the module ``ray``, connected to a cluster.

    Raises:
        UserError: Ray is not installed, nothing answers there, or this machine is no node of that cluster.
    """
    if address != "auto":
        _check_address(address)
    os.environ.update(SETTINGS)
    try:
        ray = importlib.import_module("ray")
    except ImportError as error:
        raise UserError("--cluster needs Ray; get it with: uv sync --group cluster") from error
    try:
        importable = ray.job_config.JobConfig(code_search_path=[str(ROOT)])
        ray.init(address=address, log_to_driver=False, logging_level="critical", job_config=importable)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        joining = "ray start --head" if address == "auto" else f"ray start --address {address}"
        raise UserError(f"--cluster {address}: {error}; this machine must be a node of it: {joining}") from error
    return ray


def _check_address(address: str) -> None:
    """Raise ``UserError`` unless something listens there: Ray itself would wait for minutes."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or "//" in host:
        raise UserError(f"--cluster {address}: an address is HOST:PORT, as ray start --head prints it, or auto")
    try:
        socket.create_connection((host.strip("[]"), int(port)), SECONDS).close()
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(f"--cluster {address} does not answer ({why}); start one with: ray start --head") from error


def check_nodes(ray: Any, shared: Shared) -> int:
    """Let every node look for the paths and say its versions; return how many nodes there are.

    Raises:
        UserError: one does not see a path, has other versions, or does not answer.
    """
    from ray.exceptions import RayError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    paths = [str(path) for path in shared.paths]
    url = shared.store.url if shared.store else None
    look = ray.remote(num_cpus=0, max_retries=0)(_looker())
    nodes = alive(ray)
    there = [NodeAffinitySchedulingStrategy(node["NodeID"], soft=False) for node in nodes]
    looks = [look.options(scheduling_strategy=one).remote(paths, url) for one in there]
    for node, reference in zip(nodes, looks, strict=True):
        name = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
        try:
            unseen, theirs, code, unreached = ray.get(reference, timeout=START)
        except RayError as error:
            raise UserError(f"node {name} does not work ({type(error).__name__}); see Ray's logs there") from error
        _compare(name, unseen, theirs, code, shared)
        if unreached:
            raise UserError(f"node {name}: {unreached}")
    return len(nodes)


def _looker() -> Any:
    """Return the function that looks at a node; it is sent as it is, since a node may lack this module."""

    def look(paths: list[str], url: str | None) -> tuple[str | None, dict[str, str], str, str]:
        from pathlib import Path

        unseen = next((path for path in paths if not Path(path).exists()), None)
        if unseen is not None:
            return unseen, {}, "", ""
        from common.jobs.nodes import checkout_hash
        from common.store.object_store import unreached
        from common.store.provenance import versions

        return None, versions(), checkout_hash(), unreached(url)

    return look


def _compare(name: str, unseen: str | None, theirs: Mapping[str, str], code: str, shared: Shared) -> None:
    if unseen is not None:
        raise UserError(_unseen(name, Path(unseen)))
    other = [f"{key} {theirs.get(key, 'missing')}" for key, own in shared.versions.items() if theirs.get(key) != own]
    if other:
        raise UserError(f"node {name} has {', '.join(other)}, unlike this machine; set both up from the same pyproject")
    if code != shared.code:
        raise UserError(f"node {name} has other code in {ROOT} than this machine; check out the same commit")


def _unseen(node: str, path: Path) -> str:
    what = path.parent if path.suffix == ".part" else path
    remedy = "checkout, data and --out, unless that is a URL, must lie in a folder that all nodes share"
    return f"node {node} does not see {what}; {remedy}"


def alive(ray: Any) -> list[Mapping[str, Any]]:
    """Return Ray's facts about the nodes that are there."""
    return [node for node in ray.nodes() if node["Alive"]]


def needed(nodes: Sequence[Mapping[str, Any]], threads: int, device: str, memory: int) -> dict[str, float]:
    """Return what a job asks of a node: cores, GPUs and memory in bytes, of which no more than the largest node has.

    Args:
        nodes: Ray's facts about them.
        threads: of a job.
        device: of a job; one that is not the CPU takes a whole GPU.
        memory: that a job may take.

    Raises:
        UserError: no node has the cores and the GPU.
    """
    gpus = 0 if device == "cpu" else 1
    resources = [node["Resources"] for node in nodes]
    fitting = [one for one in resources if one.get("CPU", 0) >= threads and one.get("GPU", 0) >= gpus]
    if not fitting:
        cores = f"{threads} {'core' if threads == 1 else 'cores'}"
        raise UserError(
            f"no node of the cluster has {cores}{' and a GPU' if gpus else ''} for a job; add one with ray start, "
            "or choose other --threads or another --device"
        )
    most = max(one.get("memory", 0) for one in fitting)
    return {"num_cpus": threads, "num_gpus": gpus, "memory": min(memory, most)}
