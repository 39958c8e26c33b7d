"""One's own account on the fast path."""

from collections.abc import Iterator
from http import HTTPStatus

from hello.entities.accounts import AccountView
from hello.interface.http.fast_routes.access import FastAccess
from hello.interface.http.fast_routes.common import FastContext
from hello.interface.http.json_bodies import account_json
from hello.interface.http.serving.fast_path import FastRequest, FastRoute

ROUTE, GROUP = "/api/v1/users/me", "accounts"
NOT_STORED = b"cache-control: no-store\r\n"


def account_routes(context: FastContext, access: FastAccess) -> Iterator[FastRoute]:
    yield FastRoute("GET", ROUTE.encode(), ROUTE, ReadOwnAccount(context, access).begin)


class ReadOwnAccount:
    def __init__(self, context: FastContext, access: FastAccess) -> None:
        self.context, self.access = context, access
        self.shown = context.kind("GET", ROUTE, HTTPStatus.OK)

    def begin(self, request: FastRequest) -> None:
        if (admitted := self.access.account(request, GROUP)) is None:
            request.fall_through()
            return
        accounts = self.context.use_cases.accounts
        accounts.read_nowait(admitted.caller, request.callback(self.end, admitted.limits))

    def end(
        self, request: FastRequest, limits: bytes, account: AccountView | None, error: Exception | None
    ) -> None:
        if account is None:
            request.fall_through(error)
        else:
            request.answer(self.shown, account_json(account), NOT_STORED, limits)
