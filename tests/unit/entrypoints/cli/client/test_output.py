"""Lines for people: what they say, in which colours, and that no text can change the terminal."""

import re
from typing import Any

import pytest

from hello.entrypoints.cli.client.birthdays import person_text, show
from hello.entrypoints.cli.client.commands import greeting_text
from hello.entrypoints.cli.client.order_events import Change
from hello.entrypoints.cli.client.orders import change_text
from hello.entrypoints.cli.client.output import print_data, printable

JOHN = {"username": "John", "turns": 36}
JANE = {"username": "Jane", "turns": 30, "date": "2026-11-30", "in_days": 2}
ORDER: dict[str, Any] = {
    "status": "CREATED",
    "lines": [{"title": "A kite", "quantity": 2}],
    "total_cents": 123456,
    "recipient": "John",
    "updated_at": "2026-11-28T12:00:00.5Z",
}
ESCAPE = "\x1b[2J\x07\r\u202e"


def a_page(*people: dict[str, Any], cursor: str | None = None) -> dict[str, Any]:
    return {"date": "2026-11-28", "people": list(people), "next_cursor": cursor}


def test_birthday_of_a_known_user_has_a_colour_of_its_own() -> None:
    assert greeting_text("Hello, John! Happy birthday!").style != greeting_text("Hello, John! Your …").style


def test_person_of_today_has_the_day_of_the_list() -> None:
    assert person_text(JOHN, "2026-11-28").plain == "Sat 2026-11-28  today        turns  36  John"


def test_person_of_the_next_days_has_a_day_and_a_distance() -> None:
    assert person_text(JANE, "2026-11-28").plain == "Mon 2026-11-30  in 2 days    turns  30  Jane"
    assert "tomorrow" in person_text(JANE | {"in_days": 1}, "2026-11-28").plain


def test_new_order_says_what_is_ordered_for_whom() -> None:
    line = change_text(Change("order.created", "1", ORDER)).plain
    assert re.fullmatch(
        r"2026-11-2\d \d\d:\d\d:\d\d  created: 2 \N{MULTIPLICATION SIGN} A kite for John, 1,234.56", line
    )


def test_other_changes_of_an_order_say_only_what_happened() -> None:
    line = change_text(Change("order.shipped", "3", ORDER | {"status": "SHIPPED"})).plain
    assert line.endswith("  shipped")


def test_long_order_is_cut_short() -> None:
    order = ORDER | {"lines": ORDER["lines"] * 100, "recipient": None}
    line = change_text(Change("order.updated", "2", order)).plain
    assert line.count("A kite") == 3
    assert "97 more, 1,234.56" in line


def test_control_characters_of_a_title_are_not_printed() -> None:
    order = ORDER | {"lines": [{"title": f"A {ESCAPE}kite [red]", "quantity": 1}], "recipient": ESCAPE}
    line = change_text(Change("order.created", "1", order)).plain
    assert line.isprintable()
    assert "kite [red]" in line
    assert printable("Zoë 🪁") == "Zoë 🪁"


def test_long_line_is_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    print_data(person_text(JOHN | {"username": "J" * 100}, "2026-11-28"))
    assert capsys.readouterr().out.count("\n") == 1


def test_pages_are_one_list(capsys: pytest.CaptureFixture[str]) -> None:
    show(iter([a_page(JOHN, cursor="a"), a_page(JANE)]), everyone=False, as_json=False)
    printed = capsys.readouterr()
    assert [line.split()[-1] for line in printed.out.splitlines()] == ["John", "Jane"]
    assert printed.err == ""


def test_json_of_pages_is_one_page(capsys: pytest.CaptureFixture[str]) -> None:
    show(iter([a_page(JOHN, cursor="a"), a_page(JANE)]), everyone=False, as_json=True)
    assert capsys.readouterr().out == (
        '{"date":"2026-11-28","people":[{"username":"John","turns":36},'
        '{"username":"Jane","turns":30,"date":"2026-11-30","in_days":2}],"next_cursor":null}\n'
    )


@pytest.mark.parametrize("as_json", [False, True])
def test_long_list_is_bounded_and_says_so(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:  # noqa: FBT001
    pages = [a_page(JOHN, cursor=str(number)) for number in range(20)]
    show(iter(pages), everyone=False, as_json=as_json)
    printed = capsys.readouterr()
    assert printed.out.count("John") == 10
    assert "--all" in printed.err


def test_all_reads_every_page(capsys: pytest.CaptureFixture[str]) -> None:
    pages = [*(a_page(JOHN, cursor=str(number)) for number in range(20)), a_page(JANE)]
    show(iter(pages), everyone=True, as_json=False)
    printed = capsys.readouterr()
    assert printed.out.count("\n") == 21
    assert printed.err == ""


def test_empty_list_is_a_message_and_no_data(capsys: pytest.CaptureFixture[str]) -> None:
    show(iter([a_page()]), everyone=False, as_json=False)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello: no birthdays\n")
