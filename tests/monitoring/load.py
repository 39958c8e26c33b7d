"""The demonstration load, as a process beside the test."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.support.paths import REPOSITORY

DEMONSTRATION = (sys.executable, "-m", "tests.monitoring.demonstration")
LONG_S = 600


@contextmanager
def under_load(url: str, environment: Mapping[str, str], *arguments: str) -> Iterator[None]:
    """Yield once it has begun; end it with the block."""
    command = [*DEMONSTRATION, "--url", url, "--seconds", str(LONG_S), *arguments]
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline(), "the load did not begin"
            yield
            assert process.poll() is None, "the load ended early"
        finally:
            process.kill()
