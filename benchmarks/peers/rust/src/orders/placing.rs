//! Placing an order: one statement stores it whole, with its event and the answer to a repetition.

use std::collections::HashMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use tokio::try_join;
use tokio_postgres::Row;
use tokio_postgres::types::Json as Jsonb;
use uuid::Uuid;

use super::entity::{Line, Move, Order};
use super::keys::{self, KeyedRequest, StoredAnswer};
use crate::auth::Caller;
use crate::database::{Connection, Error, Parameter};
use crate::events::shard_of;
use crate::extract::canonical_id;
use crate::moment::Moment;
use crate::people::is_name;
use crate::problem::Problem;

const MAX_LINES: usize = 100;
const MAX_QUANTITY: i32 = 1000;
const CONFIRM_DELAY: TimeDelta = TimeDelta::seconds(5);

const ITEMS: &str = "SELECT id, title, price_cents FROM items WHERE id = ANY($1)";
const KNOWS: &str = "SELECT FROM people WHERE username = $1";

macro_rules! place {
    ($key:literal) => {
        concat!(
            "WITH placed AS (
                INSERT INTO orders
                    (id, customer_id, status, recipient, total_cents, version, due_at, created_at, updated_at)
                VALUES ($1, $2, 'CREATED', $3, $4, 1, $5, $6, $6)
            ), lines AS (
                INSERT INTO order_lines (order_id, position, item_id, title, unit_price_cents, quantity)
                SELECT $1, number - 1, item_id, title, price, quantity
                FROM unnest($7::uuid[], $8::text[], $9::bigint[], $10::int[])
                    WITH ORDINALITY AS line (item_id, title, price, quantity, number)
            ), history AS (
                INSERT INTO order_history (order_id, version, status, at) VALUES ($1, 1, 'CREATED', $6)
            ), event AS (
                INSERT INTO outbox (shard, event_id, type, subject, time, data)
                VALUES ($11, $12::text || '-1', 'order.created', $12, $6, $13)
            )",
            $key,
            " SELECT pg_notify('outbox', ''), pg_notify('changes', $12)"
        )
    };
}

const PLACE: &str = place!("");
const PLACE_WITH_KEY: &str = place!(
    ", key AS (
        INSERT INTO idempotency_keys (account_id, key, fingerprint, order_id, answer, created_at)
        VALUES ($2, $14, $15, $1, $16, $6)
    )"
);

