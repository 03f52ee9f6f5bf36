//! Counts of what happened to models, added in all three widths at once.

use std::collections::BTreeMap;

use super::bulk::{Change, Insert};
use super::words::word;
use super::{Connection, Row, Value};
use crate::domain::Timestamp;
use crate::status::{Detail, Span, Tallies, Tally};
use crate::storage::error::Failure;

static ADD: Insert = Insert {
    into: "status_counts",
    columns: "width, start, model, measure, number, count",
    then: "ON CONFLICT (width, start, model, measure, number) \
           DO UPDATE SET count = status_counts.count + excluded.count",
};

/// Adds minutes, and the hours and days in which they are; to be called in a transaction.
pub async fn add_tallies(connection: &mut dyn Connection, minutes: &Tallies) -> Result<(), Failure> {
    // Each row once, and all in one order, so that no two servers wait for each other.
    let mut sums: BTreeMap<(i64, i64, &str), Tally> = BTreeMap::new();
    for span in Span::ALL {
        for ((start, model), tally) in minutes {
            sums.entry((span.seconds(), span.start(*start).as_second(), model)).or_default().merge(tally);
        }
    }
    let rows: Vec<_> = sums
        .iter()
        .flat_map(|(&(width, start, model), tally)| {
            tally.counts().map(move |(measure, number, count)| (width, start, model, word(&measure), number, count))
        })
        .collect();
    let values: Vec<_> = rows
        .iter()
        .flat_map(|(width, start, model, measure, number, count)| {
            [
                Value::Int(*width),
                Value::Int(*start),
                Value::Text(model),
                Value::Text(measure),
                Value::Int(i64::from(*number)),
                Value::Int(i64::try_from(*count).unwrap_or(i64::MAX)),
            ]
        })
        .collect();
    Ok(connection.write(&[Change::Insert(&ADD, values)]).await?)
}

/// Reads the spans that begin in a time.
pub async fn tallies(
    connection: &mut dyn Connection,
    span: Span,
    (from, to): (Timestamp, Timestamp),
    detail: Detail,
) -> Result<Tallies, Failure> {
    let sql = match detail {
        Detail::Whole => {
            "SELECT start, model, measure, number, count FROM status_counts \
             WHERE width = $1 AND start >= $2 AND start < $3"
        }
        Detail::Outcomes => {
            "SELECT start, model, measure, number, count FROM status_counts \
             WHERE width = $1 AND start >= $2 AND start < $3 AND measure IN ('served', 'failed', 'excused')"
        }
    };
    let values = [Value::Int(span.seconds()), Value::Int(from.as_second()), Value::Int(to.as_second())];
    let mut found = Tallies::new();
    for row in connection.rows(sql, &values).await? {
        read(&row, &mut found)?;
    }
    Ok(found)
}

fn read(row: &Row, found: &mut Tallies) -> Result<(), Failure> {
    let start = Timestamp::from_second(row.int("start")?).map_err(|_| Failure::Row("start"))?;
    let number = u16::try_from(row.int("number")?).map_err(|_| Failure::Row("number"))?;
    let count = u64::try_from(row.int("count")?).map_err(|_| Failure::Row("count"))?;
    found.entry((start, row.text("model")?)).or_default().add(row.word("measure")?, number, count);
    Ok(())
}

/// Takes out what is older than is kept.
pub async fn forget_tallies(connection: &mut dyn Connection, now: Timestamp) -> Result<u64, Failure> {
    let mut forgotten = 0;
    for span in Span::ALL {
        let values = [Value::Int(span.seconds()), Value::Int(span.horizon(now).as_second())];
        forgotten += connection.run("DELETE FROM status_counts WHERE width = $1 AND start < $2", &values).await?;
    }
    Ok(forgotten)
}
