"""Open-loop load: requests of customers at a steady rate, however late the answers are.

`python -m tests.rehearsal.load --url URL --folder FOLDER --rate 500` runs until SIGTERM, and ends with 0
when all requests have their answers. The service must have no rate limits (`RATE_LIMIT_*=off`).
"""

import argparse
import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from random import Random
from string import ascii_lowercase

import orjson
import uvloop

from tests.rehearsal.client import Client
from tests.rehearsal.customer import Customer, FailedError, Name
from tests.rehearsal.facts import FactsWriter
from tests.rehearsal.files import LoadFolder, append
from tests.rehearsal.seconds import Recorder

TICK_S, LOG_IN_EVERY_S, SOON_S = 0.002, 600, 5
NAMES, MOST_WAITING = 500, 2000
WEIGHTS = {"greet": 44, "save": 20, "see_today": 8, "browse": 8, "look": 8, "order": 4, "see_order": 8}
Action = Callable[[], Coroutine[None, None, None]]


class Load:
    """Counts a request as failed and does not send it if too many wait for their answers."""

    def __init__(self, url: str, folder: Path, rate: float, seed: int | None = None) -> None:
        self.url, self.rate, self.folder = url, rate, LoadFolder(folder)
        self.random, self.recorder = Random(seed), Recorder()  # noqa: S311  # keeps no secret
        self.facts = FactsWriter(self.folder)
        self.stopping = asyncio.Event()
        self.waiting = 0
        self.client = Client(url, self.random)
        self.customer = Customer(
            client=self.client,
            random=self.random,
            recorder=self.recorder,
            facts=self.facts,
            names=[Name("".join(self.random.choices(ascii_lowercase, k=16))) for _ in range(NAMES)],
        )

    async def run(self) -> None:
        await self.customer.sign_up()
        self.facts.flush()
        self.recorder.take(0)
        self._say_started()
        async with asyncio.TaskGroup() as group:
            background = [group.create_task(work) for work in (self._record(), self._stay_logged_in())]
            async with asyncio.TaskGroup() as requests:
                await self._arrive(requests)
            for task in background:
                task.cancel()
        self._write_second(int(time.time()))
        self.client.close()

    def _say_started(self) -> None:
        """Let the file appear only complete."""
        customer = self.customer
        fresh = self.folder.path / "started.fresh"
        fresh.write_bytes(
            orjson.dumps(
                {
                    "at": time.time(),
                    "url": self.url,
                    "rate": self.rate,
                    "account_id": customer.account_id,
                    "names": [name.text for name in customer.names],
                }
            )
        )
        fresh.rename(self.folder.started)

    async def _arrive(self, requests: asyncio.TaskGroup) -> None:
        """Start each request when it is due, or as soon after that as this process can."""
        actions: list[Action] = [getattr(self.customer, name) for name in WEIGHTS]
        start, arrived = time.perf_counter(), 0
        while not self.stopping.is_set():
            due = int((time.perf_counter() - start) * self.rate)
            chosen = self.random.choices(actions, list(WEIGHTS.values()), k=due - arrived)
            for number, action in enumerate(chosen, arrived):
                self._begin(requests, action, start + number / self.rate)
            arrived = due
            await asyncio.sleep(TICK_S)

    def _begin(self, requests: asyncio.TaskGroup, action: Action, due: float) -> None:
        if self.waiting >= MOST_WAITING:
            self.recorder.end(name_of(action), 0, "not sent")
        else:
            self.waiting += 1
            requests.create_task(self._do(action, due))

    async def _do(self, action: Action, due: float) -> None:
        failure = ""
        try:
            await action()
        except FailedError as error:
            failure = str(error)
        finally:
            self.waiting -= 1
        self.recorder.end(name_of(action), 1000 * (time.perf_counter() - due), failure)

    async def _record(self) -> None:
        """Write what each whole second of the clock was like."""
        while True:
            second = int(time.time())
            while (left := second + 1 - time.time()) > 0:
                await asyncio.sleep(left)
            self._write_second(second)

    def _write_second(self, second: int) -> None:
        self.facts.flush()
        append(self.folder.seconds, [self.recorder.take(second).row()])

    async def _stay_logged_in(self) -> None:
        """Renew the access token long before it expires."""
        pause_s = LOG_IN_EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = SOON_S
            with suppress(FailedError):
                await self.customer.log_in()
                pause_s = LOG_IN_EVERY_S


def name_of(action: Action) -> str:
    return str(getattr(action, "__name__", "action")).replace("_", " ")


async def run(url: str, folder: Path, rate: float) -> None:
    load = Load(url, folder, rate)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, load.stopping.set)
    await load.run()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal.load", description=__doc__)
    parser.add_argument("--url", required=True, help="of the service, of a proxy or of a Kubernetes Service")
    parser.add_argument("--folder", required=True, type=Path, help="for lines of JSON: seconds, facts")
    parser.add_argument("--rate", type=float, default=500, help="requests a second")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    uvloop.run(run(options.url, options.folder, options.rate))


if __name__ == "__main__":
    main()
