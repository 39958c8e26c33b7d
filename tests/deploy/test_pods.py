"""Pods are restricted, are replaced without a gap, and end only after they have drained."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.deploy.charts import (
    DEV,
    PRODUCTION,
    STAGING,
    Manifest,
    containers,
    named,
    of_kind,
    pods,
    render,
)

pytestmark = pytest.mark.deploy
HEALTH, READY = "/api/v1/health", "/api/v1/health/ready"
PROCESSES = ("hello-api", "hello-worker")


def deployments(manifests: list[Manifest]) -> list[Manifest]:
    found = of_kind(manifests, "Deployment")
    assert {manifest["metadata"]["name"] for manifest in found} == set(PROCESSES)
    return found


def spec_of(manifests: list[Manifest], name: str) -> Mapping[str, Any]:
    spec: Mapping[str, Any] = pods(manifests)[name]["spec"]
    return spec


def test_pods_are_restricted(manifests: list[Manifest]) -> None:
    for pod in pods(manifests).values():
        context = pod["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}


def test_containers_are_restricted_and_write_only_to_volumes(manifests: list[Manifest]) -> None:
    for container in containers(manifests):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}  # noqa: S108  # a mount


def test_service_links_do_not_become_settings(manifests: list[Manifest]) -> None:
    for pod in pods(manifests).values():
        assert pod["spec"]["enableServiceLinks"] is False


def test_no_pod_gets_a_token_of_the_api_server(manifests: list[Manifest]) -> None:
    for pod in pods(manifests).values():
        assert pod["spec"]["automountServiceAccountToken"] is False
    for account in of_kind(manifests, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", PROCESSES)
def test_probes_ask_the_paths_of_their_meaning(manifests: list[Manifest], name: str) -> None:
    [container] = spec_of(manifests, name)["containers"]
    paths = {
        probe: container[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {"startupProbe": HEALTH, "livenessProbe": HEALTH, "readinessProbe": READY}


def test_no_replica_is_missing_during_a_release(manifests: list[Manifest]) -> None:
    for deployment in deployments(manifests):
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("name", PROCESSES)
def test_the_grace_period_is_longer_than_drain_and_shutdown(manifests: list[Manifest], name: str) -> None:
    spec = spec_of(manifests, name)
    [container] = spec["containers"]
    settings = named(manifests, "ConfigMap", "hello")["data"]
    before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    needed = before + float(settings["DRAIN_S"]) + float(settings["SHUTDOWN_TIMEOUT_S"])
    assert spec["terminationGracePeriodSeconds"] > needed


def test_the_grace_period_follows_fractions_of_a_second() -> None:
    spec = spec_of(render((DEV,), "settings.DRAIN_S=7.5", "settings.SHUTDOWN_TIMEOUT_S=30"), "hello-api")
    assert spec["terminationGracePeriodSeconds"] > 3 + 7.5 + 30


def test_the_drain_lasts_until_readiness_has_been_noticed(manifests: list[Manifest]) -> None:
    [container] = spec_of(manifests, "hello-api")["containers"]
    probe = container["readinessProbe"]
    noticed = probe["periodSeconds"] * probe["failureThreshold"]
    sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert sleep + float(named(manifests, "ConfigMap", "hello")["data"]["DRAIN_S"]) > noticed


def test_every_container_has_requests_and_a_limit_of_memory(manifests: list[Manifest]) -> None:
    for container in containers(manifests):
        resources = container["resources"]
        assert {"cpu", "memory", "ephemeral-storage"} <= resources["requests"].keys()
        assert {"memory", "ephemeral-storage"} <= resources["limits"].keys()


def test_replicas_spread_over_nodes_and_zones(manifests: list[Manifest]) -> None:
    for deployment in deployments(manifests):
        pod = deployment["spec"]["template"]
        rules = pod["spec"]["topologySpreadConstraints"]
        assert {rule["topologyKey"] for rule in rules} == {
            "kubernetes.io/hostname",
            "topology.kubernetes.io/zone",
        }
        for rule in rules:
            assert rule["labelSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


@pytest.mark.parametrize("setting", ["settings.LOG_LEVEL=debug", "secrets.values.SECRET_KEY=another"])
def test_a_changed_setting_rolls_the_pods(setting: str) -> None:
    before, after = (pods(render((DEV,), *settings))["hello-api"] for settings in ((), (setting,)))
    assert before["metadata"]["annotations"] != after["metadata"]["annotations"]


def test_a_new_version_of_an_existing_secret_rolls_the_pods() -> None:
    before, after = (
        pods(render((STAGING,), *settings))["hello-worker"] for settings in ((), ("secrets.version=new",))
    )
    assert before["metadata"]["annotations"] != after["metadata"]["annotations"]


def test_a_budget_lets_a_node_be_drained_and_keeps_a_replica(manifests: list[Manifest]) -> None:
    budgets = of_kind(manifests, "PodDisruptionBudget")
    assert len(budgets) == len(PROCESSES)
    for budget in budgets:
        [deployment] = [
            found
            for found in deployments(manifests)
            if budget["spec"]["selector"]["matchLabels"].items()
            <= found["spec"]["template"]["metadata"]["labels"].items()
        ]
        assert 1 <= budget["spec"]["maxUnavailable"] < least_replicas(manifests, deployment)


def least_replicas(manifests: list[Manifest], deployment: Manifest) -> int:
    name = deployment["metadata"]["name"]
    for scaler in of_kind(manifests, "HorizontalPodAutoscaler"):
        if scaler["spec"]["scaleTargetRef"]["name"] == name:
            return int(scaler["spec"]["minReplicas"])
    return int(deployment["spec"]["replicas"])


def test_an_autoscaled_deployment_sets_no_replicas() -> None:
    manifests = render((PRODUCTION,))
    scalers = of_kind(manifests, "HorizontalPodAutoscaler")
    scaled = {scaler["spec"]["scaleTargetRef"]["name"] for scaler in scalers}
    assert scaled == set(PROCESSES)
    assert not any("replicas" in deployment["spec"] for deployment in deployments(manifests))


def test_containers_that_scale_by_cpu_request_some() -> None:
    for deployment in deployments(render((PRODUCTION,))):
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        assert container["resources"]["requests"]["cpu"]


def test_staging_and_production_bring_no_servers() -> None:
    for files in ((STAGING,), (PRODUCTION,)):
        assert of_kind(render(files), "StatefulSet") == []


def test_persistent_servers_claim_a_volume() -> None:
    manifests = render((DEV,), "postgresql.persistence.enabled=true", "valkey.persistence.enabled=true")
    for server in of_kind(manifests, "StatefulSet"):
        [claim] = server["spec"]["volumeClaimTemplates"]
        assert claim["metadata"]["name"] == "data"
        assert "data" not in {volume["name"] for volume in server["spec"]["template"]["spec"]["volumes"]}
