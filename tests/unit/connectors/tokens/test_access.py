"""Access tokens: ours are read, and nothing else is, whatever it looks like."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from hello.connectors.tokens.access import MAX_VERIFIED, TYPE
from hello.connectors.tokens.keys import SigningKey, TokenKeys
from hello.core.cursors import Cursors
from hello.entities.errors import UnauthorizedError
from hello.services.security import Caller, Role
from tests.support.builders import NOON, StoppedClock
from tests.support.signing_keys import (
    ADA,
    CLAIMS,
    ED25519,
    ISSUED,
    SECRET,
    SIGNING,
    base64url,
    by_hand,
    public_pem,
    signed,
    tokens,
)

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
scalars = st.none() | st.booleans() | st.integers() | st.text()
json_values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


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


@pytest.mark.parametrize("algorithm", SIGNING)
def test_remembered_token_expires_by_the_clock(algorithm: str) -> None:
    clock, text = StoppedClock(), signed(algorithm=algorithm)
    ours = replace(tokens(), now=clock)
    callers = [ours.read(text) for _ in range(2)]
    assert callers[0] is callers[1]
    clock.move(timedelta(seconds=900))
    for _ in range(2):
        with pytest.raises(UnauthorizedError, match="has expired"):
            ours.read(text)


def test_token_of_the_future_is_valid_when_its_time_comes() -> None:
    clock, text = StoppedClock(), signed({**CLAIMS, "nbf": ISSUED + 60})
    ours = replace(tokens(), now=clock)
    with pytest.raises(UnauthorizedError, match="not valid yet"):
        ours.read(text)
    clock.move(timedelta(seconds=60))
    assert ours.read(text) == ADA


def test_remembered_tokens_are_bounded_and_of_one_instance() -> None:
    ours, texts = (
        tokens(),
        [signed({**CLAIMS, "jti": str(number)}, "HS256") for number in range(MAX_VERIFIED + 1)],
    )
    first = ours.read(texts[0])
    assert first is not tokens().read(texts[0])
    for text in texts[1:]:
        ours.read(text)
    assert ours.read(texts[0]) is not first


def test_refused_token_is_refused_again() -> None:
    ours, text = tokens(), signed({**CLAIMS, "iss": "another"})
    for _ in range(2):
        with pytest.raises(UnauthorizedError, match="is not valid"):
            ours.read(text)


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


def test_a_cursor_is_no_signature_of_a_token() -> None:
    start = by_hand({"typ": TYPE, "alg": "HS256", "kid": SIGNING["HS256"].verifying.kid}).rpartition(".")[0]
    sealed = Cursors(SECRET).seal(start)
    raw = hmac.digest(SECRET, start.encode(), "sha256")
    refused(f"{start}.{sealed}")
    refused(f"{start}.{base64url(raw)}")
