"""Access tokens signed with a key that others can verify, and how such a key is exchanged for a new one."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from jwt.utils import base64url_decode

from hello.connectors.embedded.servers import Servers
from tests.support.cli import assert_one_error_line, run_hello
from tests.support.http.accounts import USERS, LoggedIn, bearer, client_of, refresh, signed_up, tokens_of
from tests.support.http.messages import assert_problem
from tests.support.http.running import places, running_api, started
from tests.support.http.tokens import claims_of

pytestmark = pytest.mark.external
JWKS = "/.well-known/jwks.json"


def new_key() -> str:
    """Return what `hello signing-key` prints: one line, as in `.env`."""
    printed = run_hello("signing-key")
    assert (printed.returncode, printed.stderr) == (0, "")
    [line] = printed.stdout.splitlines()
    assert line.startswith("-----BEGIN PRIVATE KEY-----\\n")
    return line


def public_half(line: str) -> str:
    key = load_pem_private_key(line.replace("\\n", "\n").encode(), password=None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass(frozen=True, slots=True)
class Rotation:
    """A process that signs with the old key, and one that signs with the new one and still knows the old."""

    old: httpx.Client
    new: httpx.Client


@pytest.fixture(scope="module")
def rotation(servers: Servers) -> Iterator[Rotation]:
    old, new = new_key(), new_key()
    assert old != new
    common = {"ENVIRONMENT": "development", "RATE_LIMIT_ACCOUNTS": "off"}
    later = {"TOKEN_SIGNING_KEY": new, "TOKEN_VERIFICATION_KEYS": public_half(old)}
    with ExitStack() as stack:
        first = stack.enter_context(running_api(servers, TOKEN_SIGNING_KEY=old, **common))
        environment = places(servers) | common | later
        second = stack.enter_context(started("api", "--port", "0", environment=environment))
        yield Rotation(stack.enter_context(client_of(first)), stack.enter_context(client_of(second)))


@pytest.fixture(scope="module")
def ada(rotation: Rotation) -> LoggedIn:
    """Logged in at the process with the old key."""
    return signed_up(rotation.old)


def verified(client: httpx.Client, token: str) -> dict[str, object]:
    """Do as another service would, which knows nothing but the published keys."""
    keys = jwt.PyJWKSet.from_json(client.get(JWKS).text)
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    claims: dict[str, object] = jwt.decode(
        token, keys[header["kid"]], ["EdDSA"], audience="hello", issuer="hello"
    )
    return claims


def test_published_keys_verify_access_tokens(rotation: Rotation, ada: LoggedIn) -> None:
    claims = verified(rotation.old, ada.tokens["access_token"])
    assert (claims["sub"], claims["role"]) == (ada.id, "user")
    assert claims["exp"] == claims["iat"] + 900  # type: ignore[operator]  # both are numbers
    assert rotation.old.get(f"{USERS}/me", headers=ada.headers).json() == ada.account


def test_only_the_public_half_is_published(rotation: Rotation) -> None:
    published = rotation.old.get(JWKS)
    assert (published.status_code, published.headers["Content-Type"]) == (200, "application/json")
    [key] = published.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "kid", "alg", "use"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")


def test_published_key_cannot_sign_tokens(rotation: Rotation, ada: LoggedIn) -> None:
    """The confusion of algorithms: a token signed by HMAC, with the public key as its secret."""
    [key] = rotation.old.get(JWKS).json()["keys"]
    for secret in (key["x"], base64url_decode(key["x"])):
        header = {"typ": "at+jwt", "kid": key["kid"]}
        forged = jwt.encode(claims_of(ada.id, role="admin"), secret, "HS256", header)
        assert_problem(rotation.old.get("/api/v1/audit", headers=bearer(forged)), 401)


def test_during_a_change_of_keys_old_tokens_are_good(rotation: Rotation, ada: LoggedIn) -> None:
    assert verified(rotation.new, ada.tokens["access_token"])["sub"] == ada.id
    assert rotation.new.get(f"{USERS}/me", headers=ada.headers).json() == ada.account
    kids = [
        {key["kid"] for key in client.get(JWKS).json()["keys"]} for client in (rotation.old, rotation.new)
    ]
    assert len(kids[0]) == 1
    assert len(kids[1]) == 2
    assert kids[0] < kids[1]


def test_new_tokens_are_signed_with_the_new_key(rotation: Rotation, ada: LoggedIn) -> None:
    """A process that does not know it yet refuses them, and refreshes the session as before."""
    tokens = tokens_of(rotation.new, ada.account["email"])
    kid = jwt.get_unverified_header(tokens["access_token"])["kid"]
    assert kid != jwt.get_unverified_header(ada.tokens["access_token"])["kid"]
    headers = bearer(tokens["access_token"])
    assert rotation.new.get(f"{USERS}/me", headers=headers).status_code == 200
    assert_problem(rotation.old.get(f"{USERS}/me", headers=headers), 401)
    renewed = refresh(rotation.old, tokens["refresh_token"]).json()
    assert rotation.old.get(f"{USERS}/me", headers=bearer(renewed["access_token"])).status_code == 200


def test_invalid_signing_key_is_one_error_line() -> None:
    result = run_hello("api", "--port", "0", TOKEN_SIGNING_KEY="sesame")  # noqa: S106
    assert_one_error_line(result, "TOKEN_SIGNING_KEY: must be")
    assert "sesame" not in result.stderr
