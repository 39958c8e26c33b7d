"""The chart renders for every environment, and refuses values that would fail later."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from hello.core.settings import Settings
from tests.deploy.charts import (
    CHART,
    DEV,
    ENVIRONMENTS,
    KAFKA,
    PRODUCTION,
    STAGING,
    ChartError,
    Manifest,
    containers,
    helm,
    named,
    of_kind,
    pods,
    render,
    values,
)
from tests.deploy.definitions import faults_of
from tests.support.paths import REPOSITORY

pytestmark = pytest.mark.deploy
A_VALUE = "secrets.values.SECRET_KEY=x"
HOOK = "helm.sh/hook"


@pytest.mark.parametrize("files", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_helm_lint_is_clean(files: tuple[str, ...]) -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", CHART, *values(files))


def test_every_file_of_values_is_tested() -> None:
    tested = {name for files in ENVIRONMENTS.values() for name in files}
    assert tested == {path.name for path in CHART.glob("values-*.yaml")}


def test_every_object_fits_the_definition_of_its_kind(manifests: list[Manifest]) -> None:
    faults = {f"{m['kind']} {m['metadata']['name']}": faults_of(m) for m in manifests}
    assert {name: found for name, found in faults.items() if found} == {}


def test_a_field_that_does_not_exist_is_a_fault() -> None:
    [deployment, _] = of_kind(render((DEV,)), "Deployment")
    container = {"name": "api", "image": "hello", "livenesProbe": {}}
    pod = {"spec": {"containers": [container]}}
    changed = deployment | {"spec": deployment["spec"] | {"template": pod}}
    assert any("livenesProbe" in fault for fault in faults_of(changed))


@pytest.mark.parametrize(
    ("files", "setting", "reason"),
    [
        ((PRODUCTION,), "secrets.externalSecret.enabled=false", "production needs secrets.existingSecret"),
        ((STAGING,), A_VALUE, "secrets.values cannot be combined"),
        ((PRODUCTION,), A_VALUE, "secrets.values cannot be combined"),
        ((PRODUCTION,), "secrets.existingSecret=hello", "set either"),
        ((DEV,), "image.tag=latest", "not"),
        ((DEV,), "settings.DRAINS=5", "DRAINS"),
        ((DEV,), "settings.SECRET_KEY=x", "SECRET_KEY"),
        ((DEV,), "api.replica=3", "replica"),
        ((DEV,), "postgresql.image=postgres:latest", "postgresql"),
        ((PRODUCTION, KAFKA), "kafka.topic.retentionDays=30", "INBOX_DAYS must be more"),
        ((DEV,), "entry.ingress.enabled=true", "entry.hosts is empty"),
    ],
)
def test_wrong_values_are_refused(files: tuple[str, ...], setting: str, reason: str) -> None:
    with pytest.raises(ChartError, match=re.escape(reason)):
        render(files, setting)


def test_defaults_alone_are_refused_because_they_have_no_secrets() -> None:
    with pytest.raises(ChartError, match="production needs"):
        render(())


def test_the_schema_takes_just_the_settings_that_are_no_secrets() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    fields = {name.upper(): str(field.annotation) for name, field in Settings.model_fields.items()}
    secret = {name for name, annotation in fields.items() if "SecretStr" in annotation}
    by_the_chart = {"BUILD_COMMIT", "METRICS_HOST", "METRICS_PORT"}
    assert set(schema["secrets"]["properties"]["values"]["propertyNames"]["enum"]) == secret
    assert set(schema["settings"]["propertyNames"]["enum"]) == fields.keys() - secret - by_the_chart


def test_every_setting_of_the_config_map_exists(manifests: list[Manifest]) -> None:
    data = named(manifests, "ConfigMap", "hello")["data"]
    assert {name.lower() for name in data} <= Settings.model_fields.keys()


@pytest.mark.parametrize("files", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_the_product_accepts_the_settings_of_the_chart(files: tuple[str, ...]) -> None:
    data = named(render(files), "ConfigMap", "hello")["data"]
    secrets = {"secret_key": "k" * 32, "token_signing_key": "any", "postgres_password": "of its own"}
    fields = {name.lower(): value for name, value in data.items()}
    assert Settings(_env_file=None, **(fields | secrets)).metrics_port == 9464


def test_a_large_number_is_written_in_full(tmp_path: Path) -> None:
    own = tmp_path / "values.yaml"
    own.write_text("settings: {BODY_LIMIT_BYTES: 10485760}")
    data = named(render((DEV, own)), "ConfigMap", "hello")["data"]
    assert data["BODY_LIMIT_BYTES"] == "10485760"


def test_the_version_of_the_chart_is_that_of_the_product() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert chart["version"] == chart["appVersion"] == project["version"]


def test_every_image_names_its_version(manifests: list[Manifest]) -> None:
    for container in containers(manifests):
        assert re.search(r":[0-9][\w.-]*$", container["image"]), container["image"]


def test_a_digest_wins_over_the_tag() -> None:
    digest = f"sha256:{'0' * 64}"
    images = {
        container["image"]
        for container in containers(render((STAGING,), f"image.digest={digest}", "image.tag=1.2.3"))
    }
    assert images == {f"ghcr.io/hello/hello@{digest}"}


def test_an_installation_with_its_own_postgresql_migrates_beside_it() -> None:
    [job] = of_kind(render((DEV,)), "Job")
    assert HOOK not in job["metadata"].get("annotations", {})
    assert job["spec"]["template"]["spec"]["initContainers"][0]["name"] == "wait-for-postgresql"


@pytest.mark.parametrize("files", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_an_upgrade_migrates_before_any_pod_changes(files: tuple[str, ...]) -> None:
    [job] = of_kind(render(files, upgrade=True), "Job")
    annotations = job["metadata"]["annotations"]
    assert "pre-upgrade" in annotations[HOOK]
    assert "before-hook-creation" in annotations["helm.sh/hook-delete-policy"]


@pytest.mark.parametrize("files", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_a_hook_needs_nothing_that_is_installed_after_it(files: tuple[str, ...]) -> None:
    manifests = render(files, upgrade=True)
    hooks = [manifest for manifest in manifests if HOOK in manifest["metadata"].get("annotations", {})]
    [job] = of_kind(hooks, "Job")
    pod = job["spec"]["template"]["spec"]
    later = {
        (manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests if manifest not in hooks
    }
    [container] = pod["containers"]
    assert ("ServiceAccount", pod["serviceAccountName"]) not in later
    for source in container["envFrom"]:
        assert ("Secret", source["secretRef"]["name"]) not in later
        assert ("ExternalSecret", source["secretRef"]["name"]) not in later


def test_a_plain_migration_job_has_another_name_for_another_image() -> None:
    [first], [second] = (of_kind(render((DEV,), f"image.tag={tag}"), "Job") for tag in ("v1", "v2"))
    assert first["metadata"]["name"] != second["metadata"]["name"]


def test_init_containers_wait_for_the_own_postgresql_and_migrate() -> None:
    manifests = render((DEV,), "migration.mode=initContainer")
    names = [container["name"] for container in pods(manifests)["hello-api"]["spec"]["initContainers"]]
    assert names == ["wait-for-postgresql", "migrate"]
    assert of_kind(manifests, "Job") == []


def test_migrations_can_be_left_to_others() -> None:
    manifests = render((PRODUCTION,), "migration.mode=none")
    assert of_kind(manifests, "Job") == []
    assert not any("initContainers" in pod["spec"] for pod in pods(manifests).values())
    assert [found["metadata"]["name"] for found in of_kind(manifests, "ExternalSecret")] == ["hello"]


def test_every_object_begins_with_the_chosen_name() -> None:
    """But for those that other applications know: the topic and its readers."""
    manifests = render((PRODUCTION, KAFKA), "fullnameOverride=gifts")
    own = [found for found in manifests if found["kind"] not in {"KafkaTopic", "KafkaUser"}]
    assert {found["metadata"]["name"].partition("-")[0] for found in own} == {"gifts"}


def test_kafka_declares_the_topic_of_the_settings_and_of_the_events() -> None:
    manifests = render((PRODUCTION, KAFKA))
    [topic] = of_kind(manifests, "KafkaTopic")
    data = named(manifests, "ConfigMap", "hello")["data"]
    channels = json.loads((REPOSITORY / "docs" / "asyncapi.json").read_text())["channels"]
    assert data["EVENTS_TOPIC"] == topic["spec"]["topicName"]
    assert {channel["address"] for channel in channels.values()} == {topic["spec"]["topicName"]}
    assert Settings.model_fields["events_topic"].default == topic["spec"]["topicName"]


def test_every_value_is_documented() -> None:
    """The table names a value, or the object that it belongs to."""
    table = (CHART / "README.md").read_text()
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    for name, value in defaults.items():
        inner = {f"{name}.{key}" for key in value} if isinstance(value, dict) else set()
        assert f"`{name}`" in table or all(f"`{path}`" in table for path in inner), name


def test_a_package_holds_all_that_the_folder_links_to(tmp_path: Path) -> None:
    helm("package", CHART, "--destination", tmp_path)
    [package] = tmp_path.glob("hello-*.tgz")
    text = helm("template", "hello", package, *values((STAGING,)))
    assert [found for found in yaml.safe_load_all(text) if found] == render((STAGING,))
