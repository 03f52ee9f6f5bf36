//! The model that is part of the program, so that a fresh install can transcribe without a download.

/// The file, whole. Its entry in the manifest is the one with `bundled = true`.
pub static WEIGHTS: &[u8] = include_bytes!("../../models/minuted-nano.en-q5_1.bin");

#[cfg(test)]
mod tests {
    use super::super::{Catalog, Digest};
    use super::*;

    #[test]
    fn the_manifest_describes_the_file_that_is_built_in() {
        let catalog = Catalog::builtin();
        let model = catalog.bundled().expect("one model is built in");
        assert_eq!(model.bytes, WEIGHTS.len() as u64);
        assert_eq!(model.sha256, Some(Digest::of(WEIGHTS)));
        assert_eq!(catalog.models().iter().filter(|model| model.bundled).count(), 1);
        assert_eq!(catalog.models()[0], *model, "it is the default, and so the first");
    }
}
