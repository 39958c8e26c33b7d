"""Read the keys of access tokens from settings, in PEM."""

import re
from collections.abc import Callable
from typing import TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from hello.connectors.tokens.keys import SigningKey, TokenKeys, VerificationKey
from hello.core.settings import Settings, SettingsError

Key = TypeVar("Key")
BLOCK = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)
PARAMETERS = "EC PARAMETERS"


def token_keys(settings: Settings) -> TokenKeys:
    """Return the keys of access tokens; without `TOKEN_SIGNING_KEY`, derive one from `SECRET_KEY`.

    Raise `SettingsError` for an invalid key; it names the variable and shows nothing of its value.
    """
    if settings.token_signing_key is None:
        signing = SigningKey.derived_from(settings.secret_key.get_secret_value().encode())
    else:
        signing = signing_key(settings.token_signing_key.get_secret_value())
    others = settings.token_verification_keys
    return TokenKeys.of(signing, verification_keys(others.get_secret_value()) if others else [])


def new_signing_key() -> str:
    """Return a new private key (Ed25519, PKCS 8) in PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def signing_key(text: str) -> SigningKey:
    """Raise `SettingsError` unless `text` is one unencrypted private key."""
    keys = read_keys(text, private_key)
    if len(keys) != 1:
        raise SettingsError(
            "TOKEN_SIGNING_KEY: must be one Ed25519 or P-256 private key in PEM, as `hello signing-key` makes"
        )
    return keys[0]


def verification_keys(text: str) -> list[VerificationKey]:
    """Raise `SettingsError` unless `text` consists of one or more public keys."""
    keys = read_keys(text, public_key)
    if not keys:
        raise SettingsError("TOKEN_VERIFICATION_KEYS: must be Ed25519 or P-256 public keys in PEM")
    return keys


def read_keys(text: str, read: Callable[[bytes], Key]) -> list[Key]:
    r"""Read `\n` as a line break, as in one-line variables; return no keys if there is other text."""
    lines = text.replace("\\n", "\n")
    if BLOCK.sub("", lines).strip():
        return []
    try:
        return [read(block[0].encode()) for block in BLOCK.finditer(lines) if block[1] != PARAMETERS]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return []


def private_key(pem: bytes) -> SigningKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey | EllipticCurvePrivateKey):
        raise TypeError("unsupported type of private key")
    return SigningKey.of(key)


def public_key(pem: bytes) -> VerificationKey:
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey):
        raise TypeError("unsupported type of public key")
    return VerificationKey.of(key)
