"""Draw each dashboard from the data of a Prometheus: `python -m monitoring.pictures --url http://127.0.0.1:9090`."""

import argparse
import time
from pathlib import Path

from monitoring.expressions import DASHBOARDS, HERE, VARIABLES
from monitoring.pictures.boards import read_board
from monitoring.pictures.picture import picture
from monitoring.pictures.series import Prometheus, Span

POINTS = 120


def main() -> None:
    options = parser().parse_args()
    end = options.end or time.time()
    length = 60 * options.minutes
    span = Span(end - length, end, max(1.0, length / POINTS))
    variables = {**VARIABLES, "$__rate_interval": options.rate_interval, "$__range": f"{length:g}s"}
    options.folder.mkdir(exist_ok=True)
    for path in sorted(DASHBOARDS.glob("*.json")):
        text = picture(read_board(path), Prometheus(options.url), span, variables)
        (options.folder / f"{path.stem}.svg").write_text(text)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m monitoring.pictures", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:9090", help="of the Prometheus")
    parser.add_argument("--minutes", type=float, default=60, help="how much of the past to show")
    parser.add_argument("--end", type=float, help="seconds since 1970 (default: now)")
    parser.add_argument("--rate-interval", default="1m", help="at least four scrape intervals")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "docs" / "dashboards")
    return parser


if __name__ == "__main__":
    main()
