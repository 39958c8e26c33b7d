"""CPU time and memory, as the kernel counts them."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.routes.usage import Family, pages_of

BUSY_S = 0.3


def test_cpu_of_an_ended_child_counts() -> None:
    family = Family(os.getpid())
    before = family.cpu_s()
    code = f"from time import process_time\nwhile process_time() < {BUSY_S}: pass"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert family.cpu_s() - before >= BUSY_S - 0.05


def test_memory_is_that_of_the_process() -> None:
    assert 10 < Family(os.getpid()).resident_mib() < 10_000


def test_an_ended_process_holds_nothing(tmp_path: Path) -> None:
    assert pages_of(tmp_path / "statm") == 0
