"""What every test shares: determinism, and the folder of prepared data where there is one."""

import os

# One thread a process, set before anything imports torch or NumPy: the workers share the cores between them, and sums
# are taken in the same order on every machine. Processes that tests start inherit it.
os.environ["OMP_NUM_THREADS"] = "1"

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from common.data.locations import Folders
from tests.buckets import KEYS, Bucket, served
from tests.report_files import Make, maker

settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of prepared data that OOD_DATA names; tests that need it skip without it."""
    folder = os.environ.get("OOD_DATA")
    if not folder:
        pytest.skip("needs a folder of prepared data: set OOD_DATA")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def folders(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Where sources look when prepared data is there."""
    return Folders((data_folder,), tmp_path_factory.mktemp("cache"))


@pytest.fixture
def report(tmp_path: Path) -> Make:
    """Writes reports of rows and records."""
    return maker(tmp_path)


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[Any]:
    """What looks from outside into buckets that this process and those it starts find through the environment."""
    with served() as (endpoint, found), pytest.MonkeyPatch.context() as patch:
        for name, value in {"AWS_ENDPOINT_URL": endpoint, **KEYS}.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture
def bucket(bucket_server: Any) -> Bucket:
    """A new bucket of that server."""
    return Bucket(bucket_server)
