//! `minuted status incidents|open|annotate|resolve|maintenance`: on the store itself. Servers tell what was written
//! within seconds.

mod arguments;

use std::io::{self, Write};

use super::table::table;
use super::{Exit, block_on};
use crate::app;
use crate::config::Config;
use crate::status::{Kind, NewIncident, NewMaintenance, NewUpdate, Notice, NoticeObject, Operator, StatusError};
pub(super) use arguments::StatusCommand;
use arguments::{AnnotateFlags, ListFlags};

/// The most notices that are listed, of those that are over.
const LISTED: u32 = 10_000;

pub(super) fn run(command: StatusCommand) -> Result<(), Exit> {
    match command {
        StatusCommand::Incidents(flags) => list(&flags),
        StatusCommand::Open(flags) => {
            let config = flags.common.configure([])?;
            let (name, models, impact, body) = (flags.name, ids(&config, &flags.models)?, flags.impact, flags.body);
            let wish = NewIncident { name, models, impact, body };
            write(&config, flags.json, async |operator| operator.open(wish).await)
        }
        StatusCommand::Annotate(AnnotateFlags { common, notice, body, stage, impact, json }) => {
            let wish = NewUpdate { stage, impact, body };
            write(&common.configure([])?, json, async |operator| operator.update(&notice, wish).await)
        }
        StatusCommand::Resolve(flags) => {
            let (notice, body) = (flags.notice, flags.body);
            write(&flags.common.configure([])?, flags.json, async |operator| operator.end(&notice, body).await)
        }
        StatusCommand::Maintenance(flags) => {
            let config = flags.common.configure([])?;
            let (name, models, body) = (flags.name, ids(&config, &flags.models)?, flags.body);
            let wish = NewMaintenance { name, models, from: flags.from, until: flags.until, body };
            write(&config, flags.json, async |operator| operator.plan(wish).await)
        }
    }
}

fn list(flags: &ListFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    block_on(async {
        let notices = app::operator(&config).await?.notices(LISTED).await?;
        let notices: Vec<_> = notices.iter().filter(|notice| !flags.open || notice.is_open()).collect();
        let mut out = io::stdout().lock();
        if flags.json {
            for notice in notices {
                writeln!(out, "{}", serde_json::json!(NoticeObject::from(notice)))?;
            }
        } else {
            let rows: Vec<_> = notices.into_iter().map(row).collect();
            out.write_all(table(COLUMNS, &rows).as_bytes())?;
        }
        Ok(())
    })
}

/// The ids that these names of models mean to a server: a notice concerns no others.
fn ids(config: &Config, names: &[String]) -> Result<Vec<String>, Exit> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let ids = app::names(config)?.ids(names).map_err(|error| Exit::Usage(error.to_string()))?;
    Ok(ids.into_iter().collect())
}

/// Has something written, and shows it.
fn write(
    config: &Config,
    json: bool,
    wish: impl AsyncFnOnce(Operator) -> Result<Notice, StatusError>,
) -> Result<(), Exit> {
    block_on(async {
        let notice = wish(app::operator(config).await?).await?;
        let mut out = io::stdout().lock();
        if json {
            return Ok(writeln!(out, "{}", serde_json::json!(NoticeObject::from(&notice)))?);
        }
        Ok(out.write_all(table(COLUMNS, &[row(&notice)]).as_bytes())?)
    })
}

const COLUMNS: [&str; 6] = ["NOTICE", "SINCE", "STAGE", "IMPACT", "MODELS", "NAME"];

fn row(notice: &Notice) -> [String; 6] {
    let (since, impact) = match notice.kind {
        Kind::Incident { .. } => (notice.opened_at(), notice.impact.name()),
        Kind::Maintenance { from, .. } => (from, "maintenance"),
    };
    let models = if notice.models.is_empty() { "all".to_owned() } else { notice.models.join(",") };
    let since = since.strftime("%Y-%m-%dT%H:%MZ").to_string();
    [notice.id.to_string(), since, notice.stage().to_string(), impact.to_owned(), models, notice.name.clone()]
}
