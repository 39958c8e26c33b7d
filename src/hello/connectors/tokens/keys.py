"""The keys of access tokens: one signs, several may verify, and each is for one algorithm only."""

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
    """`kid` is its name in the header of a token; `material` is public, or bytes that are a shared secret."""

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
        """Return the key as others may see it: a secret one is not there."""
        if isinstance(self.material, bytes):
            return []
        return [{**jwk_of(self.material), "kid": self.kid, "alg": self.algorithm, "use": "sig"}]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`verifying` is its other half."""

    material: PrivateKey | bytes = field(repr=False)
    verifying: VerificationKey

    @classmethod
    def of(cls, key: PrivateKey) -> Self:
        """Raise `ValueError` unless the key is an Ed25519 or a P-256 key."""
        return cls(key, VerificationKey.of(key.public_key()))

    @classmethod
    def derived_from(cls, secret: bytes) -> Self:
        """Make a key that is for tokens only: nothing else signed with the secret passes for a token."""
        material = hmac.digest(secret, b"access tokens", "sha256")
        kid = base64url_encode(hmac.digest(material, b"kid", "sha256")[:SECRET_KID_BYTES]).decode()
        return cls(material, VerificationKey(kid, "HS256", material))


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """`accepted` by `kid`, the other half of the signing key included."""

    signing: SigningKey
    accepted: Mapping[str, VerificationKey]

    @classmethod
    def of(cls, signing: SigningKey, others: Iterable[VerificationKey] = ()) -> Self:
        return cls(signing, {key.kid: key for key in (signing.verifying, *others)})

    def jwks(self) -> dict[str, list[Jwk]]:
        """Return the JWK Set (RFC 7517) by which others can verify our tokens; empty for a shared secret."""
        return {"keys": [jwk for key in self.accepted.values() for jwk in key.published()]}
