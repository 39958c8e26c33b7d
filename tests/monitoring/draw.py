"""Draw the dashboards while all rooms are in use: `python -m tests.monitoring.draw`."""

import argparse
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from hello.entrypoints.children import read_connections
from tests.monitoring.exporters import running_exporters
from tests.monitoring.load import under_load
from tests.monitoring.prometheus import Prometheus, running_prometheus, targets_of
from tests.monitoring.short_windows import RULES
from tests.search.engine import running_engine
from tests.support.http.orders import ADMIN_TOKEN
from tests.support.http.running import running_hello
from tests.support.paths import REPOSITORY
from tests.support.programs.progress import say


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.monitoring.draw", description=__doc__)
    parser.add_argument("--minutes", type=float, default=9, help="how long the load lasts, at most 10")
    minutes = parser.parse_args().minutes
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        folder.chmod(0o755)
        prometheus = watched(stack, folder)
        say(f"drawing in {minutes:g} minutes")
        time.sleep(60 * minutes)
        draw(prometheus, minutes)


def watched(stack: ExitStack, folder: Path) -> Prometheus:
    """Start the service with its search engine, the load, and a Prometheus with all targets."""
    engine = stack.enter_context(running_engine("elasticsearch", folder))
    data = folder / "data"
    settings = {"ADMIN_TOKEN": ADMIN_TOKEN, "SEARCH_URL": engine.url}
    hello = stack.enter_context(running_hello(data, **settings))
    connections = read_connections(data)
    urls = connections["database_url"], connections["redis_url"]
    exporters = stack.enter_context(running_exporters(folder, *urls))
    stack.enter_context(
        under_load(hello.url, {"ADMIN_TOKEN": ADMIN_TOKEN, "DATABASE_URL": connections["database_url"]})
    )
    rules = sorted(RULES.glob("*.yml"))
    return stack.enter_context(running_prometheus(folder, {**targets_of(hello), **exporters}, rules))


def draw(prometheus: Prometheus, minutes: float) -> None:
    options = (f"--url={prometheus.url}", f"--minutes={minutes:g}", "--rate-interval=15s")
    subprocess.run([sys.executable, "-m", "monitoring.pictures", *options], cwd=REPOSITORY, check=True)


if __name__ == "__main__":
    main()
