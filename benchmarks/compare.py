"""`python -m benchmarks.compare`: measure Hello beside its peers, and print or write the figures."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks import document
from benchmarks.cores import placed
from benchmarks.database import open_database
from benchmarks.errors import BenchError
from benchmarks.family import adopt_orphans, family_of, living
from benchmarks.options import Options, parse
from benchmarks.picture import picture
from benchmarks.places import CACHE
from benchmarks.programs import ensure
from benchmarks.progress import say
from benchmarks.report import Report
from benchmarks.rounds import Comparison, Plan
from benchmarks.setting import servers, way
from hello.connectors.embedded.errors import EmbeddedError

INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when something failed; slow figures are no failure."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, terminate)
    try:
        with no_process_left():
            report = compare(options)
        publish(report, options)
    except (BenchError, EmbeddedError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def terminate(*_: object) -> None:
    """Leave in order, once: a second signal does not interrupt that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(TERMINATED)


def compare(options: Options) -> Report:
    make_cache()
    prepare(options.plan)
    with placed(options.workers, pinned=not options.whole_machine) as placement, open_database() as database:
        measured = way(options.plan, placement, database.version())
        figures = Comparison(options.plan, placement, database).run()
        return Report(options.plan, measured, servers(options.plan), placement.is_pinned, figures)


def make_cache() -> None:
    """Make a folder that git passes over by itself."""
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")


def prepare(plan: Plan) -> None:
    """Do each preparation once, though several servers may share it."""
    ensure("wrk", "wrk")
    for one in dict.fromkeys(server.prepare for server in plan.servers):
        one()


def publish(report: Report, options: Options) -> None:
    sys.stdout.write(report.markdown())
    if options.write:
        section = document.WHOLE_MACHINE if options.whole_machine else document.ONE_CORE
        document.write(options.write, section, report.summary(), picture(report.plan, report.figures))


@contextmanager
def no_process_left() -> Iterator[None]:
    """Raise `BenchError` when one of our descendants is left, after ending it."""
    adopt_orphans()
    try:
        yield
    finally:
        left = [member for member in living(family_of(os.getpid())) if member.pid != os.getpid()]
        for member in left:
            member.kill()
    if left:
        raise BenchError(f"processes were left behind: {[member.pid for member in left]}")


if __name__ == "__main__":
    sys.exit(main())
