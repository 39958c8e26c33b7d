"""Forms: what is understood of what a person types, and how it is shown again."""

from datetime import date

import pytest
from pydantic import BaseModel

from hello.entities.errors import ConflictError, InvalidError
from hello.interface.http.schemas.accounts import LoginRequest
from hello.interface.web.forms import GiftQuery, ItemForm, OrderForm, PersonForm, parsed

ITEM_ID = "0198c5df-1111-7222-8333-444455556666"


def test_spaces_around_values_are_left_out() -> None:
    form = parsed({"username": " John ", "date_of_birth": "1990-05-17"}, PersonForm)
    assert form.data == PersonForm(username="John", date_of_birth="1990-05-17")
    assert form.data is not None
    assert form.data.date_of_birth == date(1990, 5, 17)
    assert not form.errors


@pytest.mark.parametrize(
    ("model", "fields", "wrong"),
    [
        (PersonForm, {}, {"username", "date_of_birth"}),
        (PersonForm, {"username": "J0hn", "date_of_birth": "1990-05-17"}, {"username"}),
        (PersonForm, {"username": "John", "date_of_birth": "17.5.1990"}, {"date_of_birth"}),
        (ItemForm, {"title": "", "price": "1.999"}, {"title", "price"}),
        (ItemForm, {"title": "A kite", "price": "-1"}, {"price"}),
        (ItemForm, {"title": "A kite", "price": "10000000.01"}, {"price"}),
        (OrderForm, {"item_id": "x", "quantity": "0", "key": "k"}, {"item_id", "quantity"}),
        (OrderForm, {"item_id": ITEM_ID, "recipient": "a b"}, {"recipient", "key"}),
        (GiftQuery, {"page": "0", "min": "a"}, {"page", "min"}),
    ],
)
def test_wrong_field_is_named(model: type[BaseModel], fields: dict[str, str], wrong: set[str]) -> None:
    form = parsed(fields, model)
    assert form.data is None
    assert set(form.errors) == wrong
    assert form.values == fields


@pytest.mark.parametrize(
    ("typed", "expected"), [("19.99", 1999), ("19,9", 1990), ("19", 1900), ("0", 0), ("7.", 700), ("", None)]
)
def test_price_is_read_as_it_is_typed(typed: str, expected: int | None) -> None:
    form = parsed({"title": "A kite", "price": typed}, ItemForm)
    assert form.data is not None
    assert form.data.price_cents == expected


def test_prices_in_the_wrong_order_are_refused() -> None:
    assert parsed({"q": "kite", "min": "2", "max": "1"}, GiftQuery).errors


def test_password_is_neither_stripped_nor_shown_again() -> None:
    form = parsed({"email": "ada@example.com", "password": " secret "}, LoginRequest)
    assert form.data is not None
    assert form.data.password.get_secret_value() == " secret "
    assert "password" not in form.values


def test_order_with_nobody_to_send_it_to_is_one_for_oneself() -> None:
    form = parsed({"item_id": ITEM_ID, "quantity": "2", "key": "k", "recipient": ""}, OrderForm)
    assert form.data is not None
    assert (form.data.quantity, form.data.recipient) == (2, None)


def test_error_of_the_service_is_shown_at_its_field() -> None:
    form = parsed({"username": "John", "date_of_birth": "1990-05-17"}, PersonForm)
    refused = form.refused(InvalidError("must be before today", field="dateOfBirth"))
    assert refused.errors == {"date_of_birth": "must be before today"}
    assert refused.data is None
    assert form.refused(ConflictError("taken"), at="email").errors == {"email": "taken"}
