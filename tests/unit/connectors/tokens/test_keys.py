"""Keys of tokens: what is published of them, and their ids."""

import hashlib
from base64 import urlsafe_b64decode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hello.connectors.tokens.keys import SigningKey, TokenKeys, VerificationKey
from tests.support.signing_keys import (
    KEYS,
    P256,
    SECRET,
    SIGNING,
    base64url,
)


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
