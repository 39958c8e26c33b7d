"""The control groups of the nodes, which outlive their processes."""

from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
WEIGHTS = {"cpu.shares": 16384, "cpu.weight": 1600}
"""A group gets as much time as one process by default, however many pods are in it."""


def create(name: str) -> None:
    """Make the group in each hierarchy: cgroup v1 has one per controller, v2 only one."""
    for hierarchy in hierarchies():
        group = hierarchy / name
        group.mkdir(exist_ok=True)
        for file, weight in WEIGHTS.items():
            if (group / file).exists():
                (group / file).write_text(f"{weight}")


def remove(prefix: str) -> None:
    """Remove all groups whose name starts with this, except those that another run uses."""
    for hierarchy in hierarchies():
        for group in hierarchy.glob(f"{prefix}*"):
            with suppress(OSError):
                for inner in sorted(group.rglob("*/"), reverse=True):
                    inner.rmdir()
                group.rmdir()


def hierarchies() -> list[Path]:
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return [path for path in ROOT.iterdir() if path.is_dir() and not path.is_symlink()]
