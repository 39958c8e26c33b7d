"""Which items an index finds: by words, phrases, and words that are alike."""

import pytest

from tests.support.builders import a_change, an_item
from tests.support.searching import SearchedItems

LONG = " ".join(f"w{number}" for number in range(1500))


async def test_item_is_found_at_once_by_title_and_by_description(items: SearchedItems) -> None:
    kite = await items.put("A kite", "Flies in any wind.")
    for text in ("kite", "wind", "kite wind", "a kite"):
        found = await items.search(text)
        assert ([match.item_id for match in found.page], found.total) == ([kite.id], 1)


async def test_unknown_word_finds_nothing(items: SearchedItems) -> None:
    await items.put("A kite")
    found = await items.search("trombone")
    assert (found.page, found.total, sum(found.facets.price_bands)) == ([], 0, 0)


async def test_case_of_letters_is_ignored(items: SearchedItems) -> None:
    await items.put_all("RED kite", "Élan ÉTÉ", "ΟΔΟΣ")
    assert await items.titles("red KITE") == ["RED kite"]
    assert await items.titles("élan été") == ["Élan ÉTÉ"]
    assert await items.titles("οδοσ") == ["ΟΔΟΣ"]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Café crème", "cafe creme"),
        ("Cafe creme", "café crème"),
        ("Cafe\u0301 cre\u0300me", "cafe creme"),
        ("Café crème", "cafe\u0301 cre\u0300me"),
        ("Smörgås", "smorgas"),
        ("Żółty łabędź", "żółty łabędź"),
        ("كِتَاب", "كتاب"),
        ("كتاب", "كِتَاب"),
        ("שָׁלוֹם", "שלום"),
        ("\uff37ide \ufb01le", "wide file"),
    ],
)
async def test_accents_and_widths_do_not_matter(items: SearchedItems, stored: str, typed: str) -> None:
    await items.put_all(stored, "A trombone")
    assert await items.titles(typed) == [stored]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [("Wooden boxes", "box"), ("Wooden box", "boxes"), ("Kites", "kite"), ("A kite", "kites")],
)
async def test_plural_and_singular_find_each_other(items: SearchedItems, stored: str, typed: str) -> None:
    await items.put_all(stored, "A trombone")
    assert await items.titles(typed) == [stored]


@pytest.mark.parametrize(
    "typed",
    [
        "mandalin",
        "mandlin",
        "manddolin",
        "mandoiln",
        "mandolinn",
        "mandoli",
        "mandolim",
        "nandolin",
        "amndolin",
        "andolin",
        "mandalinn",
        "MANDALIN",
        "strngs",
        "mandalin strnigs",
    ],
)
async def test_typo_is_forgiven(items: SearchedItems, typed: str) -> None:
    await items.put("Mandolin strings")
    await items.put("A trombone")
    assert await items.titles(typed) == ["Mandolin strings"]


@pytest.mark.parametrize("typed", ["kyte", "kte", "kiite", "kiet", "kitee", "kits"])
async def test_typo_in_a_short_word_is_forgiven(items: SearchedItems, typed: str) -> None:
    await items.put_all("A kite", "A trombone")
    assert await items.titles(typed) == ["A kite"]


@pytest.mark.parametrize("typed", ["trumpet", "mxndxlxn", "kote", "ab"])
async def test_quite_another_word_is_no_typo(items: SearchedItems, typed: str) -> None:
    await items.put_all("Mandolin", "Kettle", "A trombone")
    assert await items.titles(typed) == []


@pytest.mark.parametrize("typed", ["man", "mandol", "mandolin str", "str man"])
async def test_beginnings_of_words_are_enough(items: SearchedItems, typed: str) -> None:
    await items.put_all("Mandolin strings", "A trombone")
    assert await items.titles(typed) == ["Mandolin strings"]


async def test_all_words_must_match(items: SearchedItems) -> None:
    await items.put_all("A yellow kite", "A yellow drum", "A purple kite")
    await items.put("A purple drum", "It goes well with a yellow trombone.")
    assert await items.titles("yellow kite") == ["A yellow kite"]
    assert await items.titles("drum yellow trombone") == ["A purple drum"]


async def test_some_words_are_enough_if_no_item_has_all(items: SearchedItems) -> None:
    await items.put_all("A yellow kite", "A purple drum", "A trombone")
    assert set(await items.titles("yellow drum")) == {"A yellow kite", "A purple drum"}


async def test_phrase_is_found_in_its_order_only(items: SearchedItems) -> None:
    await items.put_all("A yellow kite of silk", "A kite, yellow, of silk", "A yellow silk kite")
    assert await items.titles('"yellow kite"') == ["A yellow kite of silk"]
    assert await items.titles('"yellow kite" silk') == ["A yellow kite of silk"]
    assert await items.titles('"yellow kite') == ["A yellow kite of silk"]
    assert await items.titles('"kite drum"') == []
    assert await items.titles('"yelow kite"') == []


