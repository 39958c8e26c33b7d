"""Access tokens: ours are read, and nothing else is, whatever it looks like."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from hello.connectors.tokens.access import TYPE, JwtAccessTokens
from hello.connectors.tokens.keys import PrivateKey, SigningKey, TokenKeys, VerificationKey
from hello.connectors.tokens.pem import new_signing_key, token_keys
from hello.core.cursors import Cursors
from hello.core.settings import SettingsError, read_settings
from hello.entities.errors import UnauthorizedError
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
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
scalars = st.none() | st.booleans() | st.integers() | st.text()
json_values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


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


def refused(text: str, message: str = "the access token is not valid") -> None:
    with pytest.raises(UnauthorizedError) as raised:
        tokens().read(text)
    assert str(raised.value) == message


@pytest.mark.parametrize("signing", SIGNING.values(), ids=SIGNING)
@pytest.mark.parametrize("role", Role)
def test_issued_token_is_read(signing: SigningKey, role: Role) -> None:
    caller = Caller(ADA.account_id, role)
    issued = tokens(TokenKeys.of(signing)).issue(caller)
    assert tokens(TokenKeys.of(signing)).read(issued.text) == caller
    assert issued.expires_in_s == 900


@pytest.mark.parametrize("algorithm", SIGNING)
def test_token_has_the_claims_of_rfc_9068(algorithm: str) -> None:
    text = tokens(TokenKeys.of(SIGNING[algorithm])).issue(ADA).text
    kid = SIGNING[algorithm].verifying.kid
    assert jwt.get_unverified_header(text) == {"typ": "at+jwt", "alg": algorithm, "kid": kid}
    assert jwt.decode(text, options={"verify_signature": False}) == CLAIMS


def test_each_token_has_its_own_id() -> None:
    ours = tokens()
    claims = [jwt.decode(ours.issue(ADA).text, options={"verify_signature": False}) for _ in range(2)]
    assert [claim["jti"] for claim in claims] == ["id-0", "id-1"]


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_is_needed(claim: str) -> None:
    assert tokens().read(signed()) == ADA
    refused(signed(without=claim))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "another"},
        {"iss": ["hello"]},
        {"iss": "hell"},
        {"aud": "another"},
        {"aud": ["hello"]},
        {"aud": "hell"},
        {"sub": "1"},
        {"sub": 1},
        {"role": "root"},
        {"role": ["admin"]},
        {"role": None},
        {"jti": 1},
        {"exp": str(ISSUED + 900)},
        {"exp": True},
        {"exp": 1e300},
        {"exp": float("nan")},
        {"nbf": []},
        {"iat": {}},
    ],
    ids=str,
)
def test_invalid_claim_values_are_refused(changed: dict[str, Any]) -> None:
    refused(signed({**CLAIMS, **changed}))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "", None, 1, "at+jwt ", ["at+jwt"]])
def test_other_token_type_is_refused(typ: object) -> None:
    refused(signed(typ=typ))


@pytest.mark.parametrize(
    "kid",
    ["another", "", None, 1, ["EdDSA"], SIGNING["ES256"].verifying.kid],
    ids=["another", "empty", "none", "number", "list", "of a key that is not accepted"],
)
def test_unknown_key_id_is_refused(kid: object) -> None:
    header = {"typ": TYPE, "alg": "EdDSA"} | ({} if kid is None else {"kid": kid})
    start = by_hand(header).rpartition(".")[0]
    refused(f"{start}.{base64url(ED25519.sign(start.encode()))}")


def test_known_kid_with_a_foreign_key_is_refused() -> None:
    header = {"typ": TYPE, "kid": SIGNING["EdDSA"].verifying.kid}
    refused(jwt.encode(dict(CLAIMS), Ed25519PrivateKey.generate(), "EdDSA", header))


@pytest.mark.parametrize("algorithm", ["none", "None", "", None, "HS256", "ES256", "ed25519", ["EdDSA"]])
def test_the_token_does_not_choose_the_algorithm(algorithm: object) -> None:
    """A signature that is right for the algorithm in the header, with what an attacker has: public keys."""
    header = {"typ": TYPE, "alg": algorithm, "kid": SIGNING["EdDSA"].verifying.kid}
    start = by_hand(header).rpartition(".")[0].encode()
    for secret in (public_pem(ED25519).encode(), ED25519.public_key().public_bytes_raw(), b""):
        signature = hmac.digest(secret, start, hashlib.sha256)
        refused(f"{start.decode()}.{base64url(signature)}")
    refused(f"{start.decode()}.")
    refused(f"{start.decode()}.AAAA")


def test_critical_header_is_refused() -> None:
    refused(signed(crit=["exp"], exp=1))
    refused(signed(b64=False))


def test_a_key_in_the_header_is_not_used() -> None:
    stranger = Ed25519PrivateKey.generate()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url(stranger.public_key().public_bytes_raw())}
    header = {"typ": TYPE, "kid": SIGNING["EdDSA"].verifying.kid, "jwk": jwk}
    refused(jwt.encode(dict(CLAIMS), stranger, "EdDSA", header))


@pytest.mark.parametrize(
    ("later_s", "message"),
    [
        (-6, "the access token is not valid yet"),
        (-5, None),
        (0, None),
        (899.999, None),
        (900, "the access token has expired"),
        (1e6, "the access token has expired"),
    ],
)
def test_a_token_is_valid_for_its_time(later_s: float, message: str | None) -> None:
    text = tokens().issue(ADA).text
    then = tokens(now=NOON + timedelta(seconds=later_s))
    if message is None:
        assert then.read(text) == ADA
    else:
        with pytest.raises(UnauthorizedError, match=message):
            then.read(text)


@pytest.mark.parametrize("year", [2000, 2100])
def test_only_the_given_clock_counts(year: int) -> None:
    then = tokens(now=NOON.replace(year=year))
    assert then.read(then.issue(ADA).text) == ADA


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_nbf_and_iat_in_the_future_are_refused(claim: str) -> None:
    refused(signed({**CLAIMS, claim: ISSUED + 6}), "the access token is not valid yet")
    assert tokens().read(signed({**CLAIMS, claim: ISSUED + 5})) == ADA


@given(st.sampled_from(sorted(SIGNING)), st.data())
def test_change_of_one_character_is_refused(algorithm: str, data: st.DataObject) -> None:
    """The last character of a part has bits that carry nothing: a change of those is refused as well."""
    text = signed(algorithm=algorithm)
    ends = [position - 1 for position, character in enumerate(text + ".") if character == "."]
    position = data.draw(st.sampled_from(ends) | st.integers(0, len(text) - 1))
    character = data.draw(st.sampled_from(BASE64URL) | st.characters())
    assume(character != text[position])
    refused(text[:position] + character + text[position + 1 :])


@given(st.sampled_from(sorted(SIGNING)), st.data(), st.sampled_from(["=", "==", "===", "A", ".", "\n", " "]))
def test_added_characters_are_refused(algorithm: str, data: st.DataObject, added: str) -> None:
    text = signed(algorithm=algorithm)
    position = data.draw(st.sampled_from([0, text.index("."), text.rindex("."), len(text)]))
    refused(text[:position] + added + text[position:])


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True))
def test_random_text_is_refused(text: str) -> None:
    refused(text)


@given(json_values | st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64"]), json_values))
def test_random_header_is_refused(header: object) -> None:
    refused(by_hand(header))


@pytest.mark.parametrize("text", ["\ud800.a.b", "[" * 5000, base64url(b"[" * 100_000) + ".e30.AAAA"])
def test_a_hostile_text_is_refused(text: str) -> None:
    refused(text)


def test_refusal_does_not_quote_the_token() -> None:
    text = signed({**CLAIMS, "role": "sesame"})
    with pytest.raises(UnauthorizedError) as raised:
        tokens().read(text)
    assert "sesame" not in str(raised.value)


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
def test_tokens_verify_with_the_published_keys(algorithm: str) -> None:
    """As a stranger does: with the published keys and nothing else."""
    keys = TokenKeys.of(SIGNING[algorithm])
    text = tokens(keys).issue(ADA).text
    published = json.loads(json.dumps(keys.jwks()))
    stranger = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(text)["kid"]]
    options = jwt.types.Options(verify_exp=False, verify_nbf=False, verify_iat=False)
    assert jwt.decode(text, stranger, [algorithm], options, audience="hello") == CLAIMS


def test_the_published_keys_are_public_and_of_each_one_only() -> None:
    published = KEYS.jwks()["keys"]
    assert [(key["kty"], key["crv"], key["alg"], key["use"]) for key in published] == [
        ("OKP", "Ed25519", "EdDSA", "sig"),
        ("EC", "P-256", "ES256", "sig"),
    ]
    assert not any(key.keys() & {"d", "k"} for key in published)
    assert [key["kid"] for key in published] == [SIGNING[name].verifying.kid for name in ("EdDSA", "ES256")]
    assert TokenKeys.of(SIGNING["HS256"]).jwks() == {"keys": []}


def test_the_kid_is_the_thumbprint_of_the_standards() -> None:
    """RFC 8037, appendix A.3."""
    raw = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    key = VerificationKey.of(Ed25519PublicKey.from_public_bytes(raw))
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_kid_of_a_p_256_key_is_made_of_its_four_members() -> None:
    numbers = P256.public_key().public_numbers()
    x, y = (base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    canonical = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    assert SIGNING["ES256"].verifying.kid == base64url(hashlib.sha256(canonical.encode()).digest())


def test_a_derived_key_is_of_the_secret_and_does_not_show_it() -> None:
    one, same = SigningKey.derived_from(SECRET), SigningKey.derived_from(SECRET)
    other = SigningKey.derived_from(b"K" * 32)
    assert one == same
    assert one.material not in {SECRET, other.material}
    assert one.verifying.kid != other.verifying.kid
    assert isinstance(one.material, bytes)
    assert urlsafe_b64decode(one.verifying.kid) not in SECRET + one.material
    assert "material" not in repr(one)


def test_a_cursor_is_no_signature_of_a_token() -> None:
    start = by_hand({"typ": TYPE, "alg": "HS256", "kid": SIGNING["HS256"].verifying.kid}).rpartition(".")[0]
    sealed = Cursors(SECRET).seal(start)
    raw = hmac.digest(SECRET, start.encode(), "sha256")
    refused(f"{start}.{sealed}")
    refused(f"{start}.{base64url(raw)}")


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
