//! What a catalogue may say, what the program's own says, and how a mistake is told.

use super::*;
use crate::catalog::{Catalog, Languages};
use crate::domain::FileError;

fn now() -> Timestamp {
    "2026-11-26T12:00:00Z".parse().expect("a time")
}

/// A model with these further lines.
fn model(id: &str, lines: &str) -> String {
    format!("[[model]]\nid = \"{id}\"\nvendor = \"acme\"\nlicence = \"MIT\"\n{lines}\n")
}

fn told(text: &str) -> String {
    Cards::read(text, now()).expect_err(text)
}

#[test]
fn every_field_is_read() {
    let text = r#"
        [[model]]
        id = "granary-8b"
        aliases = ["granary:8b"]
        vendor = "Acme Models"
        description = "general text"
        parameters = 8_000_000_000
        context_tokens = 131072
        licence = "Apache-2.0"
        licence_file = "https://models.example/granary/LICENSE"
        languages = ["en", "fr"]
        capabilities = ["chat", "tools"]
        location = "France"
        indemnification = "by its vendor, under the vendor's terms"
        phase = "production"
        production_on = "2026-02-01"
        lts = true
    "#;
    let cards = Cards::read(text, now()).expect("a good file");
    let card = cards.find("Granary:8B").expect("by its alias");
    assert_eq!(
        (card.id.as_str(), card.parameters, card.context_tokens),
        ("granary-8b", Some(8_000_000_000), Some(131_072))
    );
    assert_eq!(card.capabilities, [Capability::Chat, Capability::Tools]);
    assert_eq!((card.life.phase(now()), card.life.lts), (Phase::Production, true));
    assert_eq!(card.location.as_deref(), Some("France"));
}

#[test]
fn an_end_without_three_months_of_notice_is_refused_unless_it_is_forced() {
    let ends = |end: &str, more: &str| {
        model("old", &format!("phase = \"deprecated\"\nannounced_on = \"2026-11-30\"\nends_on = \"{end}\"\n{more}"))
    };
    assert_eq!(
        told(&ends("2027-02-27", "")),
        "model `old`: its end on 2027-02-27 was announced on 2026-11-30, less than three months before; it may end on \
         2027-02-28 at the earliest, or with `forced = true` on the day that is written"
    );
    assert!(Cards::read(&ends("2027-02-28", ""), now()).is_ok());
    let forced = Cards::read(&ends("2026-12-01", "forced = true"), now()).expect("the operator insists");
    assert!(forced.find("old").is_some_and(|card| card.life.forced));
}

#[test]
fn a_mistake_names_the_model_and_what_is_wrong() {
    let production = "phase = \"production\"";
    for (text, expected) in [
        (model("a", "phase = \"old\""), "unknown variant `old`"),
        (model("a", "colour = \"red\"\nphase = \"production\""), "unknown field `colour`"),
        (model("a", "phase = \"deprecated\""), "model `a`: a model that ends has an `announced_on`"),
        (model("a", "phase = \"production\"\nends_on = \"2027-12-01\""), "model `a`: a model that ends has an"),
        (
            model("a", "phase = \"retired\"\nannounced_on = \"2026-06-01\"\nends_on = \"2026-11-27\""),
            "model `a`: it is retired from the day on",
        ),
        (
            model("a", "phase = \"evaluation\"\nproduction_on = \"2027-01-01\"\nannounced_on = \"2026-12-01\""),
            "announced before its production begins",
        ),
        (model("a", "phase = \"production\"\nproduction_on = \"2026-02-30\""), "production_on = \"2026-02-30\""),
        (model("two words", production), "its names have 1 to 100 letters"),
        (model("a", production) + &model("A", production), "model `A`: the name `A` is there twice"),
        (
            model("a", &format!("{production}\nsuccessor = \"b\"")),
            "model `a`: its successor `b` is not in the catalogue",
        ),
        (
            model("a", &format!("{production}\nsuccessor = \"b\""))
                + &model("b", &format!("{production}\nsuccessor = \"a\"")),
            "it is among its own successors",
        ),
        (
            model("a", &format!("{production}\nlicence_file = \"javascript:alert(1)\"")),
            "model `a`: licence_file is a URL that begins with https://",
        ),
    ] {
        let error = told(&text);
        assert!(error.contains(expected), "{error}\nbut not: {expected}");
    }
    let missing = Cards::load(Some("/nowhere/catalog.toml".as_ref()), now()).expect_err("no file");
    assert!(matches!(missing, FileError::Unreadable { .. }));
    assert!(missing.to_string().starts_with("the catalogue in /nowhere/catalog.toml cannot be read: "), "{missing}");
}

#[test]
fn the_programs_own_catalogue_knows_every_speech_model_and_agrees_with_the_manifest() {
    let cards = Cards::load(None, now()).expect("it is good");
    for model in Catalog::builtin().models() {
        let card = cards.find(&model.id).unwrap_or_else(|| panic!("{} has no card", model.id));
        assert_eq!(card.licence, model.licence, "{}", model.id);
        let languages = if model.languages == Languages::English { "en" } else { "multilingual" };
        assert_eq!(card.languages, [languages], "{}", model.id);
        assert!(card.licence_file.is_some(), "{}", model.id);
        assert_eq!((&card.location, &card.indemnification), (&None, &None), "that is the operator's to say");
    }
    assert_eq!(cards.find("minuted-nano.en").map(|card| card.life.phase(now())), Some(Phase::Evaluation));
}
