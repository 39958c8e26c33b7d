"""Where network policies are enforced, pods of the chart reach what they need and nothing else."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from hello.connectors.embedded.termination import wait_until
from tests.cluster.images import FIRST, image
from tests.cluster.kubectl import helm, kubectl
from tests.cluster.network import MACHINE
from tests.deploy.charts import CHART, DEV, values
from tests.deploy.policies import enforced_policies

pytestmark = [pytest.mark.deploy_cluster, pytest.mark.timeout(900)]
NAMESPACE, OTHER = "hello", "other"
SETTINGS = (
    "image.repository=hello",
    f"image.tag={FIRST}",
    "image.pullPolicy=Never",
    f"networkPolicy.dns[0].ipBlock.cidr={MACHINE}/32",
)
OPEN = "API server"
OF = {"api": {"api", "metrics of the api"}}
"""Targets of a component; a pod always reaches its own ports."""
CONNECT = """
import socket, sys
for target in sys.argv[1:]:
    host, port = target.split(":")
    try:
        socket.create_connection((host, int(port)), 3).close()
        print(target)
    except OSError:
        pass
"""
SPEC = {
    "enableServiceLinks": False,
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "containers": [
        {
            "name": "pod",
            "image": image(FIRST),
            "imagePullPolicy": "Never",
            "command": ["sleep", "infinity"],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Release:
    """Where its pods are."""

    targets: dict[str, str]

    def reached_from(self, namespace: str, pod: str) -> set[str]:
        """Return the names of the targets that take a connection."""
        words = ("exec", "--namespace", namespace, pod, "--", "python", "-c", CONNECT)
        reached = kubectl(*words, *self.targets.values()).split()
        return {name for name, target in self.targets.items() if target in reached}


@pytest.fixture(scope="module")
def release() -> Iterator[Release]:
    for namespace in (NAMESPACE, OTHER):
        kubectl("create", "namespace", namespace)
        kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
        start_pod(namespace)
    with enforced_policies(os.environ["KUBECONFIG"]):
        install("install")
        found = Release(targets())
        assert wait_until(lambda: found.reached_from(OTHER, "pod") == {OPEN}, 60), "nothing is enforced"
        yield found


def install(action: str, *settings: str) -> None:
    options = ("--namespace", NAMESPACE, "--wait", "--timeout", "300s")
    helm(action, "hello", CHART, *values((DEV,), *SETTINGS, *settings), *options)


def start_pod(namespace: str) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": SPEC}
    kubectl("create", "--namespace", namespace, "--filename", "-", stdin=json.dumps(pod))
    kubectl("wait", "--namespace", namespace, "--for=condition=ready", "pod/pod", "--timeout=120s")


def targets() -> dict[str, str]:
    """Return an address of each component, and that of the API server."""
    words = ("--namespace", NAMESPACE, "--selector", "app.kubernetes.io/name=hello", "--output", "json")
    address = {
        pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod["status"]["podIP"]
        for pod in json.loads(kubectl("get", "pods", *words))["items"]
        if pod["status"]["phase"] == "Running"
    }
    return {
        "api": f"{address['api']}:8000",
        "metrics of the api": f"{address['api']}:9464",
        "worker": f"{address['worker']}:8001",
        "postgresql": f"{address['postgresql']}:5432",
        "valkey": f"{address['valkey']}:6379",
        OPEN: f"{MACHINE}:6443",
    }


def test_pods_of_the_namespace_reach_the_api_and_metrics_alone(release: Release) -> None:
    assert release.reached_from(NAMESPACE, "pod") == {"api", "metrics of the api", "worker", OPEN}


def test_pods_of_another_namespace_reach_nothing(release: Release) -> None:
    assert release.reached_from(OTHER, "pod") == {OPEN}


@pytest.mark.parametrize("component", ["api", "worker"])
def test_a_process_reaches_its_servers_alone(release: Release, component: str) -> None:
    reached = release.reached_from(NAMESPACE, f"deployment/hello-{component}")
    assert reached - OF.get(component, {component}) == {"postgresql", "valkey"}


@pytest.mark.parametrize("server", ["postgresql", "valkey"])
def test_a_server_reaches_nothing(release: Release, server: str) -> None:
    assert release.reached_from(NAMESPACE, f"statefulset/hello-{server}") <= {server}


@pytest.mark.usefixtures("release")
def test_a_release_migrates_through_the_policies() -> None:
    """Its hook finds PostgreSQL by name, and is gone when it has succeeded."""
    install("upgrade", "settings.LOG_LEVEL=debug")
    assert "migrate" not in kubectl("get", "jobs,secrets", "--namespace", NAMESPACE)
