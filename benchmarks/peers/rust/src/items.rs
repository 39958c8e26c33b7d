//! The gift catalogue.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, LOCATION};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Json as Jsonb;
use uuid::Uuid;

use crate::app::{Shared, etag};
use crate::auth::Caller;
use crate::database::Parameter;
use crate::events::shard_of;
use crate::extract::{Body, Id, ListQuery, canonical_id, header_text};
use crate::moment::Moment;
use crate::problem::Problem;

const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 10_000;
const MAX_PRICE_CENTS: i64 = 1_000_000_000;

const READ: &str = "
    SELECT i.id, i.title, i.description, i.price_cents, i.created_at, i.updated_at, a.id, a.full_name, i.version
    FROM items AS i JOIN accounts AS a ON a.id = i.owner_id
    WHERE i.id = $1
";
const CREATE: &str = "
    WITH owner AS (
        SELECT id, full_name FROM accounts WHERE id = $2
    ), item AS (
        INSERT INTO items (id, title, description, price_cents, owner_id, version, created_at, updated_at)
        SELECT $1::uuid, $3::text, $4::text, $5::bigint, id, 1, $6::timestamptz, $6 FROM owner
    ), entry AS (
        INSERT INTO audit (at, actor_id, action, subject_id, details)
        SELECT $6, id, 'item.created', $1, $7::jsonb FROM owner
    ), event AS (
        INSERT INTO outbox (shard, event_id, type, subject, time, data)
        SELECT $8::smallint, $9::text || '-1', 'item.created', $9, $6, $10::jsonb FROM owner
    )
    SELECT full_name, pg_notify('outbox', '') FROM owner
";

#[derive(Deserialize)]
pub struct ItemRequest {
    title: String,
    description: Option<String>,
    price_cents: Option<i64>,
    #[serde(default, deserialize_with = "optional_id")]
    owner_id: Option<Uuid>,
}

fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    #[derive(Deserialize)]
    struct Given(#[serde(deserialize_with = "canonical_id")] Uuid);
    Ok(Option::<Given>::deserialize(deserializer)?.map(|Given(id)| id))
}

/// What the audit trail notes of an item.
#[derive(Debug, Serialize)]
struct Details<'a> {
    title: &'a str,
    description: Option<&'a str>,
    price_cents: Option<i64>,
}

#[derive(Debug, Serialize)]
struct ItemEvent<'a> {
    id: Uuid,
    #[serde(flatten)]
    details: &'a Details<'a>,
    owner_id: Uuid,
    created_at: Moment,
    updated_at: Moment,
}

#[derive(Serialize)]
struct Owner<'a> {
    id: Uuid,
    full_name: &'a str,
}

#[derive(Serialize)]
pub struct Item<'a> {
    id: Uuid,
    title: &'a str,
    description: Option<&'a str>,
    price_cents: Option<i64>,
    owner: Owner<'a>,
    created_at: Moment,
    updated_at: Moment,
}

#[derive(Serialize)]
struct Page<'a> {
    items: Vec<Item<'a>>,
    total: i64,
}

impl<'a> Item<'a> {
    pub fn of(row: &'a Row) -> Self {
        Self {
            id: row.get(0),
            title: row.get(1),
            description: row.get(2),
            price_cents: row.get(3),
            owner: Owner { id: row.get(6), full_name: row.get(7) },
            created_at: Moment(row.get(4)),
            updated_at: Moment(row.get(5)),
        }
    }
}

impl ItemRequest {
    fn check(&self, caller: &Caller) -> Result<(), Problem> {
        check_text("title", &self.title, 1, MAX_TITLE)?;
        check_text("description", self.description.as_deref().unwrap_or_default(), 0, MAX_DESCRIPTION)?;
        if self.price_cents.is_some_and(|price| !(0..=MAX_PRICE_CENTS).contains(&price)) {
            return Err(Problem::invalid("price_cents", format!("must be between 0 and {MAX_PRICE_CENTS}")));
        }
        if self.owner_id.is_some_and(|owner| owner != caller.account_id) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "an item can only be your own"));
        }
        Ok(())
    }

    fn details(&self) -> Details<'_> {
        Details {
            title: &self.title,
            description: self.description.as_deref(),
            price_cents: self.price_cents,
        }
    }
}

