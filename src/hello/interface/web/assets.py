"""Style sheets and scripts: files of the package, at addresses that change with their content."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from importlib.resources import files
from mimetypes import guess_type

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

FOREVER = "public, max-age=31536000, immutable"
router = APIRouter(prefix="/assets", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Assets:
    """Modules import each other by relative paths, so all files share one version."""

    contents: Mapping[str, bytes]
    version: str

    @classmethod
    def read(cls) -> "Assets":
        folder = files("hello.interface.web") / "static"
        contents = {file.name: file.read_bytes() for file in folder.iterdir()}
        digest = blake2b(digest_size=6)
        for name, content in sorted(contents.items()):
            digest.update(name.encode() + b"\0" + content)
        return cls(contents, digest.hexdigest())

    def path(self, name: str) -> str:
        """Raise `KeyError` for a file that does not exist: a page that asks for it must not be shown."""
        if name not in self.contents:
            raise KeyError(name)
        return f"/assets/{self.version}/{name}"


@router.get("/{version}/{name}")
async def read_asset(request: Request, version: str, name: str) -> Response:
    """Give a page of another release the present file, which it must not keep."""
    assets: Assets = request.app.state.pages.assets
    if name not in assets.contents:
        raise HTTPException(404)
    headers = {
        "Cache-Control": FOREVER if version == assets.version else "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    media_type = guess_type(name)[0] or "application/octet-stream"
    return Response(assets.contents[name], media_type=media_type, headers=headers)
