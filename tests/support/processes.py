"""What the operating system knows of a process."""

import re
from pathlib import Path

from tests.support.http.running import Running


def descendants(pid: int) -> list[int]:
    """Look at every thread: each has the children that it spawned."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return [found for child in children for found in (child, *descendants(child))]


def memory_mb(api: Running) -> float:
    status = Path(f"/proc/{api.process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024
