"""A server of buckets on this machine, which stands for an object store in tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}
NUMBERS = count()


@contextmanager
def served() -> Iterator[tuple[str, Any]]:
    """Give the endpoint of a server, and a file system that looks into its buckets from outside."""
    from moto.server import ThreadedMotoServer
    from s3fs import S3FileSystem

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    key, secret = KEYS.values()
    try:
        yield endpoint, S3FileSystem(key=key, secret=secret, endpoint_url=endpoint, use_listings_cache=False)
    finally:
        server.stop()
        S3FileSystem.clear_instance_cache()  # its connections are kept by process, and lead to this server


class Bucket:
    """A new bucket, looked at from outside."""

    def __init__(self, files: Any) -> None:
        self.files, self.name = files, f"bucket-{next(NUMBERS)}"
        self.url = f"s3://{self.name}/out"
        files.mkdir(self.name)

    @property
    def names(self) -> set[str]:
        """Names of its objects, without the folder."""
        return {one.removeprefix(f"{self.name}/out/") for one in self.files.find(f"{self.name}/out")}

    def content(self, name: str) -> bytes:
        return self.files.cat_file(f"{self.name}/out/{name}")

    def put(self, name: str, content: bytes) -> None:
        self.files.pipe_file(f"{self.name}/out/{name}", content)

    def delete(self, name: str) -> None:
        self.files.rm_file(f"{self.name}/out/{name}")
