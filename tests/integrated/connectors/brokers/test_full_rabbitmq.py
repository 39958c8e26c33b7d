"""A full RabbitMQ differs from an unavailable one, and gets events again when it has room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import pytest

from hello.connectors.brokers.adapters import open_publisher
from hello.connectors.brokers.outages import BrokerFullError
from tests.brokers.broker import Broker
from tests.brokers.rabbitmq import running_rabbitmq
from tests.support.broker_tools import options_of
from tests.twins.events import an_event

pytestmark = [pytest.mark.integrated, pytest.mark.broker]


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as broker:
        yield broker


def set_memory_watermark(rabbitmq: Broker, share: str) -> None:
    command = rabbitmq.server.command
    subprocess.run(
        [Path(command.argv[0]).with_name("rabbitmqctl"), "set_vm_memory_high_watermark", share],
        env=os.environ | dict(command.environment),
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )


async def test_alarm_of_memory_is_a_full_broker_until_it_ends(rabbitmq: Broker) -> None:
    async with open_publisher(options_of(rabbitmq.url, timeout_s=2)) as publisher:
        await publisher.publish(an_event())
        set_memory_watermark(rabbitmq, "0.00001")
        try:
            for _ in range(2):
                with pytest.raises(BrokerFullError) as full:
                    await publisher.publish(an_event())
                assert full.value.reason == "a memory or disk alarm"
        finally:
            set_memory_watermark(rabbitmq, "0.4")
        await publisher.publish(an_event())


async def test_queue_that_rejects_events_is_a_full_broker(rabbitmq: Broker) -> None:
    options = options_of(rabbitmq.url, timeout_s=5)
    async with open_publisher(options) as publisher:
        await publisher.publish(an_event())
        async with await aio_pika.connect(rabbitmq.url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(
                f"{options.topic}.small", arguments={"x-max-length": 1, "x-overflow": "reject-publish"}
            )
            await queue.bind(options.topic, "order.shipped")
            await publisher.publish(an_event())
            with pytest.raises(BrokerFullError):
                await publisher.publish(an_event())
            await queue.purge()
        await publisher.publish(an_event())
