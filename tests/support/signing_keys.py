"""Keys that sign tokens, tokens that they sign, and both as text."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from hello.connectors.tokens.access import TYPE, JwtAccessTokens
from hello.connectors.tokens.keys import SigningKey, TokenKeys
from hello.connectors.tokens.pem import token_keys
from hello.core.settings import read_settings
from hello.services.security import Caller, Role
from tests.support.builders import NOON

ED25519, P256 = Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
SECRET = b"k" * 32
SIGNING = {
    "EdDSA": SigningKey.of(ED25519),
    "ES256": SigningKey.of(P256),
    "HS256": SigningKey.derived_from(SECRET),
}
KEYS = TokenKeys.of(SIGNING["EdDSA"], [key.verifying for key in SIGNING.values()])
ADA = Caller(UUID("01890a5d-ac96-774b-bcce-b302099a8057"), Role.USER)
ISSUED = int(NOON.timestamp())
CLAIMS: Mapping[str, Any] = {
    "iss": "hello",
    "aud": "hello",
    "exp": ISSUED + 900,
    "nbf": ISSUED,
    "iat": ISSUED,
    "jti": "id-0",
    "sub": str(ADA.account_id),
    "role": "user",
}


def tokens(keys: TokenKeys = KEYS, now: datetime = NOON) -> JwtAccessTokens:
    ids = count()
    return JwtAccessTokens(
        keys=keys,
        issuer="hello",
        audience="hello",
        lifetime_s=900,
        leeway_s=5,
        now=lambda: now,
        new_id=lambda: f"id-{next(ids)}",
    )


def signed(
    claims: Mapping[str, Any] = CLAIMS, algorithm: str = "EdDSA", without: str | None = None, **header: object
) -> str:
    """Sign with the key of the algorithm, as somebody would who has it but does not keep to the rules."""
    key = SIGNING[algorithm]
    fields = {"typ": TYPE, "kid": key.verifying.kid, **header}
    kept = {name: value for name, value in claims.items() if name != without}
    return jwt.PyJWS().encode(as_json(kept), key.material, algorithm, fields)


def by_hand(header: object, signature: bytes = b"") -> str:
    return ".".join(map(base64url, [as_json(header), as_json(CLAIMS), signature]))


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def private_pem(key: PrivateKeyTypes, encryption: KeySerializationEncryption | None = None) -> str:
    raw = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return raw.decode()


def public_pem(key: PrivateKeyTypes) -> str:
    raw = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return raw.decode()


def keys_of(signing: str | None = None, verification: str | None = None, secret: str = "k" * 32) -> TokenKeys:
    return token_keys(
        read_settings(secret_key=secret, token_signing_key=signing, token_verification_keys=verification)
    )
