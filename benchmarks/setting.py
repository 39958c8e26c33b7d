"""What was measured: the machine, the way, and the versions of everything."""

from benchmarks import versions
from benchmarks.cores import Placement
from benchmarks.markdown import table
from benchmarks.names import COUNT
from benchmarks.rounds import Plan
from hello.core.clock import now


def way(plan: Plan, placement: Placement, postgres: str) -> str:
    lines = [
        f"{now().date()} on {versions.machine()}: {placement.title}.",
        f"PostgreSQL {postgres} with fsync on; wrk {versions.wrk()}, one thread, {COUNT:,} names;",
        f"medians of {plan.rounds} interleaved rounds of {plan.seconds} s each.",
    ]
    return "\n".join(lines)


def servers(plan: Plan) -> str:
    rows = [(server.name, server.title, server.versions()) for server in plan.servers]
    return table(("server", "what it is", "versions"), rows)
