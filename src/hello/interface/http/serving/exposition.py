"""How metrics are shown: as text or OpenMetrics, of one process or of several, on which port."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from hello.core.processes import ProcessError

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def check_shared_folder() -> None:
    """Raise `ProcessError` if the folder that the workers share does not exist."""
    folder = os.environ.get(SHARED_FOLDER)
    if folder is not None and not Path(folder).is_dir():
        raise ProcessError(f"{SHARED_FOLDER}: there is no folder {folder!r}")


def exposition(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """Return the format that `accept` asks for, text or OpenMetrics, and its media type.

    Workers that share a folder are shown together.
    """
    encode, media_type = choose_encoder(accept)
    return encode(shared_or(registry)), media_type


@contextmanager
def metrics_server(host: str, port: int | None, registry: CollectorRegistry) -> Iterator[None]:
    """Serve the metrics on a port of their own during the block; raise `ProcessError` if it is taken."""
    if port is None:
        yield
        return
    try:
        httpd, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise ProcessError(f"METRICS_PORT: cannot listen on {host}:{port}: {error.strerror}") from None
    try:
        yield
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def shared_metrics(folder: str) -> CollectorRegistry:
    """Return the metrics of all workers that share the folder."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    return registry


def shared_or(registry: CollectorRegistry) -> CollectorRegistry:
    folder = os.environ.get(SHARED_FOLDER)
    return registry if folder is None else shared_metrics(folder)
