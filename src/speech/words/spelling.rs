//! A segment's text → its words, also where a script puts no space between them.

use unicode_normalization::char::is_combining_mark;

/// The words of `text`, in order and without the white space around them.
///
/// A word is what stands between white space. Chinese, Japanese, Thai, Lao, Khmer and Burmese write none between words,
/// so there it is one character with what belongs to it, about a syllable; Whisper's own times of words are of
/// characters there too. Signs go with the word before them, and one that opens a quotation with the word after.
pub fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for chunk in text.split_whitespace() {
        let mut start = 0;
        let mut last = None;
        for (at, c) in chunk.char_indices() {
            if last.is_some_and(|last| is_apart(last, c)) {
                words.push(&chunk[start..at]);
                (start, last) = (at, None);
            }
            if c.is_alphanumeric() && !leads(c) && !follows(c) {
                last = Some(c);
            }
        }
        words.push(&chunk[start..]);
    }
    words
}

/// Whether a word that has `last` as its last letter ends before `next`.
fn is_apart(last: char, next: char) -> bool {
    let begins = next.is_alphanumeric() || leads(next);
    begins && !follows(next) && (is_unspaced(last) || is_unspaced(next))
}

/// Whether it is of a script that puts no space between words.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}'                                         // Thai, Lao
        | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'             // Burmese, Khmer
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' // kana
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}') // Han
}

/// Whether it is part of the character before it: an accent, a vowel that is written behind, a small kana.
fn follows(c: char) -> bool {
    is_combining_mark(c)
        || "ะาำๅະາຳ".contains(c)
        || "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶーｧｨｩｪｫｬｭｮｯｰ".contains(c)
}

/// Whether it is part of the character after it: a vowel that is written before, an opening bracket or quotation mark.
fn leads(c: char) -> bool {
    "เแโใไເແໂໃໄ".contains(c) || "「『（【《〈〔“‘([{".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_none_are_spaced() {
        let cases: [(&str, &[&str]); 10] = [
            (" The budget (for 2027) isn't “done”. ", &["The", "budget", "(for", "2027)", "isn't", "“done”."]),
            ("会议三点开始。", &["会", "议", "三", "点", "开", "始。"]),
            ("他说：“好的，谢谢！”然后走了", &["他", "说：", "“好", "的，", "谢", "谢！”", "然", "后", "走", "了"]),
            ("用GPT-4做PPT", &["用", "GPT-4", "做", "PPT"]),
            ("きょうは東京タワーへ", &["きょ", "う", "は", "東", "京", "タ", "ワー", "へ"]),
            ("が\u{3099}か\u{3099}", &["が\u{3099}", "か\u{3099}"]),
            ("회의는 세 시에", &["회의는", "세", "시에"]),
            ("เขาไปทำงาน", &["เขา", "ไป", "ทำ", "งา", "น"]),
            ("… —", &["…", "—"]),
            (" ", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