/// One row without an item if the page is empty. The limit is written out for the planner, which would take a
/// parameter for a tenth of the rows.
fn list_statement(limit: i64) -> String {
    format!(
        "SELECT i.id, i.title, i.description, i.price_cents, i.created_at, i.updated_at, a.id, a.full_name, total
        FROM (SELECT count(*) AS total FROM items) AS counted
        LEFT JOIN (SELECT * FROM items ORDER BY id DESC LIMIT {limit} OFFSET $1) AS i ON true
        LEFT JOIN accounts AS a ON a.id = i.owner_id
        ORDER BY i.id DESC"
    )
}

fn check_text(field: &'static str, text: &str, least: usize, most: usize) -> Result<(), Problem> {
    if text.contains('\0') {
        return Err(Problem::invalid(field, "must not contain NUL"));
    }
    if text.len() < least || text.chars().count() > most {
        return Err(Problem::invalid(field, format!("must have {least} to {most} characters")));
    }
    Ok(())
}

pub async fn read(State(service): State<Shared>, Id(id): Id, known: KnownTags) -> Result<Response, Problem> {
    let row = service.database.row(READ, &[&id]).await?;
    let row = row.ok_or_else(|| Problem::not_found("no such item"))?;
    let tag = etag(row.get(8));
    let is_known = known.contain(&tag);
    let headers = [(ETAG, tag), (CACHE_CONTROL, "no-cache".to_owned())];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, Json(Item::of(&row))).into_response())
}

pub async fn list(State(service): State<Shared>, query: ListQuery) -> Result<Response, Problem> {
    let (skip, limit) = (query.skip()?, query.limit()?);
    let rows = service.database.rows(&list_statement(limit), &[&skip]).await?;
    let total = rows.first().map_or(0, |row| row.get(8));
    let has_item = |row: &&Row| row.get::<_, Option<Uuid>>(0).is_some();
    let items = rows.iter().filter(has_item).map(Item::of).collect();
    Ok(Json(Page { items, total }).into_response())
}

pub async fn create(
    State(service): State<Shared>,
    caller: Caller,
    Body(wanted): Body<ItemRequest>,
) -> Result<Response, Problem> {
    wanted.check(&caller)?;
    let (id, at, details) = (Uuid::now_v7(), Moment::now(), wanted.details());
    let (subject, owner_id) = (id.to_string(), caller.account_id);
    let event = ItemEvent { id, details: &details, owner_id, created_at: at, updated_at: at };
    let (shard, entry, event) = (shard_of(&subject), Jsonb(&details), Jsonb(&event));
    let parameters: [Parameter<'_>; 10] = [
        &id,
        &owner_id,
        &wanted.title,
        &wanted.description,
        &wanted.price_cents,
        &at.0,
        &entry,
        &shard,
        &subject,
        &event,
    ];
    let row = service.database.row(CREATE, &parameters).await?.ok_or_else(Problem::account_gone)?;
    let item = Item {
        id,
        title: details.title,
        description: details.description,
        price_cents: details.price_cents,
        owner: Owner { id: owner_id, full_name: row.get(0) },
        created_at: at,
        updated_at: at,
    };
    let headers = [(LOCATION, format!("/api/v1/items/{id}")), (ETAG, etag(1))];
    Ok((StatusCode::CREATED, headers, Json(item)).into_response())
}

/// `If-None-Match`: weak tags match as well.
pub struct KnownTags(Option<String>);

impl KnownTags {
    fn contain(&self, tag: &str) -> bool {
        let is_same = |known: &str| known == "*" || known.trim_start_matches("W/") == tag;
        self.0.as_ref().is_some_and(|tags| tags.split(',').map(str::trim).any(is_same))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for KnownTags {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(header_text(parts, &IF_NONE_MATCH)))
    }
}
