"""One node of a search server of the tests' own: `running_engine`."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.log import Log
from tests.search.elasticsearch import ELASTICSEARCH
from tests.search.kinds import Kind
from tests.search.opensearch import OPENSEARCH_2, OPENSEARCH_3
from tests.support.programs.commands import Words
from tests.support.programs.errors import ProgramError
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running

ENGINES = {kind.name: kind for kind in (ELASTICSEARCH, OPENSEARCH_3, OPENSEARCH_2)}
HEAP_MB = 512
PATIENCE_S = 2.0
READY = "/_cluster/health?wait_for_status=yellow&timeout=1s"
JVM = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # starts sooner, and leaves the machine to the tests
    "-XX:-UsePerfData",  # leaves no file in /tmp
    "-Dfile.encoding=UTF-8",
    "-Djava.awt.headless=true",
    "-Dlog4j.shutdownHookEnabled=false",  # the log ends with the server, not before
)
SETTINGS = """\
cluster.name: tests
node.name: tests
path.data: {folder}/data
path.logs: {folder}/logs
network.host: {host}
http.port: {port}
transport.port: {transport_port}
transport.type: netty4
http.type: netty4
discovery.type: single-node
# a full disk of the machine is no reason to refuse writes
cluster.routing.allocation.disk.threshold_enabled: false
"""
# Maven has none of Elasticsearch's native libraries: it says so with a long stack trace
LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1.} %m%n
logger.native.name = org.elasticsearch.nativeaccess
logger.native.level = error
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """Start it from a thread that outlives it: on Linux it ends with that thread."""

    name: str
    """`elasticsearch`, `opensearch3` or `opensearch2`."""
    url: str
    program: Program

    @property
    def pid(self) -> int | None:
        """`None` when it is not running."""
        return self.program.pid

    @property
    def log(self) -> Path:
        return self.program.command.log.path

    def start(self) -> None:
        """Return when its indices answer; raise `ProgramError` with the end of its log when they do not."""
        self.program.start()

    def stop(self) -> None:
        """Let it end in order, even when it is frozen; doing it twice does no harm."""
        self.resume()
        self.program.stop()

    def kill(self) -> None:
        """End it as in a power cut, but for what the kernel still writes."""
        self.program.kill()

    def restart(self) -> None:
        """Start it again on the same data and port."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Let it keep its connections and answer nothing."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        if self.pid is not None:
            os.kill(self.pid, number)


@contextmanager
def running_engine(name: str, folder: Path, heap_mb: int = HEAP_MB) -> Iterator[Engine]:
    """Raise `ProgramError` when it cannot be had or does not start; it logs to `engine.log` in there."""
    with running(engine(kind_of(name), folder.resolve(), heap_mb)) as started:
        yield started


def kind_of(name: str) -> Kind:
    """Raise `ProgramError` for an unknown name."""
    if name not in ENGINES:
        raise ProgramError(f"no search server named {name}: it is one of {', '.join(ENGINES)}")
    return ENGINES[name]


def engine(kind: Kind, folder: Path, heap_mb: int) -> Engine:
    """Prepare the folder; one that was used before keeps its data, but not its port."""
    home, port, config = kind.ensure(), free_port(), folder / "config"
    for name in ("config", "data", "logs", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    settings = SETTINGS.format(folder=folder, host=HOST, port=port, transport_port=free_port())
    (config / kind.settings_file).write_text(settings)
    (config / "log4j2.properties").write_text(LOGGING)
    argv = (kind.jdk.java, *jvm(folder, heap_mb), *kind.words(home, config))
    command = Command(argv, Account(), Log(folder / "engine.log"), cwd=folder)
    url = f"http://{HOST}:{port}"
    return Engine(kind.name, url, Program(kind.title, command, partial(is_ready, url)))


def jvm(folder: Path, heap_mb: int) -> Words:
    return (*JVM, f"-Xms{heap_mb}m", f"-Xmx{heap_mb}m", f"-Djava.io.tmpdir={folder / 'tmp'}")


def is_ready(url: str) -> bool:
    """Whether all indices can be written and searched."""
    try:
        answer = httpx.get(url + READY, timeout=PATIENCE_S, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK
