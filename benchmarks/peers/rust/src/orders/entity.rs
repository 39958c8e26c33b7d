//! An order with its lines and its history, as PostgreSQL has it and as JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::moment::Moment;

macro_rules! whole_orders {
    ($orders:literal) => {
        concat!(
            "SELECT o.id, o.status, o.recipient, o.total_cents, o.version, o.created_at, o.updated_at,
                line.item_ids, line.titles, line.prices, line.quantities, move.statuses, move.times
            FROM (",
            $orders,
            ") AS o
            CROSS JOIN LATERAL (
                SELECT array_agg(item_id ORDER BY position) AS item_ids, array_agg(title ORDER BY position) AS titles,
                    array_agg(unit_price_cents ORDER BY position) AS prices,
                    array_agg(quantity ORDER BY position) AS quantities
                FROM order_lines WHERE order_id = o.id
            ) AS line
            CROSS JOIN LATERAL (
                SELECT array_agg(status ORDER BY version) AS statuses, array_agg(at ORDER BY version) AS times
                FROM order_history WHERE order_id = o.id
            ) AS move
            ORDER BY o.id DESC"
        )
    };
}

pub const READ: &str = whole_orders!("SELECT * FROM orders WHERE id = $1 AND customer_id = $2");
const LIST: &str =
    whole_orders!("SELECT * FROM orders WHERE customer_id = $1 AND id < $2 ORDER BY id DESC LIMIT {limit}");

/// The limit is written out for the planner, which would take a parameter for a tenth of the rows.
pub fn list(limit: i64) -> String {
    LIST.replace("{limit}", &limit.to_string())
}

#[derive(Debug, Serialize)]
pub struct Line<'a> {
    pub item_id: Uuid,
    pub title: &'a str,
    pub unit_price_cents: i64,
    pub quantity: i32,
}

#[derive(Debug, Serialize)]
pub struct Move<'a> {
    pub status: &'a str,
    pub at: Moment,
}

#[derive(Debug, Serialize)]
pub struct Order<'a> {
    pub id: Uuid,
    pub status: &'a str,
    pub lines: Vec<Line<'a>>,
    pub total_cents: i64,
    pub recipient: Option<&'a str>,
    pub version: i32,
    pub created_at: Moment,
    pub updated_at: Moment,
    pub history: Vec<Move<'a>>,
}

impl<'a> Order<'a> {
    pub fn of(row: &'a Row) -> Self {
        Self {
            id: row.get(0),
            status: row.get(1),
            lines: lines_of(row),
            total_cents: row.get(3),
            recipient: row.get(2),
            version: row.get(4),
            created_at: Moment(row.get(5)),
            updated_at: Moment(row.get(6)),
            history: history_of(row),
        }
    }
}

fn lines_of(row: &Row) -> Vec<Line<'_>> {
    let (item_ids, titles): (Vec<Uuid>, Vec<&str>) = (row.get(7), row.get(8));
    let (prices, quantities): (Vec<i64>, Vec<i32>) = (row.get(9), row.get(10));
    let columns = item_ids.into_iter().zip(titles).zip(prices.into_iter().zip(quantities));
    let line = |((item_id, title), (unit_price_cents, quantity))| Line {
        item_id,
        title,
        unit_price_cents,
        quantity,
    };
    columns.map(line).collect()
}

fn history_of(row: &Row) -> Vec<Move<'_>> {
    let (statuses, times): (Vec<&str>, Vec<DateTime<Utc>>) = (row.get(11), row.get(12));
    statuses.into_iter().zip(times).map(|(status, at)| Move { status, at: Moment(at) }).collect()
}
