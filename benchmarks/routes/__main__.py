"""`python -m benchmarks.routes`: measure every route of Hello beside the same route of its peers."""

import argparse
import gc
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import versions
from benchmarks.compare import INTERRUPTED, make_cache, no_process_left, terminate
from benchmarks.cores import Placement, placed
from benchmarks.document import ROUTES, write_section
from benchmarks.errors import BenchError
from benchmarks.markdown import table
from benchmarks.options import listed, positive
from benchmarks.places import ROOT
from benchmarks.programs import ensure
from benchmarks.progress import say
from benchmarks.routes.catalogue import all_routes
from benchmarks.routes.checks import Reference
from benchmarks.routes.compared_servers import compared_servers
from benchmarks.routes.figures import Figures
from benchmarks.routes.load import write_requests
from benchmarks.routes.refusals import Refusals
from benchmarks.routes.report import Report
from benchmarks.routes.rounds import Comparison, Plan
from benchmarks.routes.sample_database import FOLDER, SampleDatabase, open_sample_database
from benchmarks.routes.tokens import TokenContract, token_contract
from hello.connectors.embedded.errors import EmbeddedError
from hello.core.clock import now

CONNECTIONS, ROUNDS, SECONDS = "1,32,128", 3, 3


@dataclass(frozen=True, slots=True)
class Options:
    """`write` is the folder of the page to write into, None to print only."""

    plan: Plan
    write: Path | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when something failed; slow figures are no failure."""
    contract = token_contract()
    options = parse(arguments, contract)
    signal.signal(signal.SIGTERM, terminate)
    try:
        with no_process_left():
            report = measured(options.plan, contract)
        sys.stdout.write(report.markdown())
        if report.failure:
            say(report.failure)
            return 1
        if options.write:
            write_section(options.write, ROUTES, report.page())
    except (BenchError, EmbeddedError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def measured(plan: Plan, contract: TokenContract) -> Report:
    """Report what was measured before a failure, too."""
    make_cache()
    ensure("wrk", "wrk")
    for prepare in dict.fromkeys(server.prepare for server in plan.servers):
        prepare()
    gc.freeze()
    with placed(1, pinned=True) as placement, open_sample_database() as sample:
        figures, failure = Figures(), ""
        try:
            comparison(plan, placement, sample, contract).run(figures)
        except BenchError as error:
            failure = str(error)
        rows = [(server.name, server.title, server.versions()) for server in plan.servers]
        servers = table(("server", "what it is", "versions"), rows)
        return Report(plan, way(plan, placement, sample), servers, figures, failure)


def comparison(
    plan: Plan, placement: Placement, sample: SampleDatabase, contract: TokenContract
) -> Comparison:
    tokens = list(contract.issue(sample.data.accounts))
    files = {route.name: write_requests(FOLDER, route, sample.data, tokens) for route in plan.routes}
    return Comparison(
        plan, placement, sample, files, Reference(sample.data, tokens), Refusals(sample.data, contract)
    )


def way(plan: Plan, placement: Placement, sample: SampleDatabase) -> str:
    postgres = f"PostgreSQL {sample.database.version()} with fsync on"
    return "\n".join(
        [
            f"{now().date()} on {versions.machine()}: {placement.title}.",
            f"{postgres}; wrk {versions.wrk()}, one thread;",
            f"medians of {plan.rounds} interleaved rounds of {plan.seconds} s each.",
        ]
    )


def parse(arguments: Sequence[str] | None, contract: TokenContract) -> Options:
    given = parser(contract).parse_args(arguments)
    plan = Plan(
        servers=given.only,
        routes=given.routes,
        connections=given.connections,
        rounds=given.rounds,
        seconds=given.seconds,
    )
    return Options(plan, given.write)


def parser(contract: TokenContract) -> argparse.ArgumentParser:
    servers, routes = compared_servers(contract), all_routes()
    only, names = ",".join(servers), ",".join(routes)
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.routes", description="Hello's routes beside peers."
    )
    made.add_argument("--only", type=listed(servers.__getitem__), default=only, help=only)
    made.add_argument("--routes", type=listed(routes.__getitem__), default=names, help=names)
    made.add_argument("--connections", type=listed(positive), default=CONNECTIONS, help=CONNECTIONS)
    made.add_argument("--rounds", type=positive, default=ROUNDS, help="how often everything is measured")
    made.add_argument("--seconds", type=positive, default=SECONDS, help="how long each time")
    page = "write performance.md, into docs or another folder"
    made.add_argument("--write", type=Path, nargs="?", const=ROOT / "docs", help=page)
    return made


if __name__ == "__main__":
    sys.exit(main())
