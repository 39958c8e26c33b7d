//! When a birthday is celebrated, and who celebrates on a day.

use std::collections::HashSet;

use chrono::{Datelike, Days, NaiveDate};

const BORN_ON_LEAP_DAY: i16 = 229;
const FIRST_OF_MARCH: i16 = 301;

/// A day of birth as its month and day, and when it is celebrated next.
#[derive(Clone, Copy)]
pub struct Group {
    pub month_day: i16,
    pub day: NaiveDate,
    pub in_days: i64,
    shares_day: bool,
}

/// Return who celebrates on these days from `today` on, each day of birth only once.
pub fn groups(today: NaiveDate, days: impl Iterator<Item = i64>) -> Vec<Group> {
    let mut seen = HashSet::new();
    let mut groups = Vec::new();
    for in_days in days {
        let day = today + Days::new(in_days as u64);
        let celebrated = month_days_celebrated(day);
        let shares_day = celebrated.len() > 1;
        let new = celebrated.into_iter().filter(|month_day| seen.insert(*month_day));
        groups.extend(new.map(|month_day| Group { month_day, day, in_days, shares_day }));
    }
    groups
}

/// Join groups that follow each other in the index, but not two that celebrate on the same day.
pub fn ranges(groups: &[Group]) -> Vec<&[Group]> {
    let is_next = |a: &Group, b: &Group| a.month_day < b.month_day && !a.shares_day && !b.shares_day;
    groups.chunk_by(is_next).collect()
}

/// Who was born on 29 February celebrates on 1 March of a common year.
fn celebration(born: NaiveDate, year: i32) -> NaiveDate {
    let first_of_march = || NaiveDate::from_ymd_opt(year, 3, 1).expect("each year has a March");
    born.with_year(year).unwrap_or_else(first_of_march)
}

pub fn days_until_birthday(born: NaiveDate, today: NaiveDate) -> i64 {
    let this_year = celebration(born, today.year());
    let next = if this_year >= today { this_year } else { celebration(born, today.year() + 1) };
    (next - today).num_days()
}

pub fn month_days_celebrated(day: NaiveDate) -> Vec<i16> {
    let month_day = (100 * day.month() + day.day()) as i16;
    let has_leapers = month_day == FIRST_OF_MARCH && !day.leap_year();
    let leapers = has_leapers.then_some(BORN_ON_LEAP_DAY);
    std::iter::once(month_day).chain(leapers).collect()
}
