//! A report as one line of JSON. Money and seconds are decimal numbers in strings.

use serde_json::{Value, json};

use super::ceiling;
use super::report::{AccountUse, KeyUse, ModelUse, Report};
use crate::billing::Standing;
use crate::domain::decimal;

/// The object, and the end of its line.
pub(super) fn line(report: &Report) -> String {
    let totals: Vec<_> = report
        .totals()
        .iter()
        .map(|(currency, nanos)| json!({ "amount": decimal(*nanos), "currency": currency.code() }))
        .collect();
    let accounts: Vec<_> = report.accounts.iter().map(account).collect();
    let (at, from, to) = (report.at, report.month.from, report.month.to);
    let object = json!({ "object": "usage", "at": at, "from": from, "to": to, "accounts": accounts, "totals": totals });
    format!("{object}\n")
}

fn account(of: &AccountUse) -> Value {
    json!({
        "id": of.id.as_str(),
        "name": of.account.as_ref().map(|account| &account.name),
        "plan": of.account.as_ref().and_then(|account| account.plan.as_ref()),
        "currency": of.currency().code(),
        "budget": of.ceilings.spend.as_ref().map(budget),
        "limits": of.ceilings.others.iter().map(limit).collect::<Vec<_>>(),
        "keys": of.keys.iter().map(key).collect::<Vec<_>>(),
    })
}

fn key(of: &KeyUse) -> Value {
    json!({
        "id": of.id.as_ref().map(crate::domain::KeyId::as_str),
        "name": of.name,
        "budget": of.ceilings.spend.as_ref().map(budget),
        "limits": of.ceilings.others.iter().map(limit).collect::<Vec<_>>(),
        "models": of.models.iter().map(model).collect::<Vec<_>>(),
    })
}

fn model(of: &ModelUse) -> Value {
    json!({
        "model": of.model,
        "requests": of.requests,
        // Thousandths are written like nanos of a larger unit.
        "audio_seconds": decimal(of.audio_ms.saturating_mul(1_000_000)),
        "input_tokens": of.input_tokens,
        "output_tokens": of.output_tokens,
        "cost": decimal(of.nanos),
        "currency": of.currency.code(),
    })
}

fn budget(of: &Standing) -> Value {
    json!({
        "ceiling": decimal(of.budget.ceiling),
        "used": decimal(of.used),
        "reserved": decimal(of.held),
        "left": decimal(of.left()),
        "resets_at": of.resets_at,
    })
}

fn limit(of: &Standing) -> Value {
    let (what, window) = ceiling::words(&of.budget);
    let amount = |amount: i64| ceiling::number(of.budget.measure, amount);
    json!({
        "of": what,
        "window": window,
        "ceiling": amount(of.budget.ceiling),
        "used": amount(of.used),
        "reserved": amount(of.held),
        "left": amount(of.left()),
        "resets_at": of.resets_at,
    })
}