/// What a customer decides; as JSON it is what a fingerprint is made of.
#[derive(Deserialize, Serialize)]
pub struct OrderRequest {
    lines: Vec<LineRequest>,
    recipient: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct LineRequest {
    #[serde(deserialize_with = "canonical_id")]
    item_id: Uuid,
    quantity: i32,
}

impl OrderRequest {
    pub fn check(&self) -> Result<(), Problem> {
        if !(1..=MAX_LINES).contains(&self.lines.len()) {
            return Err(Problem::invalid("lines", format!("must have 1 to {MAX_LINES} items")));
        }
        let is_wrong = |line: &LineRequest| !(1..=MAX_QUANTITY).contains(&line.quantity);
        if let Some(position) = self.lines.iter().position(is_wrong) {
            let field = format!("lines.{position}.quantity");
            return Err(Problem::invalid(field, format!("must be between 1 and {MAX_QUANTITY}")));
        }
        if self.recipient.as_deref().is_some_and(|name| !is_name(name)) {
            return Err(Problem::invalid("recipient", "must be 1 to 100 letters"));
        }
        Ok(())
    }
}

/// Return the answer to this order, or the first one to a request that is repeated. A repetition that comes while
/// the first request is at work waits for it, and then cannot insert the key.
pub async fn place(
    connection: &Connection,
    caller: &Caller,
    wanted: &OrderRequest,
    request: Option<&KeyedRequest>,
) -> Result<StoredAnswer, Problem> {
    let ids: Vec<Uuid> = wanted.lines.iter().map(|line| line.item_id).collect();
    let ids: [Parameter<'_>; 1] = [&ids];
    let (stored, items, is_known) = try_join!(
        keys::find(connection, caller, request),
        connection.rows(ITEMS, &ids),
        is_known(connection, wanted.recipient.as_deref()),
    )?;
    if let Some(first) = stored {
        return keys::replay(&first, request);
    }
    if !is_known {
        return Err(Problem::invalid("recipient", "no user of this name"));
    }
    let order = new_order(wanted, &items)?;
    let body = to_raw_value(&order).expect("texts and numbers are valid JSON");
    let answer = StoredAnswer::new(order.id, body.get());
    match store(connection, caller, &order, &body, request.map(|request| (request, answer.packed()))).await {
        Ok(()) => Ok(answer),
        Err(error) if error.is_duplicate() => keys::first_answer(connection, caller, request).await,
        Err(error) => Err(error.into()),
    }
}

async fn is_known(connection: &Connection, recipient: Option<&str>) -> Result<bool, Error> {
    match recipient {
        None => Ok(true),
        Some(name) => Ok(connection.row(KNOWS, &[&name]).await?.is_some()),
    }
}

fn new_order<'a>(wanted: &'a OrderRequest, items: &'a [Row]) -> Result<Order<'a>, Problem> {
    let items: HashMap<Uuid, &Row> = items.iter().map(|row| (row.get(0), row)).collect();
    let lines = wanted.lines.iter().enumerate();
    let lines = lines.map(|(position, line)| new_line(position, line, items.get(&line.item_id)));
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let at = Moment::now();
    Ok(Order {
        id: Uuid::now_v7(),
        status: "CREATED",
        total_cents: lines.iter().map(|line| line.unit_price_cents * i64::from(line.quantity)).sum(),
        lines,
        recipient: wanted.recipient.as_deref(),
        version: 1,
        created_at: at,
        updated_at: at,
        history: vec![Move { status: "CREATED", at }],
    })
}

fn new_line<'a>(position: usize, wanted: &LineRequest, item: Option<&&'a Row>) -> Result<Line<'a>, Problem> {
    let invalid = |message| Problem::invalid(format!("lines.{position}.item_id"), message);
    let item = item.ok_or_else(|| invalid("no such item"))?;
    let price: Option<i64> = item.get(2);
    Ok(Line {
        item_id: wanted.item_id,
        title: item.get(1),
        unit_price_cents: price.ok_or_else(|| invalid("this item has no price"))?,
        quantity: wanted.quantity,
    })
}

async fn store(
    connection: &Connection,
    caller: &Caller,
    order: &Order<'_>,
    body: &RawValue,
    keyed: Option<(&KeyedRequest, Vec<u8>)>,
) -> Result<(), Error> {
    let (subject, due_at) = (order.id.to_string(), order.created_at.0 + CONFIRM_DELAY);
    let item_ids: Vec<_> = order.lines.iter().map(|line| line.item_id).collect();
    let titles: Vec<_> = order.lines.iter().map(|line| line.title).collect();
    let prices: Vec<_> = order.lines.iter().map(|line| line.unit_price_cents).collect();
    let quantities: Vec<_> = order.lines.iter().map(|line| line.quantity).collect();
    let (shard, data) = (shard_of(&subject), Jsonb(body));
    let mut parameters: Vec<Parameter<'_>> = vec![
        &order.id,
        &caller.account_id,
        &order.recipient,
        &order.total_cents,
        &due_at,
        &order.created_at.0,
        &item_ids,
        &titles,
        &prices,
        &quantities,
        &shard,
        &subject,
        &data,
    ];
    if let Some((request, answer)) = &keyed {
        parameters.extend([&request.key as Parameter<'_>, &request.fingerprint, answer]);
    }
    connection.row(if keyed.is_some() { PLACE_WITH_KEY } else { PLACE }, &parameters).await?;
    Ok(())
}
