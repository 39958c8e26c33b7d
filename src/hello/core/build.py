"""What is running: the version, the commit it was built from, and the schema that it needs."""

from dataclasses import dataclass
from importlib.metadata import version

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Build:
    version: str = UNKNOWN
    commit: str = UNKNOWN
    schema_revision: str = UNKNOWN


def build_of(commit: str, schema_revision: str) -> Build:
    """Return the build; a `commit` that is empty is unknown."""
    return Build(version("hello"), commit or UNKNOWN, schema_revision)
