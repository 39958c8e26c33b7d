"""`python -m docs.site` builds the documentation in `.docs/site` and checks it; `--serve` shows changes."""

import subprocess
import sys
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator
from json import dumps
from typing import Any

from docs.site.checks import faults_of
from docs.site.pages import PageError, collect, expanded, write
from docs.site.paths import BUILD, HERE, ROOT, SITE, SOURCE

ZENSICAL = BUILD / "venv" / "bin" / "zensical"
ADDRESS = "127.0.0.1:8010"
CONFIG = BUILD / "mkdocs.yml"


def prepare() -> None:
    """Write what Zensical reads: its sources, and the configuration with all pages."""
    project = tomllib.loads((HERE / "zensical.toml").read_text())["project"]
    files = collect(list(entries(project["nav"])))
    write(files, SOURCE)
    project["nav"] = with_pages(project["nav"], set(files))
    project["theme"]["custom_dir"] = str(HERE / "theme")
    CONFIG.write_text(dumps(project))  # JSON is YAML


def entries(nav: Any) -> Iterator[str]:  # noqa: ANN401  # a tree of lists, tables and paths
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from entries(entry)


def with_pages(nav: Any, paths: set[str]) -> Any:  # noqa: ANN401
    """Return the tree with the pages in place of the `*` that stand for them."""
    if isinstance(nav, dict):
        return {title: with_pages(entry, paths) for title, entry in nav.items()}
    if isinstance(nav, list):
        return [page for entry in nav for page in in_place_of(entry, paths)]
    return nav


def in_place_of(entry: Any, paths: set[str]) -> list[Any]:  # noqa: ANN401
    return list(expanded([entry], paths)) if isinstance(entry, str) else [with_pages(entry, paths)]


def build() -> None:
    prepare()
    subprocess.run([ZENSICAL, "build", "--clean", "--strict", "--config-file", CONFIG], check=True)  # noqa: S603
    if faults := faults_of(SITE):
        sys.exit("\n".join(faults))
    sys.stdout.write(f"{SITE / 'index.html'}\n")


def serve(address: str) -> None:
    """Show the site, and again whenever a page changes."""
    from watchfiles import watch  # noqa: PLC0415  # only here

    prepare()
    command = [str(ZENSICAL), "serve", "--config-file", str(CONFIG), "--dev-addr", address]
    with subprocess.Popen(command) as server:  # noqa: S603
        for _ in watch(ROOT / "docs", *ROOT.glob("*.md"), raise_interrupt=False):
            try:
                prepare()
            except PageError as error:
                sys.stderr.write(f"{error}\n")
        server.terminate()


def main() -> None:
    parser = ArgumentParser(prog="python -m docs.site", description=__doc__)
    parser.add_argument("--serve", nargs="?", const=ADDRESS, metavar="ADDRESS", help=f"default: {ADDRESS}")
    options = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    try:
        serve(options.serve) if options.serve else build()
    except PageError as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)


if __name__ == "__main__":
    main()
