//! What somebody may have meant who wrote a name that there is not.

/// So much of a name is compared: comparing takes time by its square.
const COMPARED: usize = 100;

/// The known name that is written most like this one, if no more than a third of it is written otherwise; upper and lower
/// case are the same.
#[must_use]
pub fn most_alike<N: AsRef<str>>(name: &str, known: impl IntoIterator<Item = N>) -> Option<String> {
    let name = name.chars().take(COMPARED).collect::<String>().to_ascii_lowercase();
    let likeness = |known: &N| strsim::normalized_damerau_levenshtein(&name, &known.as_ref().to_ascii_lowercase());
    let alike = known.into_iter().map(|known| (likeness(&known), known)).filter(|(score, _)| *score > 0.66);
    alike.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known.as_ref().to_owned())
}
