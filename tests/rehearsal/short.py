"""The short rehearsal: a release, kills, a bad release and a roll-back on one machine, under load."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.chaos.random_kills import KillableServer
from tests.chaos.waiting import until_finished
from tests.chaos.watcher import RedisWatcher
from tests.rehearsal.check import Verdict, stored_facts, verdict
from tests.rehearsal.loading import Load
from tests.rehearsal.releases import Release
from tests.rehearsal.stage import APIS, WORKERS, Stage
from tests.support.cli import run_hello
from tests.support.programs.errors import ProgramError
from tests.support.programs.progress import say

GOOD, BAD = 0, 1
GATE = ("release", "check", "--every", "2s", "--max-burn-rate", "100")
"""A hundred times the budget: a machine that carries the load and the service at once may be late."""
GATE_S = {GOOD: "10s", BAD: "40s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRehearsal:
    """`pause_s` is how long the load goes on after each step."""

    stage: Stage
    load: Load
    old: Release
    new: Release
    bad: Release
    pause_s: float

    def run(self) -> str:
        """Return why a step failed; the steps after it are left out then."""
        try:
            self.release()
            self.disturb()
            self.release_badly()
        except (AssertionError, ProgramError) as error:
            return str(error)
        return ""

    def release(self) -> None:
        self.step("release A", lambda: None)
        self.step("B: migrate", lambda: self.stage.migrate(self.new))
        for number, name in enumerate(APIS, 1):
            self.step(f"B: API {number}", partial(self.stage.replace, name, self.new))
        for number, name in enumerate(WORKERS, 1):
            self.step(f"B: worker {number}", partial(self.stage.replace, name, self.new))
        self.step("gate: good", lambda: self.gate(GOOD, "--version", self.new.commit))

    def disturb(self) -> None:
        """Nothing that is read may fail; what a killed API process was about to write, its client repeats."""
        self.step("kill API 1", lambda: self.restart(APIS[0]), may_repeat=True)
        self.step("kill worker 1", lambda: self.restart(WORKERS[0]))
        self.step("kill Valkey", self.restart_valkey)

    def release_badly(self) -> None:
        name = APIS[1]
        self.step("C, a bad one: API 2", partial(self.stage.replace, name, self.bad), may_fail=True)
        self.step("gate: bad", partial(self.gate, BAD), must_fail=True)
        self.step("roll back to B", partial(self.stage.replace, name, self.new), may_fail=True)
        self.step("gate: good", lambda: self.gate(GOOD, "--version", self.new.commit))

    def step(self, name: str, act: Callable[[], None], **expected: bool) -> None:
        """`expected` as `Load.mark` has it; nothing may fail by default."""
        say(name)
        self.load.mark(name, **expected)
        act()
        time.sleep(self.pause_s)

    def restart(self, name: str) -> None:
        self.stage.kill(name)
        self.stage.start(name, self.new)

    def restart_valkey(self) -> None:
        valkey = KillableServer(self.stage.servers.valkey)
        valkey.kill()
        valkey.start()

    def gate(self, expected: int, *options: str) -> None:
        url = ("--prometheus", self.stage.prometheus.url)
        done = run_hello(*GATE, *url, "--for", GATE_S[expected], *options)
        assert done.returncode == expected, f"the gate said {done.returncode}:\n{done.stdout}{done.stderr}"


def judge(stage: Stage, load: Load) -> Verdict:
    """End the load, wait until all orders and events are where they belong, and compare."""
    load.stop()
    started = load.started
    watcher = RedisWatcher(stage.servers.redis_url)

    async def settled() -> Verdict:
        await until_finished(stage.servers.database_url, watcher)
        stored = await stored_facts(
            stage.servers.database_url, started["account_id"], started["names"], watcher
        )
        return verdict(load.facts(), stored)

    return asyncio.run(settled())
