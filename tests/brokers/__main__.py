"""`python -m tests.brokers install` fetches both brokers; `... run COMMAND` runs a command beside both."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.brokers.kafka import running_kafka
from tests.brokers.kafka_jars import ensure_jars
from tests.brokers.rabbitmq import running_rabbitmq
from tests.brokers.rabbitmq_package import ensure_rabbitmq
from tests.support.programs.actions import main
from tests.support.programs.progress import say


def install() -> int:
    say(f"Kafka is in {ensure_jars()}")
    say(f"RabbitMQ is {ensure_rabbitmq()}")
    return 0


def run(command: Sequence[str]) -> int:
    """Tell the command by variables where the brokers are; return its exit code."""
    with (
        TemporaryDirectory(prefix="hello-brokers-") as folder,
        running_kafka(Path(folder, "kafka")) as kafka,
        running_rabbitmq(Path(folder, "rabbitmq")) as rabbitmq,
    ):
        urls = {"TEST_KAFKA_URL": kafka.url, "TEST_AMQP_URL": rabbitmq.url}
        return subprocess.run(command, env=os.environ | urls, check=False).returncode


if __name__ == "__main__":
    sys.exit(main("tests.brokers", install, run))
