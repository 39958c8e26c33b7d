"""The gift catalogue: searching it, and offering items."""

from http import HTTPStatus
from uuid import uuid4

from fastapi import Depends, Request, Response

from hello.entities.errors import InvalidError
from hello.interface.http.dependencies import Items, Search
from hello.interface.http.limits import limited
from hello.interface.http.schemas.texts import Id
from hello.interface.web.forms import Form, GiftQuery, ItemForm, parsed, submitted
from hello.interface.web.gifts import NOTHING, find_gifts
from hello.interface.web.pages import page, page_router, redirect
from hello.interface.web.sessions import KnownVisitor, known_visitor
from hello.services.items import ItemContent

LIMITED = Depends(limited("items"))
router = page_router("/catalogue")


@router.get("", dependencies=[Depends(limited("search"))])
async def list_gifts(request: Request, items: Items, search: Search) -> Response:
    """Show the catalogue, the newest first, or what a search finds, the best first."""
    form, found, status = parsed(request.query_params, GiftQuery), NOTHING, HTTPStatus.BAD_REQUEST
    if form.data is not None:
        try:
            found, status = await find_gifts(form.data, items, search), HTTPStatus.OK
        except InvalidError as error:
            form = form.refused(error)
    return page(request, "gifts.html", status, form=form, found=found)


@router.get("/new", dependencies=[Depends(known_visitor)])
async def show_offer(request: Request) -> Response:
    return page(request, "offer.html", form=Form())


@router.post("", dependencies=[LIMITED])
async def offer_item(request: Request, visitor: KnownVisitor, items: Items) -> Response:
    form = await submitted(request, ItemForm)
    if form.data is None:
        return page(request, "offer.html", HTTPStatus.BAD_REQUEST, form=form)
    item = await items.create(visitor.caller, ItemContent(**form.data.model_dump()))
    return redirect(request, f"/catalogue/{item.id}", done="offered")


@router.get("/{item_id}", dependencies=[LIMITED])
async def show_item(request: Request, item_id: Id, items: Items) -> Response:
    """Show the item with the form that orders it."""
    item = await items.read(item_id)
    values = {"quantity": "1", "recipient": request.query_params.get("for", "")}
    return page(request, "gift.html", item=item, form=Form(values), key=uuid4().hex)
