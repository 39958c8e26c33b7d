"""Every search server makes the same tokens of the same analyzers: Elasticsearch's with stand-ins."""

import httpx
import pytest

pytestmark = [pytest.mark.search, pytest.mark.timeout(300)]
FILTERS = {
    "english": {"type": "stemmer", "language": "english"},
    "possessive": {"type": "stemmer", "language": "possessive_english"},
    "light": {"type": "stemmer", "language": "light_english"},
    "beginnings": {"type": "edge_ngram", "min_gram": 2, "max_gram": 4},
    "both": {"type": "asciifolding", "preserve_original": True},
}
CHARACTERS = {
    "signs": {"type": "mapping", "mappings": ["& => and", "- => \\u0020", "\\u00df => ss"]},
    "digits": {
        "type": "pattern_replace",
        "pattern": r"(\d)x(?=\d)",
        "replacement": "$1",
        "flags": "CASE_INSENSITIVE",
    },
}
CHAINS = {
    "words": ["lowercase", "asciifolding", "english"],
    "possessives": ["possessive", "lowercase"],
    "light_words": ["lowercase", "light"],
    "porter": ["lowercase", "porter_stem"],
    "prefixes": ["lowercase", "beginnings"],
    "folded_too": ["lowercase", "both"],
    "bigrams": ["cjk_width", "lowercase", "cjk_bigram"],
}
ANALYZERS = {
    name: {"type": "custom", "tokenizer": "standard", "filter": filters} for name, filters in CHAINS.items()
} | {
    name: {"type": "custom", "tokenizer": "standard", "char_filter": [name], "filter": ["lowercase"]}
    for name in CHARACTERS
}
NAMES = {"type": "custom", "filter": ["lowercase", "asciifolding", "cjk_width"]}
INDEX = {
    "settings": {
        "number_of_replicas": 0,
        "analysis": {
            "filter": FILTERS,
            "char_filter": CHARACTERS,
            "analyzer": ANALYZERS,
            "normalizer": {"names": NAMES},
        },
    },
    "mappings": {"properties": {"name": {"type": "keyword", "normalizer": "names"}}},
}


def tokens(client: httpx.Client, text: str, **how: str) -> list[str]:
    answer = client.post("/items/_analyze", json={"text": text, **how})
    assert answer.status_code == 200, answer.text
    return [token["token"] for token in answer.json()["tokens"]]


@pytest.fixture
def analyzers(client: httpx.Client) -> httpx.Client:
    created = client.put("/items", json=INDEX)
    assert created.status_code == 200, created.text
    return client


ENGLISH = {
    "Crème Brûlée für zwei Größen": "creme brule fur zwei grossen",
    "Ærøskøbing Łódź İstanbul": "aeroskob lodz istanbul",
    "running runners ran easily": "run runner ran easili",
    "universities organization generously": "univers organ gener",
    "Children's toys and boxes": "children' toi and box",
    "生日快乐 礼物": "生 日 快 乐 礼 物",
    "東京タワーの模型": "東 京 タワー の 模 型",
    "한국어 선물": "한국어 선물",
    "🎁 gift 🎂 cake 👨‍👩‍👧": "🎁 gift 🎂 cake 👨‍👩‍👧",
    "state-of-the-art T-shirt 3-in-1": "state of the art t shirt 3 in 1",
    "هدايا عيد الميلاد السعيدة": "هدايا عيد الميلاد السعيدة",
    "١٢٣ 1,999.50 USD": "١٢٣ 1,999.50 usd",
    "C++ AT&T foo@example.com": "c at t foo example.com",
    "": "",
}
OTHERS = {
    ("possessives", "Children's toys, the Queen\N{RIGHT SINGLE QUOTATION MARK}s"): "children toys the queen",
    ("light_words", "ponies universities toys"): "pony university toy",
    ("porter", "ponies universities toys"): "poni univers toi",
    ("prefixes", "A Größe 생일선물"): "gr grö größ 생일 생일선 생일선물",
    ("folded_too", "Crème cake"): "creme crème cake",
    ("bigrams", "生日快乐 ﾃﾞｼﾞｶﾒ ABC"): "生日 日快 快乐 デジ ジカ カメ abc",
    ("signs", "AT&T Spaß e-mail"): "atandt spass e mail",
    ("digits", "3x4 3X4 axb"): "34 34 axb",
}


def test_english_tokens_are_the_same_on_all_servers(analyzers: httpx.Client) -> None:
    found = {text: " ".join(tokens(analyzers, text, analyzer="words")) for text in ENGLISH}
    assert found == ENGLISH


def test_tokens_of_other_filters_are_the_same_on_all_servers(analyzers: httpx.Client) -> None:
    found = {(name, text): " ".join(tokens(analyzers, text, analyzer=name)) for name, text in OTHERS}
    assert found == OTHERS


def test_keywords_are_normalized(analyzers: httpx.Client) -> None:
    assert tokens(analyzers, "Crème ﾃﾞｼﾞｶﾒ", field="name") == ["creme デジカメ"]


@pytest.mark.parametrize(
    "analysis",
    [
        {"filter": {"bad": {"type": "stemmer", "language": "klingon"}}},
        {"char_filter": {"bad": {"type": "mapping"}}},
        {"char_filter": {"bad": {"type": "pattern_replace"}}},
    ],
    ids=["unknown language", "no mapping", "no pattern"],
)
def test_wrong_options_are_refused(client: httpx.Client, analysis: dict[str, object]) -> None:
    assert client.put("/items", json={"settings": {"analysis": analysis}}).status_code == 400
