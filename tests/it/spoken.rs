//! What is said in the samples, and how far a transcript is from it.

use std::fs;
use std::path::Path;

/// The text of a recording of `samples/`.
pub fn expected(file: &str) -> String {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/expected.tsv");
    let table = fs::read_to_string(table).expect("the table of samples");
    let line = table.lines().find_map(|line| line.strip_prefix(file)?.strip_prefix('\t'));
    line.unwrap_or_else(|| panic!("{file} is not in the table")).to_owned()
}

/// Insertions, deletions and substitutions of words over the words that were said; case and punctuation aside.
#[expect(clippy::cast_precision_loss, reason = "a few words")]
pub fn word_error_rate(said: &str, heard: &str) -> f64 {
    let (said, heard) = (words(said), words(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, word) in said.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in heard.iter().enumerate() {
            let best = (row[j + 1] + 1).min(row[j] + 1).min(diagonal + usize::from(word != other));
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[heard.len()] as f64 / said.len() as f64
}

/// Which words of one text are which of the other, by place: the longest row of words that both have in this order.
pub fn matched(said: &[&str], heard: &[&str]) -> Vec<(usize, usize)> {
    let (said, heard): (Vec<_>, Vec<_>) =
        (said.iter().map(|w| words(w)).collect(), heard.iter().map(|w| words(w)).collect());
    // How many words the rests from here on have in common.
    let mut common = vec![vec![0; heard.len() + 1]; said.len() + 1];
    for i in (0..said.len()).rev() {
        for j in (0..heard.len()).rev() {
            let equal = if said[i] == heard[j] { common[i + 1][j + 1] + 1 } else { 0 };
            common[i][j] = equal.max(common[i + 1][j]).max(common[i][j + 1]);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < said.len() && j < heard.len() {
        if said[i] == heard[j] && common[i][j] == common[i + 1][j + 1] + 1 {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if common[i][j] == common[i + 1][j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn errors_are_counted_by_words() {
    let said = "Send it to the team.";
    for (heard, errors) in
        [("send it to the team", 0.0), ("", 5.0), ("Send to a team", 2.0), ("Please send it to the team", 1.0)]
    {
        assert!((word_error_rate(said, heard) * 5.0 - errors).abs() < 1e-9, "{heard}");
    }
}

#[test]
fn words_in_common_are_found() {
    let said = ["Send", "it", "to", "the", "team."];
    assert_eq!(matched(&said, &["Please", "send", "to", "the", "dream", "team"]), [(0, 1), (2, 2), (3, 3), (4, 5)]);
    assert_eq!(matched(&said, &[]), []);
}
