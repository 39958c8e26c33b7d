"""Access tokens as JSON Web Tokens (RFC 7519), with the practices of RFC 8725."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import jwt
from jwt.types import Options

from hello.connectors.tokens.keys import TokenKeys, VerificationKey
from hello.core.clock import Clock
from hello.core.ids import NewId
from hello.entities.errors import UnauthorizedError
from hello.services.security import AccessToken, Caller, Role

TYPE = "at+jwt"
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
TIMES = ("exp", "nbf", "iat")
MAX_VERIFIED = 4096
"""Verified tokens that a process remembers: about 1 KB each, so 4 MB. Beyond, the least recently used one
is forgotten and verified again."""
# PyJWT would compare times with the system clock, so `JwtAccessTokens` checks them with the injected clock.
CHECKS = Options(
    require=["iss", "aud", *TIMES, "jti", "sub", "role"],
    strict_aud=True,
    verify_exp=False,
    verify_nbf=False,
    verify_iat=False,
)


class VerifiedToken(NamedTuple):
    """What a valid signature vouches for; whether it is valid now depends on the clock."""

    caller: Caller
    starts_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtAccessTokens:
    """`new_id` makes each token's `jti`; `leeway_s` is how far the clocks of two replicas may differ.

    The leeway applies to `nbf` and `iat`, which may seem to be in the future. It does not delay `exp`.
    A verified token is remembered, since its claims cannot change; its times are checked at each read.
    """

    keys: TokenKeys
    issuer: str
    audience: str
    lifetime_s: int
    leeway_s: float
    now: Clock
    new_id: NewId
    _verified: Callable[[str], VerifiedToken] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # An exception is not remembered, so invalid tokens take no room.
        object.__setattr__(self, "_verified", lru_cache(MAX_VERIFIED)(self._verify))

    def issue(self, caller: Caller) -> AccessToken:
        key = self.keys.signing
        header = {"typ": TYPE, "kid": key.verifying.kid}
        text = jwt.encode(self._claims(caller), key.material, key.verifying.algorithm, header)
        return AccessToken(text, self.lifetime_s)

    def read(self, text: str) -> Caller:
        try:
            token = self._verified(text)
        except (jwt.PyJWTError, ValueError) as error:
            raise UnauthorizedError("the access token is not valid") from error
        self._check_times(token)
        return token.caller

    def public_keys(self) -> Mapping[str, object]:
        return self.keys.jwks()

    def _claims(self, caller: Caller) -> dict[str, str | int]:
        issued_at = int(self.now().timestamp())
        session = {"sid": str(caller.session_id)} if caller.session_id else {}
        return {
            **session,
            "iss": self.issuer,
            "aud": self.audience,
            "exp": issued_at + self.lifetime_s,
            "nbf": issued_at,
            "iat": issued_at,
            "jti": self.new_id(),
            "sub": str(caller.account_id),
            "role": caller.role,
        }

    def _verify(self, text: str) -> VerifiedToken:
        """Raise `PyJWTError` or `ValueError` for an invalid token."""
        claims = self._claims_of(text)
        return VerifiedToken(caller_of(claims), max(claims["nbf"], claims["iat"]), claims["exp"])

    def _claims_of(self, text: str) -> dict[str, Any]:
        """Raise `PyJWTError` for an invalid token; PyJWT alone would also accept padded base64."""
        if not COMPACT.fullmatch(text):
            raise jwt.DecodeError("not in the compact form")
        key = self._key(jwt.get_unverified_header(text))
        claims = jwt.decode(
            text, key.material, [key.algorithm], CHECKS, issuer=self.issuer, audience=self.audience
        )
        if any(type(claims[name]) is not int for name in TIMES):
            raise jwt.DecodeError("a time is not an integer")
        return claims

    def _key(self, header: dict[str, Any]) -> VerificationKey:
        """Let the header choose one of the accepted keys, and nothing else, such as the algorithm."""
        key = self.keys.accepted.get(header.get("kid", ""))
        if key is None or header.get("typ") != TYPE:
            raise jwt.InvalidTokenError("unknown key or token type")
        return key

    def _check_times(self, token: VerifiedToken) -> None:
        now = self.now().timestamp()
        if token.expires_at <= now:
            raise UnauthorizedError("the access token has expired")
        if token.starts_at > now + self.leeway_s:
            raise UnauthorizedError("the access token is not valid yet")


def caller_of(claims: Mapping[str, Any]) -> Caller:
    """Raise `ValueError` for invalid claims; tokens of older releases have no session."""
    session = claims.get("sid")
    if session is not None and not isinstance(session, str):
        raise ValueError("the session is not a string")
    return Caller(
        UUID(claims["sub"]), Role(claims["role"]), UUID(session) if session else None, claims["exp"]
    )
