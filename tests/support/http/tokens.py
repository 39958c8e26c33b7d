"""Access tokens signed by the tests, with the service's own secret or with another key."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import jwt

from hello.connectors.tokens.access import TYPE
from hello.connectors.tokens.keys import SigningKey

SECRET = "a secret of these tests, and of no others"  # noqa: S105
KEY = SigningKey.derived_from(SECRET.encode())


def claims_of(account_id: str, **changed: object) -> dict[str, Any]:
    """Return what a good token says, but for what is changed."""
    now = int(time.time())
    times = {"exp": now + 900, "nbf": now, "iat": now}
    return {
        "iss": "hello",
        "aud": "hello",
        **times,
        "jti": "forged",
        "sub": account_id,
        "role": "user",
        **changed,
    }


def signed(claims: Mapping[str, Any], key: SigningKey = KEY, **header: str) -> str:
    """Sign with the service's key, or another."""
    fields = {"typ": TYPE, "kid": KEY.verifying.kid, **header}
    return jwt.encode(dict(claims), key.material, key.verifying.algorithm, fields)


def unsigned(claims: Mapping[str, Any], algorithm: str = "none") -> str:
    header = {"typ": TYPE, "kid": KEY.verifying.kid, "alg": algorithm}
    return f"{encoded(header)}.{encoded(claims)}."


def with_claims(token: str, claims: Mapping[str, Any]) -> str:
    """Put other claims between the header and the signature."""
    header, _, signature = token.split(".")
    return f"{header}.{encoded(claims)}.{signature}"


def encoded(part: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
