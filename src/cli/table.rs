//! Columns that stand under each other.

use super::printable::printable;

/// Lines of columns as wide as their widest cell, two spaces apart; the first line is their names.
pub(super) fn table<const N: usize>(names: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| printable(cell))).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([names[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut lines = String::new();
    for row in [names.map(str::to_owned)].iter().chain(&rows) {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        lines.push_str(cells.join("  ").trim_end());
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["größe".to_owned(), "1".to_owned()], ["a\tb".to_owned(), String::new()]];
        assert_eq!(table(["NAME", "COUNT"], &rows), "NAME   COUNT\ngröße  1\na\\tb\n");
    }
}
