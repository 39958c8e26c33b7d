"""The folder of a load: lines of JSON, which another process reads while they are written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import orjson

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LoadFolder:
    path: Path

    @property
    def started(self) -> Path:
        """What the load owns: its account and its names; it appears when the first request is sent."""
        return self.path / "started.json"

    @property
    def seconds(self) -> Path:
        return self.path / "seconds.jsonl"

    @property
    def facts(self) -> Path:
        return self.path / "facts.jsonl"

    @property
    def marks(self) -> Path:
        """The steps of the driver, each with its time."""
        return self.path / "marks.jsonl"


def append(path: Path, rows: Iterable[Row]) -> None:
    with path.open("ab") as file:
        file.write(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def rows_of(path: Path) -> list[Row]:
    """Leave out a last line that is still being written."""
    if not path.exists():
        return []
    *lines, _ = path.read_bytes().split(b"\n")
    return [orjson.loads(line) for line in lines]
