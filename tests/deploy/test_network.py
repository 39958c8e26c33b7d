"""Network policies select pods that exist, and let through just what the processes need."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.deploy.charts import DEV, KAFKA, PRODUCTION, STAGING, Manifest, of_kind, pods, render

pytestmark = pytest.mark.deploy
Labels = Mapping[str, str]
API, WORKER = "hello-api", "hello-worker"


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(rule["key"]) in rule["values"] for rule in selector.get("matchExpressions", ())
    )


def labels_of(manifests: list[Manifest]) -> dict[str, Labels]:
    return {name: pod["metadata"]["labels"] for name, pod in pods(manifests).items()}


def peers(policy: Manifest) -> Iterator[Mapping[str, Any]]:
    for rule in policy["spec"].get("ingress", []):
        yield from rule["from"]
    for rule in policy["spec"].get("egress", []):
        yield from rule["to"]


def ports(manifests: list[Manifest], name: str, direction: str) -> set[int]:
    """Return the ports that policies open for the pods of a workload."""
    labels = labels_of(manifests)[name]
    return {
        port["port"]
        for policy in of_kind(manifests, "NetworkPolicy")
        if selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get(direction, [])
        for port in rule["ports"]
    }


def test_every_policy_selects_pods_that_exist(manifests: list[Manifest]) -> None:
    for policy in of_kind(manifests, "NetworkPolicy"):
        name, selector = policy["metadata"]["name"], policy["spec"]["podSelector"]
        assert any(selects(selector, labels) for labels in labels_of(manifests).values()), name


def test_every_peer_in_the_namespace_is_a_pod_of_the_chart_or_kafka(manifests: list[Manifest]) -> None:
    strimzi = {"strimzi.io/cluster": "hello", "strimzi.io/kind": "Kafka"}
    known = [*labels_of(manifests).values(), strimzi]
    for policy in of_kind(manifests, "NetworkPolicy"):
        for peer in peers(policy):
            if peer.keys() == {"podSelector"} and peer["podSelector"]:
                assert any(selects(peer["podSelector"], labels) for labels in known), peer


def test_everything_is_denied_that_no_policy_allows(manifests: list[Manifest]) -> None:
    [deny] = [
        policy
        for policy in of_kind(manifests, "NetworkPolicy")
        if policy["spec"]["policyTypes"] == ["Ingress", "Egress"] and not list(peers(policy))
    ]
    for name, labels in labels_of(manifests).items():
        assert selects(deny["spec"]["podSelector"], labels), name


def test_no_rule_is_without_peers_since_that_would_allow_all(manifests: list[Manifest]) -> None:
    for policy in of_kind(manifests, "NetworkPolicy"):
        for rule in policy["spec"].get("ingress", []):
            assert rule["from"]
            assert rule["ports"]
        for rule in policy["spec"].get("egress", []):
            assert rule["to"]
            assert rule["ports"]


def test_the_processes_reach_dns_and_their_servers() -> None:
    assert ports(render((DEV,)), API, "egress") == {53, 5432, 6379}
    assert ports(render((STAGING,)), WORKER, "egress") == {53, 5432, 6379, 4318}
    assert ports(render((PRODUCTION,)), API, "egress") == {53, 5432, 6379, 4318, 9200}
    assert ports(render((PRODUCTION, KAFKA)), WORKER, "egress") == {53, 5432, 6379, 4318, 9200, 9092}


@pytest.mark.parametrize("files", [(DEV,), (STAGING,), (PRODUCTION,)])
def test_a_migration_reaches_dns_and_postgresql_alone(files: tuple[str, ...]) -> None:
    manifests = render(files)
    [job] = of_kind(manifests, "Job")
    assert ports(manifests, job["metadata"]["name"], "egress") == {53, 5432}
    assert ports(manifests, job["metadata"]["name"], "ingress") == set()


def test_clients_reach_the_api_and_prometheus_the_metrics() -> None:
    manifests = render((STAGING,))
    assert ports(manifests, API, "ingress") == {8000, 9464}
    assert ports(manifests, WORKER, "ingress") == {8001}


def test_the_servers_of_the_chart_are_reached_by_its_pods_alone() -> None:
    manifests = render((DEV,))
    assert ports(manifests, "hello-postgresql", "ingress") == {5432}
    assert ports(manifests, "hello-valkey", "ingress") == {6379}
    assert ports(manifests, "hello-postgresql", "egress") == set()


def test_the_listener_of_kafka_without_a_login_is_for_the_processes_alone() -> None:
    manifests = render((PRODUCTION, KAFKA))
    [kafka] = of_kind(manifests, "Kafka")
    [plain] = [
        listener for listener in kafka["spec"]["kafka"]["listeners"] if "authentication" not in listener
    ]
    [peer] = plain["networkPolicyPeers"]
    labels = labels_of(manifests)
    assert {name for name, of_pod in labels.items() if selects(peer["podSelector"], of_pod)} == {API, WORKER}


def test_the_pods_of_kafka_are_not_under_the_policies_of_the_chart() -> None:
    manifests = render((PRODUCTION, KAFKA))
    for name in ("Kafka", "KafkaNodePool"):
        [found] = of_kind(manifests, name)
        for policy in of_kind(manifests, "NetworkPolicy"):
            assert not selects(policy["spec"]["podSelector"], found["metadata"]["labels"])


def test_services_select_pods_that_exist_and_ports_that_they_have(manifests: list[Manifest]) -> None:
    for service in of_kind(manifests, "Service"):
        selected = [
            pod
            for pod in pods(manifests).values()
            if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        ]
        [pod] = selected
        named = {port["name"] for container in pod["spec"]["containers"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named
