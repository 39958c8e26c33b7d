"""That all comes right with Kafka and RabbitMQ too, whatever is killed, the broker itself among others.

`pytest -n 0 tests/chaos/checks_of_brokers.py`: no `test_` in its name, so that `pytest` needs no broker.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.brokers.broker import Broker
from tests.brokers.kafka import running_kafka
from tests.brokers.rabbitmq import running_rabbitmq
from tests.chaos.surviving import Ordeal, Stopping
from tests.chaos.watching import Watcher
from tests.chaos.watching_kafka import KafkaWatcher
from tests.chaos.watching_rabbitmq import RabbitWatcher
from tests.chaos.world import open_servers, open_world

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize(
    ("run", "watcher"), [(running_kafka, KafkaWatcher), (running_rabbitmq, RabbitWatcher)]
)
@pytest.mark.parametrize("kind", [Ordeal, Stopping])
async def test_all_comes_right_whatever_is_killed_or_stopped(
    run: Callable[[Path], AbstractContextManager[Broker]],
    watcher: Callable[[str], Watcher],
    kind: type[Ordeal],
    tmp_path: Path,
) -> None:
    with (
        ThreadPoolExecutor(1) as hands,
        open_servers(tmp_path) as servers,
        run(tmp_path / "broker") as broker,
        open_world(tmp_path, servers, broker, broker.url) as world,
    ):
        ordeal = kind(world=world, watcher=watcher(broker.url), hands=hands, orders=400, strikes=16)
        await ordeal.survive()
