"""What holds on every path: problems, request ids, health, metrics, the API's own description."""

import gzip
import re

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from hello.connectors.embedded.termination import wait_until
from tests.support.builders import a_name
from tests.support.http.messages import assert_problem
from tests.support.http.orders import open_order_client
from tests.support.http.running import running_api

pytestmark = pytest.mark.external
UNKNOWN_ID = "01a21899-bfc9-7521-9292-c1d8bf3c7459"
SHIPPED_S = 60


@pytest.mark.parametrize("path", ["/nope", "/nope/", "/hello", "/hello/John/", "/hello/John/x", "/api/v1/x"])
def test_an_unknown_path_is_404(client: httpx.Client, path: str) -> None:
    assert_problem(client.get(path), 404)


def test_a_request_id_is_made(client: httpx.Client) -> None:
    first, second = (client.get("/api/v1/health").headers["X-Request-ID"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize("given", ["a", "A.b_c-1", "x" * 128])
def test_a_well_formed_request_id_is_kept(client: httpx.Client, given: str) -> None:
    response = client.get("/nope", headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] == response.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "ä", "a\tb"])
def test_malformed_request_id_is_replaced(client: httpx.Client, given: str) -> None:
    response = client.get("/nope", headers=[(b"X-Request-ID", given.encode())])
    assert response.headers["X-Request-ID"] not in (given, "")


def test_health_is_200(client: httpx.Client) -> None:
    response = client.get("/api/v1/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_lists_database_and_cache(client: httpx.Client) -> None:
    response = client.get("/api/v1/health/ready")
    assert (response.status_code, response.json()["status"]) == (200, "ready")
    assert {check["status"] for check in response.json()["checks"].values()} == {"up"}
    assert response.json()["checks"].keys() == {"database", "cache"}


def test_metrics_have_routes_and_no_usernames(client: httpx.Client) -> None:
    name = a_name()
    client.get(f"/hello/{name}")
    metrics = client.get("/metrics")
    assert metrics.headers["Content-Type"].startswith("text/plain")
    line = 'http_request_duration_seconds_count{method="GET",route="/hello/{username}",status="404"}'
    assert line in metrics.text
    assert name not in metrics.text


def test_no_server_header(client: httpx.Client) -> None:
    assert "Server" not in client.get("/api/v1/health").headers


def test_description_lists_the_statuses_of_put_hello(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert all(operation["operationId"] for operation in operations)
    unprocessable = [one["operationId"] for one in operations if "422" in one["responses"]]
    assert unprocessable == ["createOrder"]
    assert all("default" in operation["responses"] for operation in operations)
    put = document["paths"]["/hello/{username}"]["put"]
    own, of_any_request = {"204", "413", "415", "429", "500", "default"}, {"400", "408", "414", "431", "503"}
    assert put["responses"].keys() == own | of_any_request


def test_the_docs_need_no_other_host(client: httpx.Client) -> None:
    page = client.get("/docs")
    links = set(re.findall(r'(?:src|href|data-document)="([^"]*)"', page.text))
    assert links == {
        "openapi.json",
        "swagger/favicon-32x32.png",
        "swagger/start-swagger-ui.js",
        "swagger/swagger-ui-bundle.js",
        "swagger/swagger-ui.css",
    }
    assert {client.get(f"/{link}").status_code for link in links} == {200}


def test_the_docs_run_no_inline_script_and_are_in_no_frame(client: httpx.Client) -> None:
    page = client.get("/docs")
    policy = page.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(
        policy
    )
    assert not [rule for rule in policy if "unsafe" in rule or "http" in rule or "*" in rule]
    assert not re.findall(r"<style|<script>| style=| on[a-z]+=", page.text)


def test_first_example_of_the_description_works_on_a_fresh_service(client: httpx.Client) -> None:
    """`/docs` opens it: it must do more than to say that someone is unknown."""
    document = client.get("/openapi.json").json()
    path, operations = next(iter(document["paths"].items()))
    method, operation = next(iter(operations.items()))
    names = {one["name"]: one["schema"]["example"] for one in operation["parameters"] if one["required"]}
    schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    body = document["components"]["schemas"][schema]["example"]
    assert client.request(method, path.format(**names), json=body).status_code == 204
    assert client.get(path.format(**names)).json()["message"].startswith("Hello, John! ")


@pytest.mark.parametrize(("url", "is_sent"), [("", False), ("http://x", False), ("https://x", True)])
def test_strict_transport_security_is_sent_only_if_clients_come_by_tls(
    servers: Servers, url: str, *, is_sent: bool
) -> None:
    with running_api(servers, PUBLIC_URL=url) as api:
        for path in ("/hello/John", "/nope"):
            assert ("Strict-Transport-Security" in httpx.get(f"{api.url}{path}").headers) == is_sent


def test_length_errors_count_characters(client: httpx.Client) -> None:
    body = {"email": "a@example.com", "password": "x" * 11, "full_name": "x" * 201}
    problem = assert_problem(client.post("/api/v1/users/register", json=body), 400)
    messages = {wrong["field"]: wrong["message"] for wrong in problem["errors"]}
    assert messages["password"] == "at least 12 characters"  # noqa: S105  # a message
    assert "200 characters" in messages["full_name"]


def test_a_compressed_body_is_415_on_every_route_that_reads_one(client: httpx.Client) -> None:
    """But for the import, which asks first who sends it."""
    paths = client.get("/openapi.json").json()["paths"]
    routes = [
        (method, path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "requestBody" in operation and operation["operationId"] != "importPeople"
    ]
    assert len(routes) > 8
    for method, path, operation in routes:
        kind = next(iter(operation["requestBody"]["content"]))
        url = path.replace("{username}", "John").replace("{id}", UNKNOWN_ID)
        for coding in ("gzip", "GZIP, identity", "x"):
            headers = {"Content-Type": kind, "Content-Encoding": coding}
            answer = client.request(method, url, content=gzip.compress(b"{}"), headers=headers)
            assert_problem(answer, 415)
            assert answer.headers["Accept-Encoding"] == "identity"
        assert "415" in operation["responses"], path


@pytest.mark.parametrize(
    ("coding", "status"),
    [("identity", 204), ("Identity", 204), ("", 204), ("identity, identity", 204), ("gzip", 415)],
)
def test_content_encoding_decides_between_204_and_415(client: httpx.Client, coding: str, status: int) -> None:
    body, headers = {"dateOfBirth": "1990-05-17"}, {"Content-Encoding": coding}
    assert client.put(f"/hello/{a_name()}", json=body, headers=headers).status_code == status


def test_an_order_is_shipped_without_a_request(client: httpx.Client) -> None:
    order_client = open_order_client(client, client)
    order = order_client.ordered()
    assert wait_until(lambda: order_client.read(order).json()["status"] == "SHIPPED", SHIPPED_S)
