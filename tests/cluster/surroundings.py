"""What stands around the cluster: volumes, an ingress controller and a Prometheus."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.files import write
from tests.cluster.kubectl import kubectl
from tests.cluster.network import MACHINE
from tests.cluster.servers import server
from tests.monitoring.programs import ensure_program
from tests.monitoring.prometheus import Prometheus, answers, is_ready
from tests.support.paths import REPOSITORY
from tests.support.programs.program import Program
from tests.support.programs.running import running

PORT, ALIVE_PORT, PROMETHEUS_PORT = 8000, 8001, 9090
URL = f"http://{MACHINE}:{PORT}"
VALUES = {
    "dns": MACHINE,
    "address": MACHINE,
    "port": PORT,
    "alive": ALIVE_PORT,
    "pods": "hello-api-pods.default.svc.cluster.local",
    "workers": "hello-worker.default.svc.cluster.local",
    "rules": REPOSITORY / "monitoring" / "prometheus" / "rules",
    "node": "node1",
}
"""The servers with data live on the first node: the other one can be drained."""


@contextmanager
def surroundings(folder: Path) -> Iterator[Prometheus]:
    volumes = folder / "volumes"
    for name in ("one", "two"):
        (volumes / name).mkdir(parents=True)
    kubectl("apply", "--filename", write("around.yaml", folder / "around.yaml", volumes=volumes, **VALUES))
    with running(haproxy(folder)), running(prometheus(folder)):
        yield Prometheus(f"http://{MACHINE}:{PROMETHEUS_PORT}")


def haproxy(folder: Path) -> Program:
    path = write("haproxy.cfg", folder / "haproxy.cfg", **VALUES)
    return server("haproxy", ("-db", "-f", path), lambda: answers(f"http://{MACHINE}:{ALIVE_PORT}/"))


def prometheus(folder: Path) -> Program:
    options = (
        f"--config.file={write('prometheus.yml', folder / 'prometheus.yml', **VALUES)}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address={MACHINE}:{PROMETHEUS_PORT}",
        "--log.level=warn",
    )
    url = f"http://{MACHINE}:{PROMETHEUS_PORT}"
    return server(str(ensure_program("prometheus")), options, lambda: is_ready(url), log="prometheus")
