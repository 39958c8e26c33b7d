"""Keys in the settings: forms that are read, and errors that name the setting and not the key."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from hello.connectors.tokens.keys import PrivateKey, SigningKey
from hello.connectors.tokens.pem import new_signing_key
from hello.core.settings import SettingsError
from hello.entities.errors import UnauthorizedError
from tests.support.signing_keys import (
    ADA,
    ED25519,
    P256,
    SECRET,
    SIGNING,
    keys_of,
    private_pem,
    public_pem,
    tokens,
)


def test_a_new_key_signs() -> None:
    keys = keys_of(signing=new_signing_key())
    assert keys.signing.verifying.algorithm == "EdDSA"
    assert tokens(keys).read(tokens(keys).issue(ADA).text) == ADA
    assert new_signing_key() != new_signing_key()


@pytest.mark.parametrize(("key", "algorithm"), [(ED25519, "EdDSA"), (P256, "ES256")])
@pytest.mark.parametrize("newline", ["\n", "\r\n", r"\n"])
def test_a_key_is_taken_from_a_variable_of_several_lines_or_one(
    key: PrivateKey, algorithm: str, newline: str
) -> None:
    keys = keys_of(private_pem(key).replace("\n", newline), public_pem(P256).replace("\n", newline) * 2)
    assert keys.signing.verifying.kid == SIGNING[algorithm].verifying.kid
    assert SIGNING["ES256"].verifying.kid in keys.accepted


def test_openssl_s_own_form_of_a_p_256_key_is_taken() -> None:
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    key = P256.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    assert keys_of(parameters + key).signing.verifying.kid == SIGNING["ES256"].verifying.kid


def test_old_tokens_are_read_while_the_old_key_is_kept_and_no_longer() -> None:
    old, new = private_pem(P256), new_signing_key()
    text = tokens(keys_of(old)).issue(ADA).text
    rotated = keys_of(new, public_pem(P256))
    assert tokens(rotated).read(text) == ADA
    assert len(rotated.jwks()["keys"]) == 2
    with pytest.raises(UnauthorizedError):
        tokens(keys_of(new)).read(text)
    with pytest.raises(UnauthorizedError):
        tokens(keys_of(old)).read(tokens(rotated).issue(ADA).text)


BAD_SIGNING = {
    "no PEM": "sesame",
    "no key": "-----BEGIN PRIVATE KEY-----\nsesame\n-----END PRIVATE KEY-----",
    "public": public_pem(ED25519),
    "two keys": private_pem(ED25519) + private_pem(P256),
    "encrypted": private_pem(ED25519, BestAvailableEncryption(b"sesame")),
    "RSA": private_pem(rsa.generate_private_key(65537, 2048)),
    "P-384": private_pem(ec.generate_private_key(ec.SECP384R1())),
    "secp256k1": private_pem(ec.generate_private_key(ec.SECP256K1())),
    "Ed448": private_pem(ed448.Ed448PrivateKey.generate()),
    "more": private_pem(ED25519) + "sesame",
}
BAD_VERIFICATION = {
    "no PEM": "sesame",
    "one is no key": public_pem(P256) + "-----BEGIN PUBLIC KEY-----\nsesame\n-----END PUBLIC KEY-----",
    "one is cut off": public_pem(P256) + public_pem(ED25519)[:-10],
    "private": private_pem(P256),
    "RSA": public_pem(rsa.generate_private_key(65537, 2048)),
    "P-384": public_pem(ec.generate_private_key(ec.SECP384R1())),
}


@pytest.mark.parametrize("value", BAD_SIGNING.values(), ids=BAD_SIGNING)
def test_a_bad_signing_key_is_named_and_not_shown(value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        keys_of(value)
    one_line("TOKEN_SIGNING_KEY: ", value, str(raised.value))


@pytest.mark.parametrize("value", BAD_VERIFICATION.values(), ids=BAD_VERIFICATION)
def test_a_bad_verification_key_is_named_and_not_shown(value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        keys_of(private_pem(ED25519), value)
    one_line("TOKEN_VERIFICATION_KEYS: ", value, str(raised.value))


def one_line(start: str, value: str, message: str) -> None:
    assert message.startswith(start)
    assert "\n" not in message
    assert not any(line in message for line in value.splitlines())


def test_derived_key_signs_without_a_signing_key_and_old_keys_verify() -> None:
    keys = keys_of(verification=public_pem(P256))
    assert keys.signing == SigningKey.derived_from(SECRET)
    assert keys.accepted.keys() == {SIGNING[name].verifying.kid for name in ("HS256", "ES256")}
