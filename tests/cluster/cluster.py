"""A cluster for the length of a block."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hello.connectors.embedded.termination import wait_until
from tests.cluster import cgroups
from tests.cluster.control_plane import Credentials, control_plane
from tests.cluster.files import write
from tests.cluster.kubectl import kubectl
from tests.cluster.network import MACHINE, Place, connect
from tests.cluster.node import Node
from tests.cluster.places import LOGS
from tests.cluster.programs import environment
from tests.support.programs.errors import ProgramError
from tests.support.programs.program import Program
from tests.support.programs.progress import say
from tests.support.programs.running import running

NODES = 2
READY_S = 120


@contextmanager
def running_cluster(folder: Path) -> Iterator[None]:
    """Run it in our own namespaces, and point `kubectl` and `helm` at it."""
    since = time.monotonic()
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir()
    credentials = Credentials(folder / "credentials")
    credentials.create()
    os.environ.update(environment(), KUBECONFIG=str(credentials.kubeconfig))
    nodes = [Node(Place(number), folder, credentials.kubeconfig) for number in range(1, NODES + 1)]
    connect([node.place for node in nodes])
    use_dns(folder)
    with ExitStack() as stack:
        start(stack, control_plane(folder, credentials), nodes)
        wait_for_nodes(nodes)
        say(f"the cluster is ready after {time.monotonic() - since:.0f} s")
        yield


def use_dns(folder: Path) -> None:
    """Let programs beside the cluster find its Services; only our own mount namespace sees it."""
    path = write("resolv.conf", folder / "resolv.conf", address=MACHINE)
    subprocess.run(["mount", "--bind", path, Path("/etc/resolv.conf").resolve()], check=True)


def start(stack: ExitStack, servers: list[Program], nodes: list[Node]) -> None:
    """Start the runtimes first: they load images while the API server starts."""
    for node in nodes:
        node.configure()
        cgroups.create(node.cgroup)
        stack.enter_context(running(node.runtime()))
    with ThreadPoolExecutor() as threads:
        imports = [threads.submit(node.import_images) for node in nodes]
        for program in servers:
            stack.enter_context(running(program))
        for done in imports:
            done.result()
    for node in nodes:
        for program in node.agents():
            stack.enter_context(running(program))


def wait_for_nodes(nodes: list[Node]) -> None:
    names = {node.place.name for node in nodes}
    if not wait_until(lambda: names <= ready_nodes(), READY_S):
        raise ProgramError(f"the nodes are not ready; their logs are in {LOGS}")


def ready_nodes() -> set[str]:
    lines = kubectl("get", "nodes", "--no-headers").splitlines()
    return {line.split()[0] for line in lines if line.split()[1] == "Ready"}
