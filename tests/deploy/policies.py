"""kube-router on each node of the cluster: only with such a program do network policies stop anything."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.cluster.cluster import NODES
from tests.cluster.network import SERVICES, Place
from tests.cluster.servers import server
from tests.deploy.programs import CACHE
from tests.support.programs import debian, golang
from tests.support.programs.install_lock import folder_locked
from tests.support.programs.program import Program
from tests.support.programs.running import running

VERSION = "v2.1.0"
ROUTER = CACHE / "bin" / f"kube-router-{VERSION}"
PACKAGE = "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"
BRIDGED = "/proc/sys/net/bridge/bridge-nf-call-iptables"
"""Without this, packets between pods of one node pass no rules."""


def ensure_router() -> None:
    """Raise `ProgramError` when it, or what it needs, cannot be had."""
    if shutil.which("ipset") is None:
        debian.install("ipset")
    with folder_locked(CACHE):
        golang.ensure("kube-router", PACKAGE, VERSION, ROUTER)


@contextmanager
def enforced_policies(kubeconfig: str) -> Iterator[None]:
    with ExitStack() as stack:
        for number in range(1, NODES + 1):
            stack.enter_context(running(router(Place(number), kubeconfig)))
        yield


def router(place: Place, kubeconfig: str) -> Program:
    subprocess.run([*place.prefix, "sh", "-c", f"echo 1 > {BRIDGED}"], check=True)
    options = (
        "--run-firewall=true",
        "--run-router=false",
        "--run-service-proxy=false",
        "--run-loadbalancer=false",
        f"--kubeconfig={kubeconfig}",
        f"--hostname-override={place.name}",
        f"--service-cluster-ip-range={SERVICES}",
        "--metrics-port=0",
        "--health-port=20244",
    )
    rules = [*place.prefix, "iptables", "-w", "--list-rules", "KUBE-ROUTER-FORWARD"]
    log = f"{place.name}-kube-router"
    return server(str(ROUTER), options, lambda: succeeds(rules), log=log, prefix=place.prefix)


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
