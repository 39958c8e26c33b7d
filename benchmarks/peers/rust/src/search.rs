//! Searching the catalogue for items that have all words, as they are typed.

mod highlight;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio_postgres::Row;

use crate::app::Shared;
use crate::database::Connection;
use crate::extract::ListQuery;
use crate::items::Item;
use crate::problem::Problem;

use highlight::{as_html, has_match};

const MAX_TEXT: usize = 500;
const BAND_STARTS: [i64; 6] = [0, 1000, 2500, 5000, 10_000, 25_000];

const NORMALIZE: &str = "
    SELECT search_text(body) FROM unnest($1::text[]) WITH ORDINALITY AS typed (body, place) ORDER BY place
";
/// One row without an item if nothing matches.
const SEARCH: &str = r#"
    WITH matching AS MATERIALIZED (
        SELECT item_id, width_bucket(price_cents, $2::bigint[]) AS band,
            2 + ts_rank('{0.1, 0.2, 0.4, 1}', document, to_tsquery('hello', $1), 1) AS score
        FROM item_documents WHERE document @@ to_tsquery('hello', $1)
        LIMIT 10000
    ), page AS (
        SELECT item_id, score FROM matching ORDER BY score DESC, item_id DESC LIMIT $3 OFFSET $4
    ), found AS (
        SELECT items.*, full_name, score,
            search_headline(title, to_tsquery('hello', $1), 'HighlightAll=true') AS marked_title,
            search_headline(description, to_tsquery('hello', $1), CASE
                WHEN char_length(description) <= 200 THEN 'HighlightAll=true'
                ELSE 'MaxFragments=3, MinWords=8, MaxWords=30, FragmentDelimiter=" … "'
            END) AS marked_description
        FROM page JOIN items ON items.id = item_id JOIN accounts ON accounts.id = owner_id
    ), counts AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE band IS NULL) AS without_price,
            ARRAY(SELECT (SELECT count(*) FROM matching WHERE band = number) FROM generate_series(1, 6) AS number)
                AS bands
        FROM matching
    )
    SELECT id, title, description, price_cents, created_at, updated_at, owner_id, full_name,
        score, marked_title, marked_description, total, without_price, bands
    FROM counts LEFT JOIN found ON true
    ORDER BY score DESC, id DESC
"#;

#[derive(Serialize)]
struct Highlight {
    title: String,
    description: Option<String>,
}

#[derive(Serialize)]
struct Found<'a> {
    #[serde(flatten)]
    item: Item<'a>,
    score: f64,
    highlight: Highlight,
}

#[derive(Serialize)]
struct PriceFacet {
    min_price_cents: i64,
    max_price_cents: Option<i64>,
    count: i64,
}

#[derive(Serialize)]
struct Facets {
    prices: Vec<PriceFacet>,
    without_price: i64,
}

#[derive(Serialize)]
struct Matches<'a> {
    items: Vec<Found<'a>>,
    total: i64,
    engine: &'static str,
    facets: Facets,
}

pub async fn items(State(service): State<Shared>, query: ListQuery) -> Result<Response, Problem> {
    let (skip, limit) = (query.skip()?, query.limit()?);
    let text = checked_text(query.text())?;
    let connection = service.database.connection().await?;
    let wanted = text_search_query(&connection, text).await?;
    let rows = connection.rows(SEARCH, &[&wanted, &BAND_STARTS.as_slice(), &limit, &skip]).await?;
    let counts = rows.first().ok_or_else(Problem::unavailable)?;
    let matches = Matches {
        items: rows.iter().filter_map(found).collect(),
        total: counts.get(11),
        engine: "postgres",
        facets: Facets { prices: price_facets(counts.get(13)), without_price: counts.get(12) },
    };
    Ok(([(CACHE_CONTROL, "no-cache")], Json(matches)).into_response())
}

fn checked_text(text: Option<&str>) -> Result<&str, Problem> {
    let is_good =
        |text: &&str| !text.trim().is_empty() && text.chars().count() <= MAX_TEXT && !text.contains('\0');
    text.filter(is_good).ok_or_else(|| Problem::invalid("q", format!("must have 1 to {MAX_TEXT} characters")))
}

/// Return the text of `to_tsquery` in which each word is quoted; one with a hyphen, say, becomes a phrase.
async fn text_search_query(connection: &Connection, text: &str) -> Result<String, Problem> {
    let terms: Vec<_> = text.split_whitespace().collect();
    let rows = connection.rows(NORMALIZE, &[&terms]).await?;
    let phrases = rows.iter().map(|row| phrase(row.get(0))).filter(|phrase| !phrase.is_empty());
    Ok(phrases.collect::<Vec<_>>().join(" & "))
}

fn phrase(words: &str) -> String {
    let quoted = |word: &str| format!("'{}'", word.replace('\\', r"\\").replace('\'', "''"));
    words.split(' ').filter(|word| !word.is_empty()).map(quoted).collect::<Vec<_>>().join(" <-> ")
}

fn found(row: &Row) -> Option<Found<'_>> {
    let score = row.get::<_, Option<f64>>(8)?;
    let description = row.get::<_, Option<&str>>(10).filter(|marked| has_match(marked)).map(as_html);
    Some(Found {
        item: Item::of(row),
        score,
        highlight: Highlight { title: as_html(row.get(9)), description },
    })
}

fn price_facets(counts: Vec<i64>) -> Vec<PriceFacet> {
    let facet = |(band, count): (usize, i64)| PriceFacet {
        min_price_cents: BAND_STARTS[band],
        max_price_cents: BAND_STARTS.get(band + 1).map(|next| next - 1),
        count,
    };
    counts.into_iter().enumerate().map(facet).collect()
}
