"""The rehearsal: a release with a migration, crashes, a drain, a restart and a bad release, all under load.

`python -m tests.cluster run python -m tests.cluster.rehearse` runs it on a new cluster.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from tests.chaos.waiting import until_finished
from tests.chaos.watcher import RedisWatcher
from tests.cluster import faults, release
from tests.cluster.images import BAD, FIRST, NEXT
from tests.cluster.places import CACHE
from tests.cluster.release import Gate
from tests.cluster.report import Report
from tests.cluster.surroundings import URL, surroundings
from tests.rehearsal.check import Verdict, stored_facts, verdict
from tests.rehearsal.loading import Load, loading
from tests.support.polling import until
from tests.support.programs.progress import say

RATE, PEOPLE = 500, 20_000
DATABASE = "postgresql://hello:rehearsal@hello-postgresql/hello"
BROKER = "redis://hello-valkey:6379/0"
SECOND_NODE = "node2"
CALM_S, GATE_S, BAD_S = 15, 20, 120


def rehearse(load: Load, gate: Gate) -> None:
    calm(load, "calm")
    begin(load, "release B")
    release.upgrade(NEXT)
    release.wait_for_rollout()
    begin(load, "gate")
    assert gate.is_good(GATE_S, NEXT), "the gate refuses a good release"
    for component in ("api", "worker"):
        begin(load, f"{component} crashes")
        faults.crash(component)
    begin(load, "drain")
    faults.drain(SECOND_NODE)
    release.wait_for_rollout()
    faults.uncordon(SECOND_NODE)
    begin(load, "Valkey restarts")
    faults.restart("valkey")
    calm(load, "calm")
    begin(load, "bad release C", may_fail=True)
    release.upgrade(BAD)
    assert not gate.is_good(BAD_S), "the gate takes a bad release"
    begin(load, "rollback", may_fail=True)
    release.rollback()
    release.wait_for_rollout()
    begin(load, "gate")
    assert gate.is_good(GATE_S, NEXT), "the gate refuses the release before"


def begin(load: Load, name: str, *, may_fail: bool = False) -> None:
    say(name)
    load.check_runs()
    load.mark(name, may_fail=may_fail)


def calm(load: Load, name: str) -> None:
    begin(load, name)
    enough = len(load.seconds()) + CALM_S
    until(lambda: len(load.seconds()) >= enough, 2 * CALM_S)


async def judged(load: Load) -> Verdict:
    """Wait until all orders have moved and all events were handled."""
    watcher = RedisWatcher(BROKER)
    await until_finished(DATABASE, watcher)
    started = load.started
    stored = await stored_facts(DATABASE, started["account_id"], started["names"], watcher)
    return verdict(load.facts(), stored)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.rehearse", description=__doc__)
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second")
    parser.add_argument("--picture", type=Path, default=CACHE / "rehearsal.svg", help="where to draw it")
    options = parser.parse_args()
    folder = Path(os.environ["CLUSTER_FOLDER"])
    with surroundings(folder) as prometheus:
        say("installing release A")
        release.install(FIRST)
        release.seed(PEOPLE)
        with loading(URL, folder / "load", options.rate) as load:
            rehearse(load, Gate(prometheus.url))
            load.stop()
        report = Report(load.seconds(), load.marks(), asyncio.run(judged(load)))
    report.show(options.picture)
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
