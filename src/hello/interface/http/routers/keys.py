"""The public keys by which others can verify our access tokens."""

from typing import Any

from fastapi import APIRouter, Request

from hello.interface.http.dependencies import use_cases
from hello.interface.http.problems import problems

router = APIRouter(tags=["accounts"])


EXAMPLE = {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYK...", "kid": "kPrK_qm...", "alg": "EdDSA"}]}
SHOWN: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": EXAMPLE}}}}


@router.get("/.well-known/jwks.json", operation_id="readKeys", responses=SHOWN | problems())
async def read_keys(request: Request) -> dict[str, Any]:
    """Give the JSON Web Key Set (RFC 7517): empty while tokens are signed with a shared secret."""
    return dict(use_cases(request).access_tokens.public_keys())
