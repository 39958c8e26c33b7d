"""Accounts and tokens as JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, EmailStr, Field, SecretStr, validate_email
from pydantic_core import PydanticCustomError

from hello.entities.accounts import Account, Role
from hello.interface.http.schemas.texts import Storable, storable
from hello.services.account_deletion import DeleteAccount
from hello.services.accounts import Register
from hello.services.password_changes import ChangePassword
from hello.services.sessions import LogIn, Tokens

SHORTEST, LONGEST = 12, 128
REGISTRATION: dict[str, Any] = {
    "email": "ada@example.com",
    "password": "correct horse battery",
    "full_name": "Ada Lovelace",
}
ACCOUNT: dict[str, Any] = {
    "id": "0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f",
    "email": "ada@example.com",
    "full_name": "Ada Lovelace",
    "created_at": "2026-06-15T12:00:00Z",
}


def storable_secret(secret: SecretStr) -> SecretStr:
    """Raise `ValueError` for what cannot be stored; the password itself is not in the message."""
    storable(secret.get_secret_value())
    return secret


def normalized(email: str) -> str:
    """Return the e-mail as a registration stores it; text that is no e-mail is returned unchanged."""
    try:
        return validate_email(email)[1]
    except PydanticCustomError:
        return email


Password = Annotated[
    SecretStr,
    Field(min_length=SHORTEST, max_length=LONGEST, json_schema_extra={"pattern": r"^[^\u0000]*$"}),
    AfterValidator(storable_secret),
]
GivenPassword = Annotated[SecretStr, Field(max_length=LONGEST), AfterValidator(storable_secret)]


class RegisterRequest(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": REGISTRATION})

    email: EmailStr
    password: Password
    full_name: Annotated[Storable, Field(min_length=1, max_length=200)]

    def to_command(self, role: Role = Role.USER) -> Register:
        password = self.password.get_secret_value()
        return Register(email=self.email, full_name=self.full_name, password=password, role=role)


class LoginRequest(BaseModel):
    """Takes any text for an e-mail: what is none is simply wrong."""

    model_config = ConfigDict(
        json_schema_extra={"example": {name: REGISTRATION[name] for name in ("email", "password")}}
    )

    email: Annotated[Storable, Field(max_length=320)]
    password: GivenPassword

    def to_command(self, address: str) -> LogIn:
        return LogIn(email=normalized(self.email), password=self.password.get_secret_value(), address=address)


class LoginForm(BaseModel):
    """What OAuth 2 calls the fields; others, such as `grant_type`, are ignored."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"username": REGISTRATION["email"], "password": REGISTRATION["password"]}
        }
    )

    username: Annotated[Storable, Field(max_length=320)]
    password: GivenPassword

    def to_command(self, address: str) -> LogIn:
        return LogIn(
            email=normalized(self.username), password=self.password.get_secret_value(), address=address
        )


class RefreshRequest(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"refresh_token": "0198c5de…"}})

    refresh_token: Annotated[Storable, Field(max_length=200)]


class DeletionRequest(BaseModel):
    """The password once more: a stolen token alone must not delete an account."""

    model_config = ConfigDict(json_schema_extra={"example": {"password": REGISTRATION["password"]}})

    password: GivenPassword

    def to_command(self, address: str) -> DeleteAccount:
        return DeleteAccount(password=self.password.get_secret_value(), address=address)


class PasswordChangeRequest(BaseModel):
    """The current password once more: a stolen token alone must not change it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "current_password": REGISTRATION["password"],
                "new_password": "staple a new battery",
            }
        }
    )

    current_password: GivenPassword
    new_password: Password

    def to_command(self, address: str) -> ChangePassword:
        current, new = self.current_password.get_secret_value(), self.new_password.get_secret_value()
        return ChangePassword(address=address, current=current, new=new)


class TokenResponse(BaseModel):
    """`expires_in` in seconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "access_token": "eyJhbGciOi…",
                "token_type": "bearer",
                "expires_in": 900,
                "refresh_token": "0198c5de…",
            }
        }
    )

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # the name of a scheme
    expires_in: int
    refresh_token: str

    @classmethod
    def of(cls, tokens: Tokens) -> Self:
        access = tokens.access
        return cls(access_token=access.text, expires_in=access.expires_in_s, refresh_token=tokens.refresh)


class AccountResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": ACCOUNT})

    id: UUID
    email: str
    full_name: str
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(
            id=account.id, email=account.email, full_name=account.full_name, created_at=account.created_at
        )
