"""The rehearsal: a release with a migration, crashes, a drain, a restart and a bad release, all under load.

`python -m tests.cluster run python -m tests.cluster.rehearse` runs it on a new cluster.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.chaos.waiting import until_finished
from tests.chaos.watcher import RedisWatcher
from tests.cluster import faults, release
from tests.cluster.images import BAD, FIRST, NEXT
from tests.cluster.places import CACHE
from tests.cluster.release import Gate
from tests.cluster.surroundings import URL, surroundings
from tests.rehearsal.check import Verdict, stored_facts, verdict
from tests.rehearsal.loading import Load, loading
from tests.rehearsal.report import Result, draw, show
from tests.rehearsal.steps import steps_of
from tests.support.paths import REPOSITORY
from tests.support.polling import until
from tests.support.programs.progress import say

TITLE = "Releases on a Kubernetes cluster: with a migration, through crashes and a drain, and a bad one"
PICTURE, PEOPLE = REPOSITORY / "docs" / "rehearsal.svg", 20_000
DATABASE = "postgresql://hello:rehearsal@hello-postgresql/hello"
BROKER = "redis://hello-valkey:6379/0"
SECOND_NODE = "node2"
AFTER_S = 8


def rehearse(load: Load, gate: Gate) -> None:
    step(load, "release A")
    step(load, "B: migration, rollout", release_next)
    step(load, "gate: good", partial(gate.expect_good, NEXT))
    step(load, "kill an API process", partial(faults.kill, "api"))
    step(load, "kill a worker", partial(faults.kill, "worker"))
    step(load, "drain a node", partial(faults.drain, SECOND_NODE))
    step(load, "restart Valkey", partial(faults.restart, "valkey"))
    step(load, "C, a bad one", partial(release.upgrade, BAD), may_fail=True)
    step(load, "gate: bad", gate.expect_bad, must_fail=True)
    step(load, "roll back to B", roll_back, may_fail=True)
    step(load, "gate: good", partial(gate.expect_good, NEXT))


def step(load: Load, name: str, act: Callable[[], object] = lambda: None, **expected: bool) -> None:
    """Go on for some seconds after it. `expected` as `Load.mark` has it: nothing may fail by default."""
    say(name)
    load.mark(name, **expected)
    act()
    enough = len(load.seconds()) + AFTER_S
    until(lambda: len(load.seconds()) >= enough, 10 * AFTER_S)


def release_next() -> None:
    release.upgrade(NEXT)
    release.wait_for_rollout()


def roll_back() -> None:
    release.rollback()
    release.wait_for_rollout()


async def judged(load: Load) -> Verdict:
    """Wait until all orders have moved and all events were handled."""
    watcher = RedisWatcher(BROKER)
    await until_finished(DATABASE, watcher)
    started = load.started
    stored = await stored_facts(DATABASE, started["account_id"], started["names"], watcher)
    return verdict(load.facts(), stored)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.rehearse", description=__doc__)
    parser.add_argument("--rate", type=float, default=500, help="requests a second")
    parser.add_argument("--write", action="store_true", help=f"draw it into {PICTURE.name} of the docs")
    options = parser.parse_args()
    result = rehearsed(Path(os.environ["CLUSTER_FOLDER"]), options.rate)
    draw(result, TITLE, PICTURE if options.write else CACHE / PICTURE.name)
    return show(result)


def rehearsed(folder: Path, rate: float) -> Result:
    with surroundings(folder) as prometheus:
        say("installing release A")
        release.install(FIRST)
        release.seed(PEOPLE)
        with loading(URL, folder / "load", rate) as load:
            rehearse(load, Gate(prometheus.url))
            load.stop()
        steps, verdict = steps_of(load.marks(), load.seconds()), asyncio.run(judged(load))
        return Result(rate=rate, wanted=rate, steps=steps, known=load.facts(), verdict=verdict)


if __name__ == "__main__":
    sys.exit(main())
