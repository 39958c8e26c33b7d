"""Draws the named Mermaid diagrams of the documentation as SVG: `make diagrams`.

`--check` only tells which are out of date. The line before a diagram names it: `<!-- diagram NAME -->`.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PAGES = "docs/**/*.md", "CONTRIBUTING.md", "deploy/**/*.md"
TOOLS = ROOT / ".diagrams"
NAMED = re.compile(r"^<!-- diagram (\S+) -->\n```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BROWSERS = "chromium", "chromium-browser", "google-chrome"
ARGUMENTS = "--no-sandbox", "--disable-gpu", "--disable-background-networking"
CONFIG = {"theme": "neutral", "themeVariables": {"fontFamily": "system-ui, sans-serif"}}


def diagrams() -> Iterator[tuple[str, str]]:
    """Yield name and source of each diagram."""
    for page in sorted(page for pattern in PAGES for page in ROOT.glob(pattern)):
        yield from NAMED.findall(page.read_text())


def picture(name: str) -> Path:
    return HERE / f"{name}.svg"


def mark(source: str) -> str:
    return f"<!-- {hashlib.sha256(source.encode()).hexdigest()} -->\n"


def is_current(name: str, source: str) -> bool:
    return picture(name).exists() and picture(name).read_text().endswith(mark(source))


def render(name: str, source: str) -> None:
    with TemporaryDirectory() as folder:
        files = {"puppeteer": {"executablePath": browser(), "args": ARGUMENTS}, "config": CONFIG}
        paths = {what: write_json(Path(folder, f"{what}.json"), content) for what, content in files.items()}
        text, svg = Path(folder, "diagram.mmd"), Path(folder, "diagram.svg")
        text.write_text(source)
        command = [
            *(str(TOOLS / "node_modules/.bin/mmdc"), "--quiet", "--backgroundColor", "white"),
            *("--puppeteerConfigFile", str(paths["puppeteer"]), "--configFile", str(paths["config"])),
            *("--svgId", name, "--input", str(text), "--output", str(svg)),
        ]
        subprocess.run(command, check=True)  # noqa: S603  # its own words
        picture(name).write_text(svg.read_text() + mark(source))


def write_json(path: Path, content: Mapping[str, object]) -> Path:
    path.write_text(dumps(content))
    return path


def browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit("Chromium is needed: apt-get install chromium")
    return found


def main() -> None:
    outdated = [(name, source) for name, source in diagrams() if not is_current(name, source)]
    if "--check" in sys.argv:
        names = ", ".join(name for name, _ in outdated)
        sys.exit(f"out of date, run `make diagrams`: {names}" if outdated else 0)
    for name, source in outdated:
        sys.stderr.write(f"drawing {picture(name).name}\n")
        render(name, source)


if __name__ == "__main__":
    main()
