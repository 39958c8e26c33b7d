"""Write the dashboards as JSON, or `--check` that what is committed is what the code writes."""

import sys
from pathlib import Path

from monitoring.dashboards.api import api
from monitoring.dashboards.business import business
from monitoring.dashboards.database_and_cache import database_and_cache
from monitoring.dashboards.orders_and_events import orders_and_events
from monitoring.dashboards.overview import overview
from monitoring.dashboards.search import search
from monitoring.expressions import DASHBOARDS

PAGES = (overview, api, database_and_cache, orders_and_events, search, business)


def texts() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {f"{page.name}.json": page.json() for page in (build() for build in PAGES)}


def write(folder: Path) -> None:
    for name, text in texts().items():
        (folder / name).write_text(text)


def out_of_step(folder: Path) -> list[str]:
    """Return the names of files that differ, are missing, or come from no code."""
    found = {path.name: path.read_text() for path in folder.glob("*.json")}
    written = texts()
    return sorted(name for name in {*found, *written} if found.get(name) != written.get(name))


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        stale = out_of_step(DASHBOARDS)
        sys.exit(f"Run `make dashboards`: {', '.join(stale)}" if stale else 0)
    write(DASHBOARDS)
