//! Who celebrates, today and soon.

pub mod rules;

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::header::LINK;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use tokio_postgres::Row;

use crate::app::Shared;
use crate::cursors::not_ours;
use crate::database::Database;
use crate::extract::ListQuery;
use crate::moment::{days_somewhere, today as current_day};
use crate::problem::Problem;

use rules::{Group, groups, ranges};

const TODAY: &str = "today";
const UPCOMING: &str = "upcoming";

/// Where a page begins: after this name among those who celebrate `in_days` days from `day`.
struct Place {
    day: NaiveDate,
    in_days: i64,
    username: String,
}

struct Celebration {
    username: String,
    born: NaiveDate,
    group: Group,
}

#[derive(Serialize)]
struct Person {
    username: String,
    turns: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_days: Option<i64>,
}

#[derive(Serialize)]
struct Page {
    date: NaiveDate,
    people: Vec<Person>,
    next_cursor: Option<String>,
}

pub async fn today(State(service): State<Shared>, query: ListQuery) -> Result<Response, Problem> {
    let limit = query.limit()?;
    let place = place(&service, &query, TODAY)?;
    if !days_somewhere().contains(&place.day) {
        return Err(Problem::invalid("cursor", "has expired: its day is over"));
    }
    let found = celebrating(&service.database, &place, 0..=0, limit + 1).await?;
    let page = page(&service, TODAY, place.day, found, limit);
    Ok(linked(&format!("/api/v1/birthdays/today?limit={limit}"), page))
}

pub async fn upcoming(State(service): State<Shared>, query: ListQuery) -> Result<Response, Problem> {
    let (days, limit) = (query.days()?, query.limit()?);
    let place = place(&service, &query, UPCOMING)?;
    let found = celebrating(&service.database, &place, 1..=days, limit + 1).await?;
    let page = page(&service, UPCOMING, place.day, found, limit);
    Ok(linked(&format!("/api/v1/birthdays/upcoming?limit={limit}&days={days}"), page))
}

fn place(service: &Shared, query: &ListQuery, list: &str) -> Result<Place, Problem> {
    match service.cursors.open(query.cursor(), &[list])? {
        None => Ok(Place { day: current_day(), in_days: -1, username: String::new() }),
        Some(parts) => place_of(&parts).ok_or_else(not_ours),
    }
}

fn place_of(parts: &[String]) -> Option<Place> {
    let [day, in_days, username] = parts else { return None };
    Some(Place { day: day.parse().ok()?, in_days: in_days.parse().ok()?, username: username.clone() })
}

/// Of the people found there is one more than the limit if another page follows.
fn page(service: &Shared, list: &str, day: NaiveDate, mut found: Vec<Celebration>, limit: i64) -> Page {
    let has_more = found.len() as i64 > limit;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| has_more);
    let next_cursor = last.map(|last| {
        let in_days = last.group.in_days.to_string();
        service.cursors.seal(&[list, &day.to_string(), &in_days, &last.username])
    });
    let people = found.into_iter().map(|one| person(one, list == UPCOMING)).collect();
    Page { date: day, people, next_cursor }
}

fn person(one: Celebration, has_day: bool) -> Person {
    Person {
        username: one.username,
        turns: one.group.day.year() - one.born.year(),
        date: has_day.then_some(one.group.day),
        in_days: has_day.then_some(one.group.in_days),
    }
}

/// Return people, soonest first and then by name.
async fn celebrating(
    database: &Database,
    place: &Place,
    days: impl Iterator<Item = i64>,
    limit: i64,
) -> Result<Vec<Celebration>, Problem> {
    let groups: Vec<_> =
        groups(place.day, days).into_iter().filter(|group| group.in_days >= place.in_days).collect();
    let rows = rows(database, place, &groups, limit).await?;
    let by_day: HashMap<_, _> = groups.iter().map(|group| (group.month_day, *group)).collect();
    let celebration = |row: &Row| {
        Some(Celebration { username: row.get(0), born: row.get(1), group: *by_day.get(&row.get(2))? })
    };
    let mut people: Vec<_> = rows.iter().filter_map(celebration).collect();
    people.sort_by(|a, b| (a.group.in_days, &a.username).cmp(&(b.group.in_days, &b.username)));
    people.truncate(limit as usize);
    Ok(people)
}

async fn rows(database: &Database, place: &Place, groups: &[Group], limit: i64) -> Result<Vec<Row>, Problem> {
    let ranges = ranges(groups);
    let first: Vec<_> = ranges.iter().map(|range| range[0].month_day).collect();
    let last: Vec<_> = ranges.iter().map(|range| range[range.len() - 1].month_day).collect();
    let is_continued = |range: &[Group]| range[0].in_days == place.in_days;
    let after = |range: &&[Group]| if is_continued(range) { place.username.as_str() } else { "" };
    let names: Vec<_> = ranges.iter().map(after).collect();
    Ok(database.rows(&statement(limit), &[&first, &last, &names]).await?)
}

/// The limit is written out for the planner, which would take a parameter for a tenth of the rows.
fn statement(limit: i64) -> String {
    format!(
        "SELECT person.username, person.date_of_birth, person.month_day
        FROM unnest($1::smallint[], $2::smallint[], $3::text[]) AS range (first, last, name)
        CROSS JOIN LATERAL (
            SELECT username, date_of_birth, month_day FROM people
            WHERE (month_day, username) > (range.first, range.name) AND month_day <= range.last
            ORDER BY month_day, username LIMIT {limit}
        ) AS person"
    )
}

fn linked(path: &str, page: Page) -> Response {
    let cursor = page.next_cursor.as_ref();
    let link = cursor.map(|cursor| [(LINK, format!("<{path}&cursor={cursor}>; rel=\"next\""))]);
    (link, Json(page)).into_response()
}
