//! Orders, each for its customer only.

mod entity;
mod keys;
mod placing;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::accounts::check_exists;
use crate::app::{Shared, etag};
use crate::auth::Caller;
use crate::cursors::not_ours;
use crate::extract::{Body, Id, ListQuery, parse_id};
use crate::problem::Problem;

use entity::Order;
use keys::{GivenKey, StoredAnswer};
use placing::OrderRequest;

/// Of all orders on a page together: it ends once it has so many.
const PAGE_LINES: usize = 1500;

#[derive(Serialize)]
struct Page<'a> {
    orders: Vec<Order<'a>>,
    next_cursor: Option<String>,
}

pub async fn read(State(service): State<Shared>, caller: Caller, Id(id): Id) -> Result<Response, Problem> {
    let connection = service.database.connection().await?;
    let Some(row) = connection.row(entity::READ, &[&id, &caller.account_id]).await? else {
        check_exists(&connection, &caller).await?;
        return Err(Problem::not_found("no such order"));
    };
    let order = Order::of(&row);
    Ok(([(ETAG, etag(order.version))], Json(order)).into_response())
}

pub async fn list(
    State(service): State<Shared>,
    caller: Caller,
    query: ListQuery,
) -> Result<Response, Problem> {
    let limit = query.limit()?;
    let before = match service.cursors.open(query.cursor(), &["orders", ""])?.as_deref() {
        None => Uuid::max(),
        Some([id]) => parse_id(id).ok_or_else(not_ours)?,
        Some(_) => return Err(not_ours()),
    };
    let connection = service.database.connection().await?;
    let rows = connection.rows(&entity::list(limit + 1), &[&caller.account_id, &before]).await?;
    if rows.is_empty() {
        check_exists(&connection, &caller).await?;
    }
    Ok(Json(page(&service, &rows, limit as usize)).into_response())
}

fn page<'a>(service: &Shared, rows: &'a [Row], limit: usize) -> Page<'a> {
    let (mut orders, mut lines) = (Vec::new(), 0);
    for order in rows.iter().take(limit).map(Order::of) {
        lines += order.lines.len();
        orders.push(order);
        if lines >= PAGE_LINES {
            break;
        }
    }
    let has_more = orders.len() < rows.len() || lines >= PAGE_LINES;
    let last = orders.last().filter(|_| has_more);
    let next_cursor = last.map(|order| service.cursors.seal(&["orders", "", &order.id.to_string()]));
    Page { orders, next_cursor }
}

pub async fn create(
    State(service): State<Shared>,
    caller: Caller,
    key: GivenKey,
    Body(wanted): Body<OrderRequest>,
) -> Result<Response, Problem> {
    wanted.check()?;
    let connection = service.database.connection().await?;
    let request = key.request(&wanted);
    let answer = placing::place(&connection, &caller, &wanted, request.as_ref()).await?;
    Ok(created(answer))
}

fn created(answer: StoredAnswer) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (LOCATION, answer.headers.location),
        (ETAG, answer.headers.etag),
    ];
    (StatusCode::CREATED, headers, answer.body).into_response()
}
