"""Kafka and RabbitMQ as tests run them: they start, answer, survive kills and leave no process."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import aio_pika
import aiokafka
import pytest

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.log import Log
from hello.connectors.embedded.termination import wait_until
from tests.brokers.broker import Broker
from tests.brokers.kafka import running_kafka
from tests.brokers.rabbitmq import QUEUE_SAVED_S, running_rabbitmq
from tests.support.paths import REPOSITORY
from tests.support.programs.errors import ProgramError
from tests.support.programs.ports import free_port, is_free
from tests.support.programs.program import Program

SOON_S = 10
pytestmark = pytest.mark.broker
START_AND_WAIT = """
import sys
from pathlib import Path
from tests.brokers import {module}
with {module}.running_{module}(Path(sys.argv[1])) as broker:
    print(broker.pid, flush=True)
    sys.stdin.read()
"""
Run = Callable[[Path], AbstractContextManager[Broker]]
BOTH = pytest.mark.parametrize("run", [running_kafka, running_rabbitmq])


def processes_of(data_dir: Path) -> list[str]:
    """Every process, but for us, that was told of this path by an argument or in its environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            told = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            if os.fsencode(data_dir) in told and int(folder.name) != os.getpid():
                found.append((folder / "comm").read_text().strip())
    return found


def leaves_nothing(data_dir: Path) -> bool:
    """Give helpers of a killed server the moment that they need to notice."""
    return wait_until(lambda: not processes_of(data_dir), SOON_S)


def port_of(broker: Broker) -> int:
    return int(broker.url.rstrip("/").rpartition(":")[2])


@BOTH
def test_broker_answers_until_its_block_ends(run: Run, tmp_path: Path) -> None:
    with run(tmp_path) as broker:
        assert broker.server.is_ready()
        assert broker.pid is not None
        assert processes_of(tmp_path)
    assert broker.pid is None
    assert not broker.server.is_ready()
    assert leaves_nothing(tmp_path)


@BOTH
def test_restarted_broker_keeps_its_port(run: Run, tmp_path: Path) -> None:
    with run(tmp_path) as broker:
        first, url = broker.pid, broker.url
        broker.stop()
        assert broker.pid is None
        assert leaves_nothing(tmp_path)
        broker.start()
        assert broker.pid not in {None, first}
        assert broker.url == url
        assert broker.server.is_ready()
    assert leaves_nothing(tmp_path)


@BOTH
def test_killed_broker_leaves_no_process_without_a_restart(run: Run, tmp_path: Path) -> None:
    with run(tmp_path) as broker:
        broker.kill()
        assert broker.pid is None
        assert leaves_nothing(tmp_path)
    assert is_free(port_of(broker))


@BOTH
def test_two_brokers_run_side_by_side(run: Run, tmp_path: Path) -> None:
    with run(tmp_path / "one") as one, run(tmp_path / "other") as other:
        assert port_of(one) != port_of(other)
        assert one.server.is_ready()
        assert other.server.is_ready()


@pytest.mark.parametrize("module", ["kafka", "rabbitmq"])
def test_broker_ends_with_a_killed_test_process(module: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT.format(module=module), str(tmp_path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout
        assert int(child.stdout.readline()) > 0
        child.send_signal(signal.SIGKILL)
        child.wait(SOON_S)
    assert leaves_nothing(tmp_path)


async def write_to_kafka(url: str) -> None:
    address = url.removeprefix("kafka://")
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=address, transactional_id="checks")
    await producer.start()
    try:
        async with producer.transaction():
            await producer.send_and_wait("kept", b"gift")
    finally:
        await producer.stop()


async def read_from_kafka(url: str) -> bytes:
    consumer = aiokafka.AIOKafkaConsumer(
        "kept",
        bootstrap_servers=url.removeprefix("kafka://"),
        group_id="checks",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    await consumer.start()
    try:
        return bytes((await consumer.getone()).value)
    finally:
        await consumer.stop()


async def write_to_rabbitmq(url: str) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
        message = aio_pika.Message(b"gift", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, routing_key="kept", mandatory=True)
    await asyncio.sleep(QUEUE_SAVED_S)


async def read_from_rabbitmq(url: str) -> bytes:
    """Put it back."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("kept")
        message = await queue.get(timeout=SOON_S)
        await message.nack(requeue=True)
        return bytes(message.body)


@pytest.mark.parametrize(
    ("run", "write", "read"),
    [
        (running_kafka, write_to_kafka, read_from_kafka),
        (running_rabbitmq, write_to_rabbitmq, read_from_rabbitmq),
    ],
)
async def test_confirmed_messages_survive_a_kill(
    run: Run,
    write: Callable[[str], Awaitable[None]],
    read: Callable[[str], Awaitable[bytes]],
    tmp_path: Path,
) -> None:
    with run(tmp_path) as broker:
        await write(broker.url)
        broker.kill()
        broker.start()
        assert await read(broker.url) == b"gift"
    with run(tmp_path) as another:
        assert await read(another.url) == b"gift"


def test_second_install_fetches_nothing() -> None:
    """A second time it needs no program at all: it finds none."""
    install = [sys.executable, "-m", "tests.brokers", "install"]
    subprocess.run(install, cwd=REPOSITORY, check=True)
    subprocess.run(install, cwd=REPOSITORY, env={"PATH": ""}, check=True, timeout=SOON_S)


def test_free_port_is_unused() -> None:
    assert is_free(free_port())


@pytest.mark.parametrize(
    "script", ["echo my last words; exit 1", "echo my last words; trap '' TERM; exec sleep 600"]
)
def test_failed_start_quotes_the_log(script: str, tmp_path: Path) -> None:
    command = Command(("/bin/sh", "-c", script), Account(), Log(tmp_path / "log"))
    program = Program("Nothing", command, is_ready=lambda: False, patience_s=0.5)
    with pytest.raises(ProgramError, match=r"Nothing did not start:\n(.*\n)*my last words"):
        program.start()
    assert program.pid is None
