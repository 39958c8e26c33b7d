"""Full-text search of items: a document per item, the words of all documents, and the completions of titles.

A trigger keeps them, so an item is found from its commit on, whichever release has written it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from hello.entities.errors import UnavailableError

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

EXTENSIONS = ("pg_trgm", "unaccent", "fuzzystrmatch")
EMOJI = r"[\u2600-\u27BF\U0001F000-\U0001FAFF]"
IDEOGRAPH = r"[\u2E80-\u2FDF\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF]"
MARKS = (
    r"[\u0300-\u036F\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u0640\u064B-\u065F\u0670]+"
)
ALEFS, ALEF = "\u0622\u0623\u0625\u0671", "\u0627"  # with hamza, madda or wasla, as few people type them
SIGNS = (
    r"\u0021-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00BF\u00D7\u00F7\u055A-\u055F\u0589\u058A"
    r"\u05BE\u05C0\u05C3\u060C\u061B-\u061F\u066A-\u066D\u06D4\u0964\u0965\u2000-\u25FF\u2900-\u2BFF"
    r"\u3000-\u303F\uFE00-\uFE0F\uFF00-\uFF0F\U000E0000-\U000E01EF"
)
SEPARATORS = rf"[\u0001-\u0020{SIGNS}]+"

# Words in small letters without accents and vowel marks, with a blank between two. Each ideograph is a word,
# so a part of a sentence is found; each emoji becomes a word of letters, as PostgreSQL's parser skips emoji.
SEARCH_TEXT = f"""
CREATE FUNCTION search_text(body text) RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    emoji text;
BEGIN
    body := translate(unaccent(lower(normalize(body, NFKC))), '{ALEFS}', repeat('{ALEF}', 4));
    body := regexp_replace(body, '{MARKS}', '', 'g');
    FOR emoji IN SELECT DISTINCT match[1] FROM regexp_matches(body, '({EMOJI})', 'g') AS match LOOP
        body := replace(body, emoji, ' emoji' || to_hex(ascii(emoji)) || ' ');
    END LOOP;
    body := regexp_replace(body, '({IDEOGRAPH})', ' \\1 ', 'g');
    RETURN btrim(regexp_replace(body, '{SEPARATORS}', ' ', 'g'));
