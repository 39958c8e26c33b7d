"""`python -m tests.mutation`: which breaks of the code the tests notice; see `--help`."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutation.folders import CACHE, folder_of
from tests.mutation.report import Mutant, report
from tests.mutation.suites import SUITES, Suite
from tests.support.paths import REPOSITORY
from tests.support.servers import relax, temporary_servers

ENGINE = Path(__file__).with_name("engine.py")


def main() -> int:
    options = parsed()
    suites = [suite for suite in SUITES if options.suite in {"all", suite.name} and suite.holds(options.only)]
    if not suites:
        sys.stderr.write(f"no suite breaks {options.only}\n")
        return 2
    lowest = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["mutation"]["lowest"]
    found = [mutant for suite in suites for mutant in mutants_of(suite, options)]
    text, passes = report(found, {} if options.only else lowest)
    sys.stdout.write(text)
    return 0 if passes else 1


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("--only", default="", help="a module or a package: src/hello/services/orders.py")
    parser.add_argument("--suite", default="all", choices=["all", *(suite.name for suite in SUITES)])
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs have found")
    parser.add_argument("--minutes", type=float, help="stop each suite after so long")
    parser.add_argument("--sample", type=int, help="try so many mutants of each suite, 0 for all")
    parser.add_argument(
        "--seed", default=f"{datetime.now(UTC):%Y-%m-%d}", help="which ones: every day has its own"
    )
    return parser.parse_args()


def mutants_of(suite: Suite, options: argparse.Namespace) -> list[Mutant]:
    folder = folder_of(suite, fresh=options.fresh)
    chosen = {
        "only": options.only,
        "seed": options.seed,
        "sample": suite.sample if options.sample is None else options.sample,
        "minutes": options.minutes or suite.minutes,
    }
    sys.stderr.write(f"Suite {suite.name}: {json.dumps(chosen)}\n")
    command = [str(CACHE / "venv" / "bin" / "python"), str(ENGINE), json.dumps(chosen)]
    with environment_of(suite) as environment:
        subprocess.run(command, cwd=folder, env=os.environ | environment, check=True, stdout=sys.stderr)
    return [Mutant(**result) for result in json.loads((folder / "results.json").read_text())]


@contextmanager
def environment_of(suite: Suite) -> Iterator[dict[str, str]]:
    """Start one server for all mutants, if they need one; it answers before a write is on disk."""
    if not suite.needs_postgres:
        yield {}
        return
    with TemporaryDirectory() as folder, temporary_servers(Path(folder) / "servers") as servers:
        asyncio.run(relax(servers))
        yield {"TEST_DATABASE_URL": servers.database_url}


if __name__ == "__main__":
    sys.exit(main())
