//! The list of known models, `models/manifest.toml`, compiled in.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Model;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    hub: String,
    model: Vec<Model>,
}

static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    toml::from_str(include_str!("../../models/manifest.toml"))
        .unwrap_or_else(|error| panic!("models/manifest.toml: {}", error.message()))
});

/// Where models that are not built in are downloaded from: a folder of the Whisper hub at a pinned revision, as a
/// URL without a slash at its end.
#[must_use]
pub fn hub() -> &'static str {
    &MANIFEST.hub
}

/// In the order of the file.
pub(super) fn models() -> Vec<Model> {
    MANIFEST.model.clone()
}

#[cfg(test)]
mod tests {
    use super::super::Languages;
    use super::*;

    #[test]
    fn every_model_can_be_checked_and_has_a_plain_file_name() {
        assert!(hub().starts_with("https://") && !hub().ends_with('/'));
        for model in models() {
            assert!(model.sha256.is_some() && model.bytes > 1_000_000, "{}", model.id);
            assert!(
                model.file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
                "{}",
                model.id
            );
            assert!(!model.description.is_empty() && !model.licence.is_empty(), "{}", model.id);
            assert_eq!(model.languages == Languages::English, model.id.contains(".en"), "{}", model.id);
            assert_eq!(model.translates, !model.description.contains("does not translate"), "{}", model.id);
        }
    }
}