END
$$
"""  # noqa: S608  # made of constants

# The text with its marks, one after each match: U+0002 before, U+0003 after. U+001F separates words that
# nothing else separates, and signs from words, which PostgreSQL's parser would read as addresses, paths and
# tags; an emoji stands as its word between two of them.
SEARCH_HEADLINE = f"""
CREATE FUNCTION search_headline(body text, query tsquery, options text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    emoji text;
BEGIN
    body := translate(body, U&'\\0002\\0003', U&'\\001F\\001F');
    FOR emoji IN SELECT DISTINCT match[1] FROM regexp_matches(body, '({EMOJI})', 'g') AS match LOOP
        body := replace(body, emoji, U&'\\001Femoji' || to_hex(ascii(emoji)) || U&'\\001F');
    END LOOP;
    body := regexp_replace(body, '({IDEOGRAPH}|[{SIGNS}])', U&'\\001F' || '\\1' || U&'\\001F', 'g');
    RETURN ts_headline('hello', body, query, U&'StartSel=\\0002, StopSel=\\0003, ' || options);
END
$$
"""  # noqa: S608

CONFIGURATION = (
    "CREATE TEXT SEARCH DICTIONARY hello_stem (TEMPLATE = snowball, LANGUAGE = english)",
    "CREATE TEXT SEARCH CONFIGURATION hello (COPY = simple)",
    "ALTER TEXT SEARCH CONFIGURATION hello ALTER MAPPING FOR asciiword, word WITH unaccent, hello_stem",
    "ALTER TEXT SEARCH CONFIGURATION hello ALTER MAPPING FOR numword WITH unaccent, simple",
)

# A completion is the title from one of its first eight words on, then U+0001 and the words before: it differs
# between two titles, and begins with what is typed.
SEARCH_COMPLETIONS = r"""
CREATE FUNCTION search_completions(title text) RETURNS SETOF text
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT left(concat_ws(U&'\0001', array_to_string(words[start : cardinality(words)], ' '),
        nullif(array_to_string(words[1 : start - 1], ' '), '')), 200)
    FROM string_to_array(title, ' ') AS words, generate_series(1, least(cardinality(words), 8)) AS start
$$
"""

# The words have no unique index: a writer of a new word would wait for another one.
INDEX_ITEM = """
CREATE FUNCTION index_item(item items) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    title text := search_text(item.title);
    description text := search_text(coalesce(item.description, ''));
    document tsvector :=
        setweight(to_tsvector('hello', title), 'A') || setweight(to_tsvector('hello', description), 'D');
BEGIN
    INSERT INTO item_documents AS stored (item_id, version, owner_id, price_cents, document)
    VALUES (item.id, item.version, item.owner_id, item.price_cents, document)
    ON CONFLICT (item_id) DO UPDATE SET version = excluded.version, owner_id = excluded.owner_id,
        price_cents = excluded.price_cents, document = excluded.document;

    DELETE FROM item_completions WHERE item_id = item.id;
    INSERT INTO item_completions (item_id, completion) SELECT item.id, search_completions(title);

    INSERT INTO search_words (word)
    SELECT DISTINCT word FROM string_to_table(title || ' ' || description, ' ') AS word
    WHERE char_length(word) BETWEEN 3 AND 40 AND word !~ '^([0-9]|emoji)'
        AND NOT EXISTS (SELECT FROM search_words AS known WHERE known.word = word.word);
END
$$
"""
FORGET_ITEM = """
CREATE FUNCTION forget_item(id uuid) RETURNS void LANGUAGE sql AS $$
    DELETE FROM item_documents WHERE item_id = id;
    DELETE FROM item_completions WHERE item_id = id;
$$
"""
FOLLOW_ITEMS = """
CREATE FUNCTION follow_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM forget_item(OLD.id);
    ELSE
        PERFORM index_item(NEW);
    END IF;
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER follow_items AFTER INSERT OR UPDATE OR DELETE ON items
FOR EACH ROW EXECUTE FUNCTION follow_items()
"""

# Most are indexed before the trigger exists, without a lock that keeps writers out; then those that changed
# meanwhile, with one.
INDEX_ALL = "SELECT count(index_item(items)) FROM items"
CATCH_UP = """
WITH changed AS MATERIALIZED (
    SELECT items AS item, item_documents.item_id, items.id
    FROM items FULL JOIN item_documents ON item_id = id
    WHERE items.version IS DISTINCT FROM item_documents.version
)
SELECT count(index_item(item)) FILTER (WHERE id IS NOT NULL),
    count(forget_item(item_id)) FILTER (WHERE id IS NULL)
FROM changed
"""


def upgrade() -> None:
    for name in EXTENSIONS:
        create_extension(name)
    create_tables()
    functions = (SEARCH_TEXT, *CONFIGURATION, SEARCH_HEADLINE, SEARCH_COMPLETIONS, INDEX_ITEM, FORGET_ITEM)
    for statement in (*functions, FOLLOW_ITEMS, INDEX_ALL):
        op.execute(statement)
    create_indexes()
    op.execute(TRIGGER)
    op.execute(CATCH_UP)


def create_extension(name: str) -> None:
    """Raise `UnavailableError` that tells an operator what to do."""
    try:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    except DBAPIError as error:
        raise UnavailableError(
            f"search needs the extension {name}, which this user cannot create here: have an administrator"
            f" run `CREATE EXTENSION {name}` in this database, then migrate again"
        ) from error


def create_tables() -> None:
    op.create_table(
        "item_documents",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=True),
        sa.Column("document", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_documents")),
    )
    op.create_table(
        "item_completions",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("completion", sa.Text(collation="C"), nullable=False),
    )
    op.create_table("search_words", sa.Column("word", sa.Text(collation="C"), nullable=False))
    # What `index_item` looks up; the other indexes are built faster when the tables are full.
    op.create_index("ix_item_completions_item_id", "item_completions", ["item_id"])
    op.create_index("ix_search_words_word", "search_words", ["word"])


def create_indexes() -> None:
    op.create_index(
        "ix_item_documents_document",
        "item_documents",
        ["document"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 1024},  # in kB: what each search reads on top
    )
    op.create_index("ix_item_completions_completion", "item_completions", ["completion"])
    op.create_index(
        "ix_search_words_trigrams",
        "search_words",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
