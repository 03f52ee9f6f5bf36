//! The name of a field, which may carry a list or an object: `include[]`, `include[0]`, `chunking_strategy[type]`.

/// A field's name, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// What stands before the first bracket.
    pub base: String,
    /// What stands in the first pair of brackets, empty if there is none.
    pub key: String,
}

impl Name {
    /// `a[b][c]` is the key `b` of `a`; a bracket that is never closed belongs to the base.
    pub(super) fn parse(name: &str) -> Self {
        let apart = name.split_once('[').and_then(|(base, rest)| Some((base, rest.split_once(']')?.0)));
        let (base, key) = apart.unwrap_or((name, ""));
        Self { base: base.to_owned(), key: key.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_taken_off() {
        for (name, base, key) in [
            ("file", "file", ""),
            ("include[]", "include", ""),
            ("include[0]", "include", "0"),
            ("chunking_strategy[type]", "chunking_strategy", "type"),
            ("nested[a][]", "nested", "a"),
            ("odd[", "odd[", ""),
            ("[]", "", ""),
        ] {
            assert_eq!(Name::parse(name), Name { base: base.to_owned(), key: key.to_owned() }, "{name}");
        }
    }
}
