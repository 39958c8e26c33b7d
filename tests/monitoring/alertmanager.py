"""A real Alertmanager with the routes and inhibitions of `monitoring/alertmanager`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.monitoring.programs import ensure_program
from tests.monitoring.prometheus import is_ready
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running


@contextmanager
def running_alertmanager(folder: Path, config: Path) -> Iterator[str]:
    """Yield its address as `host:port`."""
    address = f"{HOST}:{free_port()}"
    arguments = (
        f"--config.file={config}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        "--log.level=warn",
    )
    argv = (ensure_program("prometheus-alertmanager"), *arguments)
    with running(Program.within(folder, "Alertmanager", argv, lambda: is_ready(f"http://{address}"))):
        yield address
