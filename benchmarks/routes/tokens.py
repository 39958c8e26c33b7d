"""Access tokens of the sample accounts, and what a peer needs to verify them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from hello.connectors.tokens.access import JwtAccessTokens
from hello.connectors.tokens.keys import SigningKey, TokenKeys
from hello.core.clock import Clock, now
from hello.core.ids import request_ids
from hello.services.security import Caller, Role

SECRET = "public, as it is in the repository"  # noqa: S105
ISSUER, AUDIENCE = "hello", "hello"
LIFETIME_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class TokenContract:
    """One secret: Hello gets it as it is, the peers the key that Hello derives from it."""

    signing: SigningKey

    @property
    def environment(self) -> Mapping[str, str]:
        material = self.signing.material
        return {
            "SECRET_KEY": SECRET,
            "TOKEN_SECRET": material.hex() if isinstance(material, bytes) else "",
            "TOKEN_KID": self.signing.verifying.kid,
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": AUDIENCE,
        }

    def issue(self, accounts: Iterable[UUID], *, at: Clock = now) -> Iterator[str]:
        """Yield a token for each account, issued at that time and good for `LIFETIME_S`."""
        issuing = JwtAccessTokens(
            keys=TokenKeys.of(self.signing),
            issuer=ISSUER,
            audience=AUDIENCE,
            lifetime_s=LIFETIME_S,
            leeway_s=0,
            now=at,
            new_id=request_ids(),
        )
        for account in accounts:
            yield issuing.issue(Caller(account, Role.USER)).text


def token_contract() -> TokenContract:
    return TokenContract(SigningKey.derived_from(SECRET.encode()))
