"""A server of buckets on this machine, which stands for an object store in tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}


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
