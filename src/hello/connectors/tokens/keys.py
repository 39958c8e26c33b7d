"""The keys of access tokens: one signs, several verify, and each is for one algorithm only."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.utils import base64url_encode

from hello.connectors.tokens.jwk import Jwk, PublicKey, jwk_of, thumbprint

PrivateKey: TypeAlias = Ed25519PrivateKey | EllipticCurvePrivateKey
SECRET_KID_BYTES = 9


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """`kid` names the key in a token's header; `material` is a public key or the bytes of a shared secret."""

    kid: str
    algorithm: Literal["EdDSA", "ES256", "HS256"]
    material: PublicKey | bytes = field(repr=False)

    @classmethod
    def of(cls, key: PublicKey) -> Self:
        """Raise `ValueError` unless the key is an Ed25519 or a P-256 key."""
        if isinstance(key, Ed25519PublicKey):
            return cls(thumbprint(jwk_of(key)), "EdDSA", key)
        if isinstance(key.curve, SECP256R1):
            return cls(thumbprint(jwk_of(key)), "ES256", key)
        raise ValueError("not an Ed25519 or a P-256 key")

    def published(self) -> list[Jwk]:
        """Return the public JWK in a list; a shared secret is not published."""
        if isinstance(self.material, bytes):
            return []
        return [{**jwk_of(self.material), "kid": self.kid, "alg": self.algorithm, "use": "sig"}]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`verifying` is the matching verification key."""

    material: PrivateKey | bytes = field(repr=False)
    verifying: VerificationKey

    @classmethod
    def of(cls, key: PrivateKey) -> Self:
        """Raise `ValueError` unless the key is an Ed25519 or a P-256 key."""
        return cls(key, VerificationKey.of(key.public_key()))

    @classmethod
    def derived_from(cls, secret: bytes) -> Self:
        """Derive a key for tokens only: nothing else signed with the secret is a valid token."""
        material = hmac.digest(secret, b"access tokens", "sha256")
        kid = base64url_encode(hmac.digest(material, b"kid", "sha256")[:SECRET_KID_BYTES]).decode()
        return cls(material, VerificationKey(kid, "HS256", material))


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """`accepted` maps `kid` to a key, and includes the verification key of `signing`."""

    signing: SigningKey
    accepted: Mapping[str, VerificationKey]

    @classmethod
    def of(cls, signing: SigningKey, others: Iterable[VerificationKey] = ()) -> Self:
        return cls(signing, {key.kid: key for key in (signing.verifying, *others)})

    def jwks(self) -> dict[str, list[Jwk]]:
        """Return the JWK Set (RFC 7517) with which clients verify tokens; empty for a shared secret."""
        return {"keys": [jwk for key in self.accepted.values() for jwk in key.published()]}
