//! Moments with the precision of PostgreSQL, and as RFC 3339 in JSON.

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, SubsecRound, Utc};
use serde::{Serialize, Serializer};

const MICROSECOND_DIGITS: u16 = 6;

#[derive(Clone, Copy, Debug)]
pub struct Moment(pub DateTime<Utc>);

impl Moment {
    pub fn now() -> Self {
        Self(Utc::now().trunc_subsecs(MICROSECOND_DIGITS))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_whole = self.0.timestamp_subsec_micros() == 0;
        let format = if is_whole { SecondsFormat::Secs } else { SecondsFormat::Micros };
        serializer.serialize_str(&self.0.to_rfc3339_opts(format, true))
    }
}

pub fn today() -> NaiveDate {
    Utc::now().date_naive()
}

/// Each day that is today in some time zone: yesterday, today and tomorrow in UTC.
pub fn days_somewhere() -> [NaiveDate; 3] {
    let today = today();
    [today - Days::new(1), today, today + Days::new(1)]
}
