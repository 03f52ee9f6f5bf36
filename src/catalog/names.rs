//! What names of models mean, wherever the models are: for whoever writes a name down once, to be compared with ids later,
//! as an API key has the models that it may ask for.

use std::collections::BTreeSet;

use super::{Card, Cards, Catalog, CatalogError, Model};
use crate::domain::most_alike;

/// The most of an unknown name that is told.
const SHOWN: usize = 100;

/// Names, each with the id of the model that it means.
#[derive(Debug, Clone)]
pub struct Names(Vec<(String, String)>);

impl Names {
    /// Of the model that is served here, of those that backends have, of those that another server could serve, and of
    /// all that customers read of. What comes first is meant where a name is there twice.
    #[must_use]
    pub fn of(served: &Model, remote: impl IntoIterator<Item = String>, cards: &Cards) -> Self {
        let speech = |model: &Model| model.names().map(|name| pair(name, &model.id)).collect::<Vec<_>>();
        let mut names = speech(served);
        names.extend(remote.into_iter().map(|id| (id.clone(), id)));
        let served = |name: &str| {
            let found = names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, id)| id.clone())
        };
        let carded = |card: &Card| {
            let id = card.served_as(served);
            card.names().map(|name| pair(name, &id)).collect::<Vec<_>>()
        };
        let carded: Vec<_> = cards.iter().flat_map(carded).collect();
        names.extend(Catalog::builtin().models().iter().flat_map(speech));
        names.extend(carded);
        Self(names)
    }

    /// The ids that these names mean; spaces around one are no part of it, and upper and lower case are the same where that
    /// leaves one meaning.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`] for the first that means nothing, with the name that is written most like it.
    pub fn ids(&self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<BTreeSet<String>, CatalogError> {
        names.into_iter().map(|name| self.known(name.as_ref())).collect()
    }

    /// The id that a name means, as [`ids`](Self::ids) has it; `None` if it means nothing.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<&str> {
        let name = name.trim();
        let exact = self.0.iter().find(|(known, _)| known == name);
        let found = exact.or_else(|| self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)));
        found.map(|(_, id)| id.as_str())
    }

    fn known(&self, name: &str) -> Result<String, CatalogError> {
        self.id(name).map(str::to_owned).ok_or_else(|| CatalogError::Unknown {
            name: name.trim().chars().take(SHOWN).collect(),
            similar: most_alike(name.trim(), self.0.iter().map(|(known, _)| known)),
        })
    }
}

fn pair(name: &str, id: &str) -> (String, String) {
    (name.to_owned(), id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    const CARDS: &str = r#"
        [[model]]
        id = "carded"
        aliases = ["carded-q8", "small"]
        vendor = "acme"
        licence = "MIT"
        phase = "production"

        [[model]]
        id = "house-base"
        aliases = ["Base.EN"]
        vendor = "acme"
        licence = "MIT"
        phase = "production"
    "#;

    fn names() -> Names {
        let mut served = Catalog::builtin().models()[0].clone();
        served.aliases.push("whisper-1".to_owned());
        let file = tempfile::NamedTempFile::new().expect("a temp file");
        std::fs::write(file.path(), CARDS).expect("it is written");
        let cards = Cards::load(Some(file.path()), Timestamp::UNIX_EPOCH).expect("a good file");
        Names::of(&served, ["acme/Large:8b".to_owned(), "base.en".to_owned()], &cards)
    }

    #[test]
    fn a_name_means_a_model_wherever_that_is() {
        for (name, id) in [
            ("minuted-nano.en", "minuted-nano.en"),
            ("Whisper-1", "minuted-nano.en"),
            (" whisper-1\t", "minuted-nano.en"),
            ("acme/Large:8b", "acme/Large:8b"),
            ("acme/large:8B", "acme/Large:8b"),
            ("carded-q8", "carded"),
            ("tiny.en", "whisper-tiny.en"),
            ("base.en", "base.en"), // a backend has it, and goes before what could be served here
            ("house-base", "base.en"), // whose card has the name that the backend has
            ("small", "whisper-small"), // which goes before what a card says
        ] {
            assert_eq!(names().ids([name]).expect(name), BTreeSet::from([id.to_owned()]), "{name}");
        }
        let both = names().ids(["whisper-1", "minuted-nano.en", "carded"]).expect("all are known");
        assert_eq!(both.len(), 2, "{both:?}");
    }

    #[test]
    fn what_means_nothing_is_told_with_what_is_like_it() {
        for (name, told) in [
            ("wisper-1", "there is no model `wisper-1`; did you mean `whisper-1`?"),
            ("acme/large:80b", "there is no model `acme/large:80b`; did you mean `acme/Large:8b`?"),
            ("whisper-*", "there is no model `whisper-*`; did you mean `whisper-1`?"),
            ("*", "there is no model `*`"),
            ("", "there is no model ``"),
        ] {
            assert_eq!(names().ids(["carded", name]).expect_err(name).to_string(), told);
        }
        let long = names().ids([&*"x".repeat(10_000)]).expect_err("there is none").to_string();
        assert!(long.len() < 200, "{long}");
    }
}
