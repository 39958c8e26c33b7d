"""What a person has typed into a form: the values to show again, and what is wrong with which."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Generic, Self, TypeVar

from fastapi import Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, model_validator

from hello.entities.errors import InvalidError
from hello.entities.people import check_username
from hello.interface.dates import parse_date
from hello.interface.http.forms import form_fields, wrong_fields
from hello.interface.http.idempotency import Key
from hello.interface.http.parameters import whole
from hello.interface.http.problems import field_of, message_of
from hello.interface.http.schemas.texts import Id, Storable

MAX_BYTES = 65_536
PRICE = re.compile(r"[0-9]{1,8}([.,][0-9]{0,2})?")
SECRETS = frozenset({"password"})
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Form(Generic[Model]):
    """`data` is what was understood, None when something is wrong; `errors` by field, `""` for the whole."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    data: Model | None = None

    def refused(self, error: Exception, at: str = "") -> Self:
        """Return the form with an error of the service, at the field it names."""
        name = error.field if isinstance(error, InvalidError) else at
        return replace(self, errors={FIELDS.get(name, name): str(error)}, data=None)


FIELDS = {"dateOfBirth": "date_of_birth", "lines.0.quantity": "quantity", "lines.0.item_id": ""}
"""Fields of the API by the names that forms have for them."""


async def submitted(request: Request, model: type[Model]) -> Form[Model]:
    """Read what was sent by POST."""
    return parsed(await form_fields(request, MAX_BYTES), model)


def parsed(given: Mapping[str, str], model: type[Model]) -> Form[Model]:
    """Leave out the spaces around values, but for secrets, and fields that are empty."""
    fields = {name: value if name in SECRETS else value.strip() for name, value in given.items()}
    shown = {name: value for name, value in fields.items() if name not in SECRETS}
    try:
        data = model.model_validate({name: value for name, value in fields.items() if value})
    except ValidationError as error:
        return Form(shown, {field_of(one): worded(message_of(one)) for one in wrong_fields(error)})
    return Form(shown, data=data)


def worded(message: str) -> str:
    """Speak to a person."""
    return {"Field required": "is needed"}.get(message, message)


def named(text: str) -> str:
    """Raise `ValueError` unless the text is the name of a person."""
    try:
        return check_username(text)
    except InvalidError as error:
        raise ValueError(str(error)) from None


def cents(text: str) -> int:
    """Return an amount as it is typed, `19.99` or `19,99`, in cents."""
    if PRICE.fullmatch(text) is None:
        raise ValueError("must be an amount such as 19.99")
    whole, _, rest = text.replace(",", ".").partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0") or 0)


Name = Annotated[str, AfterValidator(named)]
Cents = Annotated[int, BeforeValidator(cents), Field(ge=0, le=1_000_000_000)]
Count = Annotated[int, BeforeValidator(whole), Field(ge=1, le=1000)]


class PersonForm(BaseModel):
    username: Name
    date_of_birth: Annotated[date, BeforeValidator(parse_date)]


class ItemForm(BaseModel):
    title: Annotated[Storable, Field(max_length=200)]
    description: Annotated[Storable, Field(max_length=10_000)] | None = None
    price_cents: Annotated[Cents | None, Field(alias="price")] = None


class OrderForm(BaseModel):
    """`key` is made with the page: sending the form twice makes one order."""

    item_id: Id
    quantity: Count = 1
    recipient: Name | None = None
    key: Key


class AuditQuery(BaseModel):
    subject_id: Id | None = None


class GiftQuery(BaseModel):
    """Prices as amounts, both limits included."""

    q: Annotated[Storable, Field(max_length=500)] | None = None
    page: Annotated[int, BeforeValidator(whole), Field(ge=1, le=10_000)] = 1
    min: Cents | None = None
    max: Cents | None = None

    @model_validator(mode="after")
    def _prices_are_in_order(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("the highest price must not be below the lowest")
        return self
