"""Apache Kafka as one node, which is broker and controller: `running_kafka`."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.errors import EmbeddedError
from hello.connectors.embedded.log import Log
from tests.brokers.broker import Broker
from tests.brokers.kafka_jars import ensure_jars
from tests.brokers.kafka_probe import is_ready
from tests.support.programs.commands import Words, path_of
from tests.support.programs.errors import ProgramError
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running
from tests.support.programs.tail import tail

FORMAT_S = 60
JVM = (
    "-Xms64m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # starts sooner, and leaves the machine to the tests
    "-XX:-UsePerfData",  # leaves no file in /tmp
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",  # all settings, several times
)
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=CLIENTS://{host}:{port},CONTROLLERS://{host}:{controller_port}
listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLERS:PLAINTEXT
inter.broker.listener.name=CLIENTS
controller.listener.names=CONTROLLERS
log.dirs={data}
auto.create.topics.enable=true
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
# one that was killed comes back only when its old session is over
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""


@contextmanager
def running_kafka(data_dir: Path) -> Iterator[Broker]:
    """Raise `ProgramError` when it cannot be had or does not start; it logs to `kafka.log` in there."""
    with running(kafka(data_dir.resolve())) as broker:
        yield broker


def kafka(data_dir: Path) -> Broker:
    """Prepare the directory; one that was used before keeps its data, but not its port."""
    java, port = (path_of("java", "default-jre-headless"), *jvm(data_dir)), free_port()
    settings = data_dir / "server.properties"
    (data_dir / "tmp").mkdir(parents=True, exist_ok=True)
    settings.write_text(settings_of(data_dir / "kafka", port))
    log = Log(data_dir / "kafka.log")
    if not (data_dir / "kafka" / "meta.properties").exists():
        format_storage(java, settings, log, secrets.token_urlsafe(16))
    command = Command((*java, "kafka.Kafka", settings), Account(), log, cwd=data_dir)
    return Broker(f"kafka://{HOST}:{port}", Program("Kafka", command, partial(is_ready, port)))


def jvm(data_dir: Path) -> Words:
    """Return the options of Java; libraries that jars unpack go where the data is."""
    return (*JVM, f"-Djava.io.tmpdir={data_dir / 'tmp'}", "-cp", f"{ensure_jars()}/*")


def settings_of(data: Path, port: int) -> str:
    return SETTINGS.format(host=HOST, port=port, controller_port=free_port(), data=data)


def format_storage(java: Words, settings: Path, log: Log, cluster_id: str) -> None:
    """Take an id that may begin with a dash: one in 64 does."""
    arguments: Words = ("format", "--config", settings, f"--cluster-id={cluster_id}")
    try:
        Command((*java, "kafka.tools.StorageTool", *arguments), Account(), log).run(FORMAT_S)
    except EmbeddedError:
        raise ProgramError(f"Kafka's storage could not be formatted:\n{tail(log.path)}") from None