async def test_excluded_words_do_not_occur(items: SearchedItems) -> None:
    await items.put_all("A yellow kite", "A purple kite")
    await items.put("A kite", "Sold in yellow only.")
    assert await items.titles("kite -yellow") == ["A purple kite"]
    assert sorted(await items.titles('kite -"yellow kite"')) == ["A kite", "A purple kite"]
    assert await items.titles("kte -yellow") == ["A purple kite"]
    assert await items.titles("kite trombone -yellow") == ["A purple kite"]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("東京の赤い凧セット", "凧"),
        ("東京の赤い凧セット", "赤い凧"),
        ("東京の赤い凧セット", "セット"),
        ("东京的红色风筝", "风筝"),
        ("빨간 연날리기", "연날"),
        ("Красный воздушный змей", "змей"),
        ("Красный воздушный змей", "ВОЗДУШНЫЙ змей"),
        ("Красный воздушный змей", "воздушнй"),
        ("طائرة ورقية حمراء", "ورقية"),
        ("עפיפון אדום", "אדום"),
        ("Χάρτινος αετός", "αετος"),
        ("كرة، حمراء", "كرة"),
        ("كرة، حمراء", '"كرة حمراء"'),
        ("هل هذه كرة؟", "كرة"),
        ("בית־ספר", "ספר"),
        ("पतंग। लाल", "पतंग"),
        ("पतंग। लाल", "लाल"),
        ("Tél.\u00a0: \u2018drap\u2019 «fin»…", "drap fin"),
        ("Price €5", "5"),
        ("Kite™ and Drum®", "drum"),
        ("3\u00d74 grid", "4"),
        ("ปลาตะเพียน", "ปลาตะเพียน"),
        ("A kite 🪁 for two", "🪁"),
        ("Party🎉now", "🎉"),
        ("Party🎉now", "party"),
        ("A ❤\ufe0f pillow", "❤"),
        ("USB-C cable", "usb-c"),
        ("USB-C cable", "usb c"),
        ("USB C cable", "usb-c"),
        ("Model X200/b (2nd)", "x200"),
        ("Rock'n'roll shoes", "rock'n'roll"),
        ("snake_case_mug", "case"),
        ("C++ mug & co.", "co"),
        ("5.5 mm screw", "5.5"),
        ("100% wool", "100%"),
    ],
)
async def test_any_script_and_sign_can_be_searched(items: SearchedItems, stored: str, typed: str) -> None:
    await items.put_all(stored, "A trombone 🎺 と 楽器")
    assert await items.titles(typed) == [stored]


@pytest.mark.parametrize("typed", ["凧東京", "红风", "🎉"])
async def test_ideographs_in_another_order_and_another_emoji_are_not_found(
    items: SearchedItems, typed: str
) -> None:
    for title in ("東京の赤い凧セット", "东京的红色风筝", "A kite 🪁"):
        await items.put(title)
    assert await items.titles(f'"{typed}"') == []


async def test_last_word_of_a_very_long_description_is_found(items: SearchedItems) -> None:
    await items.put("A book", f"{LONG} quintessence")
    assert await items.titles("quintessence") == ["A book"]
    assert await items.titles('"w1499 quintessence"') == ["A book"]


async def test_very_long_words_do_no_harm(items: SearchedItems) -> None:
    word = "x" * 10_000
    await items.put("A book", word)
    await items.put(word[:200], "An index.")
    assert await items.titles("book") == ["A book"]
    assert await items.titles("index") == [word[:200]]
    assert set(await items.titles(f"book {word}")) <= {"A book"}


async def test_replaced_item_is_found_by_its_new_words_only(items: SearchedItems) -> None:
    kite = await items.put("A kite", "Flies.", 1999)
    await items.replace(kite, "A drum", "Loud.", 500)
    assert await items.titles("kite") == []
    assert await items.titles("flies") == []
    assert await items.titles("drum loud", max_price_cents=500) == ["A drum"]


async def test_removed_item_is_not_found(items: SearchedItems) -> None:
    kite, _ = await items.put_all("A kite", "A kite for two")
    await items.remove(kite)
    found = await items.search("kite")
    assert (len(found.page), found.total, found.facets.without_price) == (1, 1, 1)
    assert await items.titles("kite") == ["A kite for two"]


async def test_items_of_an_owner_who_is_gone_are_not_found(items: SearchedItems) -> None:
    await items.put_all("A kite", "A kite for two", "A drum")
    async with items.begin() as tx:
        await tx.items.remove_owned(items.owner.id, 2, a_change(items.owner.id, "item.deleted"))
    assert len(await items.titles("kite drum")) == 1


async def test_item_that_was_not_committed_is_not_found(items: SearchedItems) -> None:
    kite, drum = await items.put("A kite"), an_item(items.owner, "A drum")
    with pytest.raises(ZeroDivisionError):
        async with items.begin() as tx:
            await tx.items.add(drum, a_change(drum.id, "item.created"))
            await tx.items.remove(kite.id, a_change(kite.id, "item.deleted"))
            raise ZeroDivisionError
    assert await items.titles("kite") == ["A kite"]
    assert await items.titles("drum") == []


@pytest.mark.parametrize("typed", ["!!!", "...", "&", "( )", "'", "\\", "*", "\u200b", '"?"', "- -", "\x01"])
async def test_signs_without_a_word_find_nothing(items: SearchedItems, typed: str) -> None:
    await items.put("A kite & co. (new) 'best' * \\")
    assert await items.titles(typed) == []
    assert await items.titles(f"kite {typed}") == ["A kite & co. (new) 'best' * \\"]


@pytest.mark.parametrize("signs", ["!!!", "-- ?", "…"])
async def test_terms_without_a_word_do_not_count(items: SearchedItems, signs: str) -> None:
    kite = await items.put("A kite")
    assert [match.item_id for match in (await items.search(f"kite {signs}")).page] == [kite.id]
    assert (await items.search(signs)).total == 0
