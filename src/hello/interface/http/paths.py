"""A path parameter that takes any text, so that what is no name is 400 and not an unknown path."""

from starlette.convertors import Convertor, register_url_convertor


class TextConvertor(Convertor[str]):
    """Starlette's own `path` stops at a newline: `john%0A` would be 404."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def path_of(prefix: str, parameter: str) -> str:
    """Return the template of a path whose last part is any text; Starlette knows convertors by name only."""
    register_url_convertor("text", TextConvertor())
    return f"{prefix}{{{parameter}:text}}"
