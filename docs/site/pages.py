"""Collects the files of the site: pages of the repository, what they show, and the reference."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from os.path import relpath
from pathlib import Path
from posixpath import dirname, join, normpath

from docs.site.paths import HERE, ROOT
from docs.site.reference import FOLDER, reference_files

HOME = "README.md"
COPIED = ".svg", ".png", ".json"
ELSEWHERE = "#", "http:", "https:", "mailto:"
FENCE = re.compile(r"^(```+).*?^\1$", re.MULTILINE | re.DOTALL)
DIAGRAM = re.compile(r"^<!-- diagram (\S+) -->\n```mermaid\n.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")


class PageError(Exception):
    """A page cannot be shown as it is."""


def collect(nav: list[str]) -> dict[str, bytes]:
    """Return the content of each file by its path; `nav` names the pages, or matches them with a `*`.

    A page keeps the place that it has in the repository, so that its links to others stay as they are.
    """
    made = reference_files()
    written = set(written_pages())
    if missing := [path for path in sorted(written) if not any(fnmatch(path, entry) for entry in nav)]:
        raise PageError(f"docs/site/zensical.toml has no place in `nav` for {', '.join(missing)}")
    files = {path: text.encode() for path, text in made.items()}
    for path in expanded(nav, written | made.keys()):
        if path not in made:
            files |= shown(path)
    return files | assets()


def written_pages() -> Iterator[str]:
    for path in (ROOT / "docs").rglob("*.md"):
        if HERE not in path.parents:
            yield path.relative_to(ROOT).as_posix()


def expanded(nav: list[str], paths: set[str]) -> Iterator[str]:
    for entry in nav:
        yield from sorted(path for path in paths if fnmatch(path, entry)) if "*" in entry else [entry]


def shown(path: str) -> dict[str, bytes]:
    """Return the page, and the pictures and documents that it links to."""
    text = drawn(path, (HERE / "home.md" if path == HOME else ROOT / path).read_text())
    copies: dict[str, bytes] = {}
    parts = [part if part.startswith("```") else linked(path, part, copies) for part in split_fences(text)]
    return {path: "".join(parts).encode(), **copies}


def split_fences(text: str) -> Iterator[str]:
    """Yield the blocks of code and the text between them, in turn."""
    end = 0
    for fence in FENCE.finditer(text):
        yield text[end : fence.start()]
        yield fence[0]
        end = fence.end()
    yield text[end:]


def drawn(path: str, text: str) -> str:
    """Show each diagram as the picture that `make diagrams` draws: it needs no script and no internet."""
    folder = relpath("docs/diagrams", dirname(path) or ".")
    text = DIAGRAM.sub(rf"[![Diagram: \1]({folder}/\1.svg)]({folder}/\1.svg)", text)
    if "```mermaid" in text:
        message = "name each diagram by `<!-- diagram NAME -->` above it, and run `make diagrams`"
        raise PageError(f"{path}: {message}")
    return text


def linked(path: str, text: str, copies: dict[str, bytes]) -> str:
    """Keep links to pages, copy what else is shown, and leave only the text of links to code."""

    def replace(found: re.Match[str]) -> str:
        target = normpath(join(dirname(path), found[3].partition("#")[0]))
        if found[3].startswith(ELSEWHERE) or target.endswith(".md") or target.startswith(FOLDER):
            return found[0]
        if not (ROOT / target).exists():
            raise PageError(f"{path}: there is no {target}")
        if not target.endswith(COPIED):
            return found[2]
        copies[target] = (ROOT / target).read_bytes()
        return found[0]

    return LINK.sub(replace, text)


def assets() -> dict[str, bytes]:
    return {f"assets/{path.name}": path.read_bytes() for path in sorted((HERE / "assets").iterdir())}


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Make `folder` hold just these files; what is the same already is left alone."""
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, content in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
