"""The page in `docs/` that the figures are written into, between two markers."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchError

TEMPLATE = """# Performance

Hello beside its peers: the same two routes, on the same table of the same PostgreSQL, under the same load.
`make bench` measures, and `make bench ARGS=--write` updates the marked parts of this page.
[benchmarks](../benchmarks/README.md) says how.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """What one way to measure writes: one place in the page, and perhaps one picture beside it."""

    heading: str
    marker: str
    picture: str = ""

    @property
    def markers(self) -> tuple[str, str]:
        return f"<!-- {self.marker} -->", f"<!-- /{self.marker} -->"


ONE_CORE = Section("One core for the server", "figures", "performance.svg")
WHOLE_MACHINE = Section("The whole machine", "figures whole-machine", "performance-whole-machine.svg")
ROUTES = Section("All routes", "figures routes")


def write(folder: Path, section: Section, figures: str, picture: str) -> None:
    write_section(folder, section, f"![Requests a second]({section.picture})\n\n{figures}")
    (folder / section.picture).write_text(picture)


def write_section(folder: Path, section: Section, figures: str) -> None:
    """Create what is missing, and leave the rest of the page as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "performance.md"
    old = page.read_text() if page.exists() else TEMPLATE
    page.write_text(replaced(old, section, figures))


def replaced(page: str, section: Section, figures: str) -> str:
    opening, closing = section.markers
    if opening not in page:
        page += f"\n## {section.heading}\n\n{opening}\n{closing}\n"
    before, _, rest = page.partition(opening)
    _, found, after = rest.partition(closing)
    if not found:
        raise BenchError(f"the page has no {closing} after {opening}")
    return f"{before}{opening}\n{figures}{closing}{after}"
