"""Orders, events and gifts stay consistent with Kafka and RabbitMQ, whatever is killed, brokers included."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.brokers.broker import Broker
from tests.brokers.kafka import running_kafka
from tests.brokers.rabbitmq import running_rabbitmq
from tests.chaos.chaos_run import ChaosRun, PauseRun
from tests.chaos.kafka_watcher import KafkaWatcher
from tests.chaos.rabbitmq_watcher import RabbitWatcher
from tests.chaos.system import open_servers, open_system
from tests.chaos.watcher import Watcher

pytestmark = [pytest.mark.broker, pytest.mark.timeout(400)]


@pytest.mark.parametrize(
    ("run", "watcher"), [(running_kafka, KafkaWatcher), (running_rabbitmq, RabbitWatcher)]
)
@pytest.mark.parametrize("kind", [ChaosRun, PauseRun])
async def test_kafka_and_rabbitmq_stay_consistent_through_kills_and_pauses(
    run: Callable[[Path], AbstractContextManager[Broker]],
    watcher: Callable[[str], Watcher],
    kind: type[ChaosRun],
    tmp_path: Path,
) -> None:
    with (
        ThreadPoolExecutor(1) as executor,
        open_servers(tmp_path) as servers,
        run(tmp_path / "broker") as broker,
        open_system(tmp_path, servers, broker, broker.url) as system,
    ):
        chaos_run = kind(system=system, watcher=watcher(broker.url), executor=executor, orders=400, kills=16)
        await chaos_run.run()
