//! From the text of a catalogue to cards: everything that is written is checked here, once.

use jiff::civil::Date;
use serde::Deserialize;

use super::life::day_of;
use super::{Capability, Card, Cards, Life, Phase};
use crate::domain::Timestamp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    model: Vec<Written>,
}

/// A card as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    vendor: String,
    #[serde(default)]
    description: String,
    parameters: Option<u64>,
    context_tokens: Option<u32>,
    licence: String,
    licence_file: Option<String>,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    capabilities: Vec<Capability>,
    location: Option<String>,
    indemnification: Option<String>,
    phase: Phase,
    production_on: Option<Date>,
    announced_on: Option<Date>,
    ends_on: Option<Date>,
    #[serde(default)]
    lts: bool,
    #[serde(default)]
    forced: bool,
    successor: Option<String>,
}

impl Cards {
    /// From the text of a file.
    ///
    /// # Errors
    /// The first thing that is wrong, with the model's id.
    pub(super) fn read(text: &str, now: Timestamp) -> Result<Self, String> {
        let File { model } = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let cards = Self(model.into_iter().map(|written| card(written, now)).collect::<Result<_, _>>()?);
        cards.check_names()?;
        cards.check_successors()?;
        Ok(cards)
    }

    fn check_names(&self) -> Result<(), String> {
        let names: Vec<_> = self.iter().flat_map(|card| card.names().map(move |name| (card, name))).collect();
        for (at, (card, name)) in names.iter().enumerate() {
            if names[..at].iter().any(|(_, other)| other.eq_ignore_ascii_case(name)) {
                return Err(wrong(&card.id, &format!("the name `{name}` is there twice")));
            }
        }
        Ok(())
    }

    /// Each successor has a card, and no line of successors comes back to where it began.
    fn check_successors(&self) -> Result<(), String> {
        for card in self.iter() {
            let (mut at, mut steps) = (card, 0);
            while let Some(next) = &at.successor {
                let no_card = || wrong(&at.id, &format!("its successor `{next}` is not in the catalogue"));
                at = self.find(next).ok_or_else(no_card)?;
                steps += 1;
                if steps > self.0.len() {
                    return Err(wrong(&card.id, "it is among its own successors"));
                }
            }
        }
        Ok(())
    }
}

fn card(written: Written, now: Timestamp) -> Result<Card, String> {
    let unfit = |why: &str| Err(wrong(&written.id, why));
    if !written.aliases.iter().chain([&written.id]).all(|name| is_name(name)) {
        return unfit("its names have 1 to 100 letters, digits, `-`, `_`, `.`, `:` or `/`");
    }
    if written.vendor.trim().is_empty() || written.licence.trim().is_empty() {
        return unfit("vendor and licence must be said");
    }
    if written.licence_file.as_ref().is_some_and(|url| !url.starts_with("https://")) {
        return unfit("licence_file is a URL that begins with https://");
    }
    let life = Life {
        written: written.phase,
        production_on: written.production_on,
        announced_on: written.announced_on,
        ends_on: written.ends_on,
        lts: written.lts,
        forced: written.forced,
    };
    check_life(&written.id, &life, now)?;
    Ok(Card {
        id: written.id,
        aliases: written.aliases,
        vendor: written.vendor,
        description: written.description,
        parameters: written.parameters,
        context_tokens: written.context_tokens,
        licence: written.licence,
        licence_file: written.licence_file,
        languages: written.languages,
        capabilities: written.capabilities,
        location: written.location,
        indemnification: written.indemnification,
        life,
        successor: written.successor,
    })
}

/// Whether the dates belong to the phase and to each other, and the end has had its notice.
fn check_life(model: &str, life: &Life, now: Timestamp) -> Result<(), String> {
    let unfit = |why: &str| Err(wrong(model, why));
    let Life { written, production_on, announced_on, ends_on, forced, .. } = *life;
    if announced_on.is_none() && (ends_on.is_some() || written >= Phase::Deprecated) {
        return unfit("a model that ends has an `announced_on`: the day on which its end was announced");
    }
    if production_on.is_some_and(|begin| announced_on.is_some_and(|announced| announced < begin)) {
        return unfit("its end is announced before its production begins");
    }
    if written == Phase::Retired && !ends_on.is_some_and(|end| forced || end <= day_of(now)) {
        return unfit("it is retired from the day on that `ends_on` says, and that day has not come");
    }
    let (Some(announced_on), Some(ends_on)) = (announced_on, ends_on) else { return Ok(()) };
    let earliest = Life::earliest_end(announced_on);
    if ends_on < earliest && !forced {
        return unfit(&format!(
            "its end on {ends_on} was announced on {announced_on}, less than three months before; it may end on \
             {earliest} at the earliest, or with `forced = true` on the day that is written"
        ));
    }
    Ok(())
}

fn wrong(model: &str, why: &str) -> String {
    format!("model `{model:.100}`: {why}")
}

/// Whether a name can stand in a path and a header as it is.
fn is_name(name: &str) -> bool {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    (1..=100).contains(&name.len()) && name.bytes().all(fit)
}

#[cfg(test)]
mod tests;
