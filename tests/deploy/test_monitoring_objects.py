"""The operator's rules are those of `monitoring/`, and its monitors find the metrics."""

import pytest
import yaml

from tests.deploy.charts import STAGING, Manifest, named, of_kind, render
from tests.support.paths import REPOSITORY

pytestmark = pytest.mark.deploy
RULES = REPOSITORY / "monitoring" / "prometheus" / "rules"


def test_the_rules_are_those_of_prometheus_in_docker_compose() -> None:
    groups = [
        group for rule in of_kind(render((STAGING,)), "PrometheusRule") for group in rule["spec"]["groups"]
    ]
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml"))]
    assert groups == [group for content in files for group in content["groups"]]


def test_every_file_of_rules_is_an_object_of_its_own() -> None:
    names = {rule["metadata"]["name"] for rule in of_kind(render((STAGING,)), "PrometheusRule")}
    assert names == {f"hello-{path.stem}" for path in RULES.glob("*.yml")}


@pytest.mark.parametrize("component", ["api", "worker"])
def test_a_monitor_finds_a_port_of_its_service(component: str) -> None:
    manifests = render((STAGING,))
    monitor = named(manifests, "ServiceMonitor", f"hello-{component}")
    service = named(manifests, "Service", f"hello-{component}")
    [endpoint] = monitor["spec"]["endpoints"]
    wanted = monitor["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= service["metadata"]["labels"].items()
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_labels_that_the_operator_asks_for_are_added() -> None:
    manifests = render((STAGING,), "monitoring.labels.release=prometheus")
    found = of_kind(manifests, "ServiceMonitor", "PrometheusRule")
    assert {manifest["metadata"]["labels"]["release"] for manifest in found} == {"prometheus"}


@pytest.mark.parametrize("component", ["api", "worker"])
def test_the_job_has_the_name_that_the_rules_ask_for(component: str) -> None:
    monitor = named(render((STAGING,)), "ServiceMonitor", f"hello-{component}")
    [relabeling] = monitor["spec"]["endpoints"][0]["relabelings"]
    assert relabeling["targetLabel"] == "job"
    assert relabeling["replacement"] == f"hello-{component}"
    texts = "".join(path.read_text() for path in RULES.glob("*.yml"))
    assert f'job="{relabeling["replacement"]}"' in texts


def test_metrics_are_on_a_port_that_no_client_reaches() -> None:
    manifests = render((STAGING,))
    [ingress] = of_kind(manifests, "Ingress")
    backends = [path["backend"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    assert {backend["service"]["port"]["name"] for backend in backends} == {"http"}
    assert settings_of(manifests)["METRICS_PORT"] == "9464"


def settings_of(manifests: list[Manifest]) -> dict[str, str]:
    data: dict[str, str] = named(manifests, "ConfigMap", "hello")["data"]
    return data
