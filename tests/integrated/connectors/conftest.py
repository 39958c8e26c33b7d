"""A Valkey that is a cluster."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hello.connectors.embedded.valkey import WHEEL


@pytest.fixture
def cluster_port(tmp_path: Path, unused_tcp_port_factory: Callable[[], int]) -> Iterator[int]:
    """A Valkey that is a cluster of one node, which serves every slot.

    Its bus has a port of its own: the default, 10,000 above the other, may be none at all.
    """
    port, bus = unused_tcp_port_factory(), unused_tcp_port_factory()
    options = ["--cluster-enabled", "yes", "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
    command = [str(WHEEL.find()), "--port", str(port), "--cluster-port", str(bus), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as valkey:
        try:
            yield port
        finally:
            valkey.terminate()
