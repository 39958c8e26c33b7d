"""Headlines of PostgreSQL as HTML."""

import pytest

from hello.connectors.postgres.item_index import as_html


@pytest.mark.parametrize(
    ("headline", "html"),
    [
        ("A kite", "A kite"),
        ("A \x02kite\x03", "A <mark>kite</mark>"),
        ("\x02A\x03 \x02kite\x03", "<mark>A</mark> <mark>kite</mark>"),
        (
            "<b>\x02kite\x03</b> & 'x' \"y\"",
            "&lt;b&gt;<mark>kite</mark>&lt;/b&gt; &amp; &#x27;x&#x27; &quot;y&quot;",
        ),
        ("\x1f\x02\u8d64\x03\x1f\x1f\x02\u51e7\x03\x1f", "<mark>\u8d64\u51e7</mark>"),
        ("a\x1f\x02emoji1fa81\x03\x1fb", "a<mark>\U0001fa81</mark>b"),
        ("a\x1femoji1fa81\x1fb", "a\U0001fa81b"),
        ("emoji1fa81", "emoji1fa81"),
        ("\x02emoji1fa81\x03", "<mark>emoji1fa81</mark>"),
        ("x\x1f-\x1fy", "x-y"),
    ],
)
def test_headline_becomes_html(headline: str, html: str) -> None:
    assert as_html(headline) == html
