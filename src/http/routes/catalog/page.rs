//! The page itself: HTML made of entries, everything that an operator wrote escaped.

use std::fmt::Write as _;

use super::{Listed, PriceObject};
use crate::catalog::{Card, Phase};
use crate::domain::Timestamp;
use crate::status::dialects::escaped;

/// What stands before the models.
const HEAD: &str = include_str!("head.html");

/// A model of which the page tells.
pub(super) struct Entry<'a> {
    pub model: Listed<'a>,
    pub prices: Vec<PriceObject>,
}

/// The whole page.
pub(super) fn page(entries: &[Entry<'_>], now: Timestamp) -> String {
    let mut page = HEAD.to_owned();
    for entry in entries {
        let on_page = entries.iter().any(|other| Some(&other.model.id) == entry.model.successor.as_ref());
        page.push_str(&article(entry, on_page));
    }
    let _ = write!(page, "</main>\n<footer>As of {}, in UTC.</footer>\n</html>\n", now.strftime("%Y-%m-%d %H:%M"));
    page
}

fn article(entry: &Entry<'_>, successor_on_page: bool) -> String {
    let model = &entry.model;
    let id = escaped(&model.id);
    let mut html = format!("<article id=\"{id}\">\n<h2><a href=\"#{id}\">{id}</a>");
    if let Some(phase) = model.phase {
        let phase = phase.as_str();
        let _ = write!(html, " <span class=\"phase {phase}\">{phase}</span>");
    }
    if model.card.is_some_and(|card| card.life.lts) {
        html.push_str(" <span class=\"phase\">long-term support</span>");
    }
    html.push_str("</h2>\n");
    if !model.description.is_empty() {
        let _ = writeln!(html, "<p>{}</p>", escaped(&model.description));
    }
    if let Some(card) = model.card {
        html.push_str(&ending(card, model, successor_on_page));
    }
    html.push_str("<dl>\n");
    for (name, value) in facts(entry).into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(html, "<dt>{name}</dt><dd>{value}</dd>");
    }
    html.push_str("</dl>\n</article>\n");
    html
}

/// A sentence on the end of a model, if it has been announced.
fn ending(card: &Card, model: &Listed<'_>, successor_on_page: bool) -> String {
    let end = card.life.ends_on.map(|day| format!(" on <strong>{day}</strong>")).unwrap_or_default();
    let successor = model.successor.as_deref().map(escaped).map(|id| {
        let name = if successor_on_page { format!("<a href=\"#{id}\">{id}</a>") } else { format!("<code>{id}</code>") };
        format!(" Its successor is {name}.")
    });
    let sentence = match model.phase {
        Some(Phase::Deprecated) if end.is_empty() => "Its end has been announced.".to_owned(),
        Some(Phase::Deprecated) => format!("It ends{end}."),
        Some(Phase::Retired) => format!("It ended{end}."),
        _ => return String::new(),
    };
    format!("<p class=\"ending\">{sentence}{}</p>\n", successor.unwrap_or_default())
}

/// Names and values, the values in HTML; empty where nothing is known.
fn facts(entry: &Entry<'_>) -> Vec<(&'static str, String)> {
    let Entry { model, prices } = entry;
    let aliases = model.aliases.iter().map(|name| format!("<code>{}</code>", escaped(name))).collect::<Vec<_>>();
    let price = prices.iter().map(|price| escaped(&PriceObject::in_words(price))).collect::<Vec<_>>();
    let licence = model.licence.as_deref().map(escaped).unwrap_or_default();
    let mut facts = vec![
        ("Price", price.join("<br>")),
        ("Also called", aliases.join(" ")),
        ("Can do", model.capabilities.join(", ")),
    ];
    let Some(card) = model.card else {
        facts.push(("Licence", licence));
        return facts;
    };
    let text = |text: &Option<String>| text.as_deref().map(escaped).unwrap_or_default();
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let licence = match &card.licence_file {
        Some(url) => format!("<a rel=\"license\" href=\"{}\">{licence}</a>", escaped(url)),
        None => licence,
    };
    facts.extend([
        ("Languages", escaped(&card.languages.join(", "))),
        ("Vendor", escaped(&card.vendor)),
        ("Parameters", card.parameters.map(rounded).unwrap_or_default()),
        ("Context", card.context_tokens.map(|tokens| format!("{tokens} tokens")).unwrap_or_default()),
        ("Licence", licence),
        ("Location", text(&card.location)),
        ("Indemnification", text(&card.indemnification)),
        ("In production since", day(card.life.production_on)),
        ("End announced", day(card.life.announced_on)),
    ]);
    facts
}

/// A count as people say it: `39 million`, `1.55 billion`.
fn rounded(count: u64) -> String {
    let (scale, word) = if count >= 1_000_000_000 { (1_000_000_000, "billion") } else { (1_000_000, "million") };
    let hundredths = (u128::from(count) * 100 + scale / 2) / scale;
    let fraction = format!("{:02}", hundredths % 100);
    match fraction.trim_end_matches('0') {
        "" => format!("{} {word}", hundredths / 100),
        fraction => format!("{}.{fraction} {word}", hundredths / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_said_in_words() {
        for (count, words) in [
            (39_000_000, "39 million"),
            (14_047_680, "14.05 million"),
            (1_550_000_000, "1.55 billion"),
            (8_000_000_000, "8 billion"),
            (999_999, "1 million"),
        ] {
            assert_eq!(rounded(count), words);
        }
    }

    #[test]
    fn what_an_operator_wrote_is_text_and_never_a_tag() {
        let model = Listed {
            aliases: vec!["<b>".to_owned()],
            description: "<script>alert(1)</script> \"&'".to_owned(),
            licence: Some("A & B".to_owned()),
            ..Listed::named("x")
        };
        let entry = Entry { model, prices: Vec::new() };
        let html = article(&entry, false);
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;&#39;"), "{html}");
        assert!(html.contains("A &amp; B") && !html.contains("<script") && !html.contains("<b>"), "{html}");
    }
}
