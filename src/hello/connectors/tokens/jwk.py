"""Public keys as JSON Web Keys (RFC 7517), and their thumbprints (RFC 7638)."""

import hashlib
import json
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm
from jwt.utils import base64url_encode

PublicKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey
Jwk: TypeAlias = dict[str, str]


def jwk_of(key: PublicKey) -> Jwk:
    """Return the required members of the key, which are exactly those of its thumbprint."""
    if isinstance(key, Ed25519PublicKey):
        return OKPAlgorithm.to_jwk(key, as_dict=True)
    return ECAlgorithm.to_jwk(key, as_dict=True)


def thumbprint(jwk: Jwk) -> str:
    """Return the SHA-256 of the key in 43 characters of base64url; it is the same in every application."""
    canonical = json.dumps(jwk, sort_keys=True, separators=(",", ":")).encode()
    return base64url_encode(hashlib.sha256(canonical).digest()).decode()
