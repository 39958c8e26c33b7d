"""The manifests for those without Helm are in step with the chart, and have one line for the image."""

import re

import pytest
import yaml

from tests.deploy import gitops
from tests.deploy.charts import Manifest, containers, named, of_kind, pods
from tests.deploy.definitions import faults_of
from tests.support.paths import REPOSITORY

pytestmark = pytest.mark.deploy
IMAGE = "registry.example/hello@sha256:" + "1" * 64


@pytest.fixture
def items() -> list[Manifest]:
    items: list[Manifest] = yaml.safe_load(gitops.OUTPUT.read_text())["items"]
    return items


def test_the_manifests_are_in_step_with_the_chart() -> None:
    assert gitops.is_in_step(), "run `make gitops`"


def test_one_line_replaces_the_image_of_every_container() -> None:
    text, count = re.subn(r"(image: &image) \S+", rf"\1 {IMAGE}", gitops.OUTPUT.read_text())
    assert count == 1
    replaced = yaml.safe_load(text)["items"]
    assert {container["image"] for container in containers(replaced)} == {IMAGE}


def test_a_replaced_image_is_kept() -> None:
    assert f"image: &image {IMAGE}\n" in gitops.rendered(IMAGE)


def test_no_operator_and_no_hook_is_needed(items: list[Manifest]) -> None:
    assert of_kind(items, "Job") == []
    assert not any("helm.sh" in str(item["metadata"].get("annotations")) for item in items)
    assert not any(re.search(r"[^.]\.(coreos|strimzi|cert-manager)", item["apiVersion"]) for item in items)
    assert not {item["apiVersion"].partition("/")[0] for item in items} & {
        "external-secrets.io",
        "gateway.networking.k8s.io",
    }


def test_each_pod_of_the_api_migrates_first(items: list[Manifest]) -> None:
    [migrate] = pods(items)["hello-api"]["spec"]["initContainers"]
    assert migrate["args"] == ["migrate"]


def test_no_label_names_a_version_that_the_pipeline_does_not_replace() -> None:
    assert "app.kubernetes.io/version" not in gitops.OUTPUT.read_text()


def test_the_objects_fit_their_definitions(items: list[Manifest]) -> None:
    assert [fault for item in items for fault in faults_of(item)] == []


def test_the_secret_that_it_needs_is_documented(items: list[Manifest]) -> None:
    [container] = pods(items)["hello-worker"]["spec"]["containers"]
    [name] = [source["secretRef"]["name"] for source in container["envFrom"] if "secretRef" in source]
    assert name in (REPOSITORY / "deploy" / "helm" / "hello" / "README.md").read_text()
    assert named(items, "ConfigMap", "hello")["data"]["ENVIRONMENT"] == "production"
