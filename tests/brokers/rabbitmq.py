"""RabbitMQ as one node, with a name registry of its own: `running_rabbitmq`."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.log import Log
from tests.brokers.broker import Broker
from tests.brokers.rabbitmq_package import ensure_rabbitmq
from tests.brokers.rabbitmq_probe import is_ready, listens
from tests.support.programs.commands import Words, path_of
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running

USER, NODE = "hello", "hello@localhost"
QUEUE_SAVED_S = 2.0
"""Kill it only so long after a quorum queue was declared: until then RabbitMQ 3.10 has its name in memory
only, and starts it anew without a leader, whatever it had confirmed."""
SETTINGS = """\
listeners.tcp.1 = {host}:{port}
default_user = {user}
default_pass = {password}
log.console = true
log.console.level = info
log.console.use_colors = off
log.file = false
raft.wal_max_size_bytes = 67108864
"""


@contextmanager
def running_rabbitmq(data_dir: Path) -> Iterator[Broker]:
    """Raise `ProgramError` when it cannot be had or does not start; it logs to `rabbitmq.log` in there."""
    with running(rabbitmq(data_dir.resolve())) as broker:
        yield broker


def rabbitmq(data_dir: Path) -> Broker:
    """Prepare the directory; one that was used before keeps its data and its password, but not its port."""
    program, port, registry_port = ensure_rabbitmq(), free_port(), free_port()
    for name in ("conf.d", "log", "mnesia"):
        (data_dir / name).mkdir(parents=True, exist_ok=True)
    password = password_of(data_dir)
    private(data_dir / "rabbitmq.conf", SETTINGS.format(host=HOST, port=port, user=USER, password=password))
    private(data_dir / "enabled_plugins", "[].\n")
    environment = environment_of(data_dir, registry_port)
    server = command(data_dir, "rabbitmq", (program,), environment)
    return Broker(
        f"amqp://{USER}:{password}@{HOST}:{port}/",
        Program("RabbitMQ", server, partial(is_ready, port)),
        (name_registry(data_dir, registry_port, environment),),
    )


def name_registry(data_dir: Path, port: int, environment: Mapping[str, str]) -> Program:
    """Run Erlang's registry of nodes as a child: RabbitMQ would start one that stays for good."""
    words: Words = (path_of("epmd", "erlang-base"), "-address", HOST, "-port", str(port))
    return Program("epmd", command(data_dir, "epmd", words, environment), partial(listens, port))


def command(data_dir: Path, name: str, words: Words, environment: Mapping[str, str]) -> Command:
    log = Log(data_dir / f"{name}.log")
    return Command(tuple(words), Account(), log, cwd=data_dir, environment=tuple(environment.items()))


def environment_of(data_dir: Path, registry_port: int) -> dict[str, str]:
    """Keep away from /etc, from /var and from other nodes."""
    return {
        "HOME": str(data_dir),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(registry_port),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(data_dir / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(data_dir / "conf.d"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(data_dir / "enabled_plugins"),
        "RABBITMQ_LOG_BASE": str(data_dir / "log"),
        "RABBITMQ_MNESIA_BASE": str(data_dir / "mnesia"),
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_SCHEDULER_BIND_TYPE": "u",  # takes no core for itself
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RUNNING_UNDER_SYSTEMD": "true",  # makes the script become the server, instead of its parent
    }


def password_of(data_dir: Path) -> str:
    """Return the one that the data was made with, else a new one."""
    path = data_dir / "password"
    if not path.exists():
        private(path, secrets.token_urlsafe(24))
    return path.read_text()


def private(path: Path, content: str) -> None:
    """Write a file that only its owner reads."""
    path.touch(0o600)
    path.write_text(content)
