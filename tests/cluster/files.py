"""Writes the configuration of servers: the files of `templates`, with their values."""

from pathlib import Path
from string import Template

from tests.cluster.places import HERE


def write(name: str, path: Path, /, **values: object) -> Path:
    """Raise `KeyError` if the file needs another value."""
    text = Template((HERE / "templates" / name).read_text()).substitute(values)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
