"""Every use case, ready to be offered over HTTP or to a worker."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeAlias

from hello.services.birthdays import BirthdayService
from hello.services.health import HealthService
from hello.services.imports import ImportService
from hello.services.people import PeopleService


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    birthdays: BirthdayService
    imports: ImportService
    people: PeopleService
    health: HealthService


OpenUseCases: TypeAlias = Callable[[], AbstractAsyncContextManager[UseCases]]
