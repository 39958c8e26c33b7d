"""Clients reach the API by HTTPS alone, with a certificate for every host."""

import pytest

from tests.deploy.charts import DEV, PRODUCTION, STAGING, Manifest, named, of_kind, render

pytestmark = pytest.mark.deploy
TWO_HOSTS = ("entry.hosts={one.example,two.example}",)


def gateway(*settings: str) -> list[Manifest]:
    return render((PRODUCTION,), *settings)


def sections(route: Manifest) -> set[str]:
    return {parent["sectionName"] for parent in route["spec"]["parentRefs"]}


def test_http_is_redirected_to_https() -> None:
    route = named(gateway(), "HTTPRoute", "hello-redirect")
    [rule] = route["spec"]["rules"]
    [redirect] = rule["filters"]
    assert sections(route) == {"http"}
    assert redirect["requestRedirect"] == {"scheme": "https", "statusCode": 301}
    assert "backendRefs" not in rule


def test_the_api_is_behind_https_listeners_alone() -> None:
    manifests = gateway(*TWO_HOSTS)
    [found] = of_kind(manifests, "Gateway")
    protocols = {listener["name"]: listener["protocol"] for listener in found["spec"]["listeners"]}
    route = named(manifests, "HTTPRoute", "hello")
    assert {protocols[name] for name in sections(route)} == {"HTTPS"}
    assert len(sections(route)) == 2
    assert route["spec"]["rules"][0]["backendRefs"] == [{"name": "hello-api", "port": 80}]


def test_answers_tell_browsers_to_stay_on_https() -> None:
    [rule] = named(gateway(), "HTTPRoute", "hello")["spec"]["rules"]
    headers = {
        header["name"]: header["value"]
        for found in rule["filters"]
        for header in found["responseHeaderModifier"]["set"]
    }
    assert headers == {"Strict-Transport-Security": "max-age=31536000"}


@pytest.mark.parametrize("files", [(STAGING,), (PRODUCTION,)])
def test_the_certificate_is_for_every_host_and_where_it_is_looked_for(files: tuple[str, ...]) -> None:
    manifests = render(files, *TWO_HOSTS)
    [certificate] = of_kind(manifests, "Certificate")
    listeners = [
        listener for found in of_kind(manifests, "Gateway") for listener in found["spec"]["listeners"]
    ]
    secrets = {ref["name"] for found in listeners for ref in found.get("tls", {}).get("certificateRefs", ())}
    secrets |= {tls["secretName"] for found in of_kind(manifests, "Ingress") for tls in found["spec"]["tls"]}
    assert certificate["spec"]["dnsNames"] == ["one.example", "two.example"]
    assert secrets == {certificate["spec"]["secretName"]}


def test_an_ingress_has_a_rule_and_tls_for_every_host() -> None:
    [ingress] = of_kind(render((STAGING,), *TWO_HOSTS), "Ingress")
    hosts = [rule["host"] for rule in ingress["spec"]["rules"]]
    assert hosts == ingress["spec"]["tls"][0]["hosts"] == ["one.example", "two.example"]
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/force-ssl-redirect"] == "true"


def test_development_has_no_entry() -> None:
    assert of_kind(render((DEV,)), "Ingress", "Gateway", "HTTPRoute", "Certificate") == []


@pytest.mark.parametrize("files", [(STAGING,), (PRODUCTION,)])
def test_links_in_answers_lead_to_the_host(files: tuple[str, ...]) -> None:
    manifests = render(files)
    url = named(manifests, "ConfigMap", "hello")["data"]["PUBLIC_URL"]
    [certificate] = of_kind(manifests, "Certificate")
    assert [url] == [f"https://{host}" for host in certificate["spec"]["dnsNames"]]
