"""The pages as a part of the HTTP application."""

from fastapi import FastAPI

from hello.interface.web import assets
from hello.interface.web.pages import Pages
from hello.interface.web.routers import accounts, birthdays, items, orders


def add_pages(app: FastAPI) -> None:
    """Add every page, and what pages need: templates and assets are read once."""
    app.state.pages = Pages.load()
    for part in (birthdays, accounts, items, orders, assets):
        app.include_router(part.router)
