"""A real API server accepts what the chart makes, for every file of values."""

from collections.abc import Iterator

import pytest

from tests.deploy import gitops
from tests.deploy.api_server import ApiServer, running_api_server
from tests.deploy.charts import CHART, DEV, ENVIRONMENTS, PRODUCTION, pods, render, values
from tests.deploy.definitions import definitions
from tests.deploy.programs import HELM
from tests.support.programs.errors import ProgramError

pytestmark = [pytest.mark.deploy_server, pytest.mark.timeout(600)]
EACH = pytest.mark.parametrize("files", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
APPLY = ("apply", "--dry-run=server", "--filename", "-")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with running_api_server(tmp_path_factory.mktemp("api-server")) as server:
        server.define(definitions())
        yield server


@EACH
def test_helm_can_install_it(server: ApiServer, files: tuple[str, ...]) -> None:
    said = server.call(HELM, "install", "hello", CHART, "--dry-run=server", *values(files))
    assert "STATUS: pending-install" in said
    assert "Warning" not in said


@EACH
@pytest.mark.parametrize("upgrade", [False, True])
def test_kubectl_can_apply_it(server: ApiServer, files: tuple[str, ...], *, upgrade: bool) -> None:
    manifests = render(files, upgrade=upgrade)
    said = server.kubectl(*APPLY, manifests=manifests)
    assert said.count("(server dry run)") == len(manifests)
    assert "Warning" not in said


def test_kubectl_can_apply_the_manifests_for_those_without_helm(server: ApiServer) -> None:
    said = server.kubectl("apply", "--dry-run=server", "--filename", str(gitops.OUTPUT))
    assert "deployment.apps/hello-api created (server dry run)" in said
    assert "Warning" not in said


def test_a_pod_that_is_not_restricted_is_refused(server: ApiServer) -> None:
    spec = pods(render((DEV,)))["hello-api"]["spec"] | {"hostNetwork": True}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any"}, "spec": spec}
    with pytest.raises(ProgramError, match="violates PodSecurity"):
        server.kubectl(*APPLY, manifests=[pod])


def test_a_field_that_does_not_exist_is_refused(server: ApiServer) -> None:
    [certificate] = [found for found in render((PRODUCTION,)) if found["kind"] == "Certificate"]
    changed = certificate | {"spec": certificate["spec"] | {"dnsName": "hello.example"}}
    with pytest.raises(ProgramError, match=r"unknown field .*dnsName"):
        server.kubectl(*APPLY, manifests=[changed])
