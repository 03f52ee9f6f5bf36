//! The terminal that standard output is: its size, its colours, and a screen beside the one that it shows.

use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Stdout, Write};

use rustix::termios::tcgetwinsize;

/// Columns and rows where the terminal does not say.
const USUAL: (usize, usize) = (80, 24);

/// Columns and rows.
pub(super) fn size() -> (usize, usize) {
    let told = tcgetwinsize(io::stdout()).ok().map(|size| (size.ws_col.into(), size.ws_row.into()));
    told.filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or(USUAL)
}

/// Whether colours are shown and wanted: <https://no-color.org>.
pub(super) fn has_colours() -> bool {
    let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let plain = env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
    io::stdout().is_terminal() && !unwanted && !plain
}

/// The other screen of a terminal, without a cursor. What was there before is there again when this is dropped.
pub(super) struct Screen(Stdout);

impl Screen {
    pub fn open() -> io::Result<Self> {
        let screen = Self(io::stdout());
        screen.put("\x1b[?1049h\x1b[?25l")?;
        Ok(screen)
    }

    /// Shows a page in place of the one before, as much of it as there are rows.
    pub fn show(&self, page: &str) -> io::Result<()> {
        let (_, rows) = size();
        let lines: Vec<&str> = page.lines().collect();
        let fit = if lines.len() <= rows { lines.len() } else { rows.saturating_sub(1) };
        let mut drawn = format!("\x1b[H\x1b[J{}", lines[..fit].join("\n"));
        if fit < lines.len() {
            let _ = write!(drawn, "\n… {} more lines", lines.len() - fit); // a String takes every write
        }
        self.put(&drawn)
    }

    fn put(&self, text: &str) -> io::Result<()> {
        let mut out = self.0.lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // If the terminal has gone, there is nothing to put right.
        let _ = self.put("\x1b[?25h\x1b[?1049l");
    }
}
