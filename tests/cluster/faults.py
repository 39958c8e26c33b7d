"""What happens to pods and nodes: kills, drains, restarts."""

import json
import os
import time
from pathlib import Path
from typing import Any

from hello.connectors.embedded.termination import wait_until
from tests.cluster.kubectl import kubectl
from tests.cluster.node import ctr
from tests.cluster.release import NAME, PATIENCE, wait_for_rollout
from tests.support.programs.commands import run

RECOVERY_S = 120
STOP_S = 60
Pod = dict[str, Any]


def pods(component: str) -> list[Pod]:
    labels = f"app.kubernetes.io/instance={NAME},app.kubernetes.io/component={component}"
    listing = json.loads(kubectl("get", "pods", "--selector", labels, "--output", "json"))
    found: list[Pod] = listing["items"]
    return found


def kill(component: str) -> None:
    """Kill the process of one pod without any notice, and wait until the pod is ready again."""
    pod = pods(component)[0]
    name, restarts = pod["metadata"]["name"], restarts_of(pod)
    container = pod["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
    words = ("tasks", "kill", "--signal", "SIGKILL", container)
    run([*ctr(Path(os.environ["CLUSTER_FOLDER"]) / pod["spec"]["nodeName"]), *words], timeout_s=STOP_S)
    assert wait_until(lambda: is_back(component, name, restarts), RECOVERY_S), f"{name} is not back"


def is_back(component: str, name: str, restarts: int) -> bool:
    time.sleep(0.5)
    [pod] = [one for one in pods(component) if one["metadata"]["name"] == name]
    return restarts_of(pod) > restarts and bool(pod["status"]["containerStatuses"][0]["ready"])


def restarts_of(pod: Pod) -> int:
    return int(pod["status"]["containerStatuses"][0]["restartCount"])


def drain(node: str) -> None:
    """Move its pods away, as for maintenance, and let new ones come afterwards."""
    kubectl("drain", node, "--delete-emptydir-data", f"--timeout={PATIENCE}")
    wait_for_rollout()
    kubectl("uncordon", node)


def restart(stateful_set: str) -> None:
    """Delete its pod, as an upgrade of the server or of its node does."""
    name = f"{NAME}-{stateful_set}"
    kubectl("delete", "pod", f"{name}-0")
    kubectl("rollout", "status", f"statefulset/{name}", f"--timeout={PATIENCE}")
