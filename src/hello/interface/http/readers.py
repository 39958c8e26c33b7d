"""Who may read the lists of birthdays where BIRTHDAY_LISTS is `accounts`."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyQuery

from hello.interface.http.dependencies import CalendarFeeds
from hello.interface.http.limits import add_headers
from hello.interface.http.security import Token, account_of

KEY = "key"
FEED_KEY = APIKeyQuery(
    name=KEY,
    auto_error=False,
    scheme_name="CalendarFeed",
    description="The secret key in the `url` of `POST /api/v1/users/me/calendar-feed`",
)
FeedKey = Annotated[str | None, Depends(FEED_KEY)]


async def list_reader(request: Request, token: Token) -> None:
    """Raise what `account_of` raises; no cache that others share may keep the answer."""
    add_headers(request, {"Cache-Control": "private", "Vary": "Authorization"})
    await account_of(request, token)


async def calendar_reader(request: Request, token: Token, key: FeedKey, feeds: CalendarFeeds) -> None:
    """Take the key of a feed in place of a token; a token that is sent as well has to be good itself."""
    add_headers(request, {"Vary": "Authorization"})
    if key and token is None:
        await feeds.check(key)
    else:
        await account_of(request, token)


ListReader = Depends(list_reader)
CalendarReader = Depends(calendar_reader)
