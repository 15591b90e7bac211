//! [`Table`]: cells that stay whole or wrap between words, in the width there is.
//!
//! What is read off by eye or copied, an address, an instant, a number or an id, is never broken. Where
//! a table does not fit, cells of words wrap; where that is not enough, the next [`Table`] that a command
//! offers has fewer and fuller columns. The last is printed as it is, wider than the terminal if need be.

use comfy_table::{CellAlignment, ContentArrangement, presets};
use unicode_width::UnicodeWidthStr as _;

use super::terminal::{Paint, Screen};

/// Blanks between two columns.
const GAP: usize = 2;

/// Rows that are laid out together: a table of many sources takes no more memory than their text.
const TOGETHER: usize = 512;

/// Between cells while a line is put together. No cell holds it: what acts is escaped before it comes here.
const SEAM: char = '\u{1}';

/// One line of a cell, before it is wrapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    text: String,
    paint: Paint,
    wraps: bool,
}

impl Piece {
    /// What is never broken.
    #[must_use]
    pub fn whole(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// What may wrap at its blanks.
    #[must_use]
    pub fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), wraps: true, ..Self::default() }
    }

    /// The same in a colour.
    #[must_use]
    pub fn painted(self, paint: Paint) -> Self {
        Self { paint, ..self }
    }

    /// The least width it can have.
    fn least(&self) -> usize {
        match self.wraps {
            true => self.text.split(' ').map(|w| w.width()).max().unwrap_or(0),
            false => self.text.width(),
        }
    }

    /// Its lines at a width; a word that is longer than that stays whole.
    fn lines(&self, width: usize) -> Vec<String> {
        if !self.wraps || self.text.width() <= width {
            return vec![self.text.clone()];
        }
        let mut out: Vec<String> = Vec::new();
        // Blanks within a line are kept as they are; those where it wraps go.
        let mut blanks = 0;
        for word in self.text.split(' ') {
            match out.last_mut() {
                _ if word.is_empty() => {}
                Some(line) if line.width() + blanks + word.width() <= width => {
                    line.extend(std::iter::repeat_n(' ', blanks));
                    line.push_str(word);
                    blanks = 0;
                }
                _ => {
                    out.push(word.to_owned());
                    blanks = 0;
                }
            }
            blanks += 1;
        }
        out
    }
}

/// The lines of one cell.
pub type Cell = Vec<Piece>;

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Titles, and whether the column is of numbers; without titles there is no heading.
    heads: Vec<(&'static str, bool)>,
    rows: Vec<Vec<Cell>>,
    /// Blanks before the first column.
    indent: usize,
    /// Whether an empty line keeps rows apart.
    apart: bool,
}

impl Table {
    /// A table with these titles; one that begins with `>` is a column of numbers.
    #[must_use]
    pub fn new(titles: &[&'static str]) -> Self {
        let head = |t: &&'static str| t.strip_prefix('>').map_or((*t, false), |t| (t, true));
        Self { heads: titles.iter().map(head).collect(), ..Self::default() }
    }

    /// The same with its rows kept apart by empty lines, for rows of several lines.
    #[must_use]
    pub fn apart(self) -> Self {
        Self { apart: true, ..self }
    }

    /// The same so many columns to the right.
    #[must_use]
    pub fn indented(self, indent: usize) -> Self {
        Self { indent, ..self }
    }

    /// Adds a row: a cell for each column.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Adds a row of cells of one line each.
    pub fn line(&mut self, pieces: impl IntoIterator<Item = Piece>) {
        self.row(pieces.into_iter().map(|p| vec![p]).collect());
    }

    fn titled(&self) -> bool {
        self.heads.iter().any(|(title, _)| !title.is_empty())
    }

    fn title(&self, n: usize) -> Piece {
        let title = self.heads.get(n).map_or("", |h| h.0);
        Piece::words(title).painted(Paint::Head)
    }

    /// The width of each column by a measure of pieces.
    fn widths(&self, of: impl Fn(&Piece) -> usize) -> Vec<usize> {
        let mut out: Vec<usize> = (0..self.heads.len()).map(|n| of(&self.title(n))).collect();
        for row in &self.rows {
            for (width, cell) in out.iter_mut().zip(row) {
                *width = cell.iter().map(&of).max().unwrap_or(0).max(*width);
            }
        }
        out
    }

    fn whole_width(&self, widths: &[usize]) -> usize {
        widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1) + self.indent
    }

    /// Whether it fits a screen with nothing broken.
    #[must_use]
    pub fn fits(&self, screen: Screen) -> bool {
        screen.width.is_none_or(|room| self.whole_width(&self.widths(Piece::least)) <= room)
    }

    /// The first that fits, else the last.
    #[must_use]
    pub fn first_that_fits(
        offered: impl IntoIterator<Item = Self>,
        screen: Screen,
    ) -> Option<Self> {
        let mut last = None;
        for table in offered {
            if table.fits(screen) {
                return Some(table);
            }
            last = Some(table);
        }
        last
    }

    /// How wide each column is on a screen: as wide as its cells, or as the room allows, shared out so
    /// that the narrower of those which have to wrap wrap last.
    fn settled(&self, screen: Screen) -> Vec<usize> {
        let (natural, mut widths) = (self.widths(|p| p.text.width()), self.widths(Piece::least));
        let Some(room) = screen.width.filter(|room| self.whole_width(&natural) > *room) else {
            return natural;
        };
        let mut spare = room.saturating_sub(self.whole_width(&widths));
        while spare > 0 {
            let narrow = widths.iter_mut().zip(&natural).filter(|(w, n)| **w < **n);
            let Some((width, _)) = narrow.min_by_key(|(w, _)| **w) else { break };
            *width += 1;
            spare -= 1;
        }
        widths
    }

    /// The table as text, with a newline behind each line.
    #[must_use]
    pub fn text(&self, screen: Screen) -> String {
        let widths = self.settled(screen);
        let titles: Vec<Cell> = (0..self.heads.len()).map(|n| vec![self.title(n)]).collect();
        let titles = self.titled().then_some(&titles);
        let mut out = String::new();
        for (n, rows) in self.rows.chunks(TOGETHER).enumerate() {
            let titles = titles.into_iter().filter(|_| n == 0);
            self.lines(&mut out, &widths, titles.chain(rows), n > 0, screen.coloured);
        }
        if self.rows.is_empty() {
            self.lines(&mut out, &widths, titles.into_iter(), false, screen.coloured);
        }
        out
    }

    /// Appends rows; `more` where there are some before them.
    fn lines<'r>(
        &self,
        out: &mut String,
        widths: &[usize],
        rows: impl Iterator<Item = &'r Vec<Cell>>,
        more: bool,
        coloured: bool,
    ) {
        // One row of the printed table is one line, so that each piece has a colour of its own.
        let mut grid = comfy_table::Table::new();
        let mut style = presets::NOTHING;
        style.content_lines = comfy_table::ContentLineStyle::none().junction(SEAM);
        grid.load_style(style).set_content_arrangement(ContentArrangement::Disabled);
        // Not printed: it makes each column as wide as it is in the whole table.
        grid.add_row(widths.iter().map(|w| "-".repeat(*w)));
        let mut paints: Vec<Option<Vec<Paint>>> = Vec::new();
        for (n, row) in rows.enumerate() {
            if self.apart && (more || n > 1) {
                paints.push(None);
            }
            let cells: Vec<Vec<(String, Paint)>> = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| {
                    let lines = cell.iter().map(|p| (p.lines(*width), p.paint));
                    lines.flat_map(|(l, paint)| l.into_iter().map(move |l| (l, paint))).collect()
                })
                .collect();
            for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
                let at = |c: &Vec<(String, Paint)>| c.get(line).cloned().unwrap_or_default();
                let (texts, paint): (Vec<String>, Vec<Paint>) = cells.iter().map(at).unzip();
                grid.add_row(texts);
                paints.push(Some(paint));
            }
        }
        for (n, (_, number)) in self.heads.iter().enumerate() {
            if let Some(column) = grid.column_mut(n) {
                column.set_padding((0, 0));
                if *number {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        let mut lines = grid.lines().skip(1);
        for paints in paints {
            match paints.and_then(|p| Some((lines.next()?, p))) {
                Some((line, paints)) => self.line_of(out, &line, &paints, coloured),
                None => out.push('\n'),
            }
        }
    }

    /// Appends one line, its cells painted.
    fn line_of(&self, out: &mut String, line: &str, paints: &[Paint], coloured: bool) {
        let from = out.len();
        out.extend(std::iter::repeat_n(' ', self.indent));
        let mut owed = 0;
        for (cell, paint) in line.split(SEAM).zip(paints) {
            let text = cell.trim_end_matches(' ');
            let inner = text.trim_start_matches(' ');
            owed += text.len() - inner.len();
            if !inner.is_empty() {
                out.extend(std::iter::repeat_n(' ', owed));
                out.push_str(&paint.on(inner, coloured));
                owed = 0;
            }
            owed += cell.len() - text.len() + GAP;
        }
        if out.get(from..).is_some_and(|l| l.trim().is_empty()) {
            out.truncate(from);
        }
        out.push('\n');
    }
}

/// Lines of our own, each painted as `paint` says and wrapped at blanks to the width there is. What wraps
/// stands beneath where the text behind the label of its line began.
#[must_use]
pub fn prose(text: &str, screen: Screen, paint: impl Fn(&str) -> Paint) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let paint = paint(line);
        let margin = line.len() - line.trim_start_matches(' ').len();
        let room = screen.width.filter(|room| line.width() > *room);
        let Some(room) = room else {
            let (blanks, inner) = line.split_at_checked(margin).unwrap_or(("", line));
            out.push_str(blanks);
            out.push_str(&paint.on(inner, screen.coloured));
            out.push('\n');
            continue;
        };
        // Behind a label stand at least two blanks.
        let behind = line.get(margin..).and_then(|inner| {
            let at = margin + inner.find("  ")?;
            let value = line.get(at..)?;
            Some(at + value.len() - value.trim_start_matches(' ').len())
        });
        let hang = behind.filter(|n| *n <= room / 2).unwrap_or(margin + 2);
        let from = if behind == Some(hang) { hang } else { margin };
        let (label, value) = line.split_at_checked(from).unwrap_or(("", line));
        let inner = label.trim_start_matches(' ');
        let first = room.saturating_sub(label.width());
        let mut told = Piece::words(value).lines(room.saturating_sub(hang).min(first)).into_iter();
        out.extend(std::iter::repeat_n(' ', margin));
        let whole = format!("{inner}{}", told.next().unwrap_or_default());
        out.push_str(&paint.on(whole.trim_end_matches(' '), screen.coloured));
        out.push('\n');
        for more in told {
            out.extend(std::iter::repeat_n(' ', hang));
            out.push_str(&paint.on(&more, screen.coloured));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(width: usize) -> Screen {
        Screen { width: Some(width), coloured: false }
    }

    fn sample() -> Table {
        let mut t = Table::new(&["WHO", ">N", "WHAT"]);
        t.line([Piece::whole("192.0.2.7"), Piece::whole("5"), Piece::words("one two three")]);
        t.line([Piece::whole("2001:db8::1"), Piece::whole("12345"), Piece::words("four")]);
        t
    }

    #[test]
    fn natural_where_there_is_room_or_no_terminal() {
        let want = "WHO              N  WHAT\n192.0.2.7        5  one two three\n2001:db8::1  12345  four\n";
        assert_eq!(sample().text(Screen::default()), want);
        assert_eq!(sample().text(at(33)), want);
    }

    #[test]
    fn words_wrap_and_nothing_else() {
        let want = "WHO              N  WHAT\n192.0.2.7        5  one two\n                    three\n2001:db8::1  12345  four\n";
        assert_eq!(sample().text(at(32)), want);
        assert_eq!(sample().text(at(27)), want);
        // Narrower than what must stay whole: wider than the terminal.
        let text = sample().text(at(10));
        assert!(text.contains("2001:db8::1  12345  four\n"), "{text}");
        assert!(sample().fits(at(25)) && !sample().fits(at(24)));
    }

    #[test]
    fn the_first_that_fits() {
        let narrow = || {
            let mut t = Table::new(&["WHO"]).apart().indented(1);
            t.row(vec![vec![Piece::whole("192.0.2.7"), Piece::whole("5")]]);
            t.row(vec![vec![Piece::whole("192.0.2.8"), Piece::whole("6")]]);
            t
        };
        let pick = |w| Table::first_that_fits([sample(), narrow()], at(w)).unwrap().text(at(w));
        assert_eq!(pick(25), sample().text(at(25)));
        assert_eq!(pick(24), " WHO\n 192.0.2.7\n 5\n\n 192.0.2.8\n 6\n");
    }

    #[test]
    fn colour_changes_no_column() {
        let mut t = Table::new(&["", ""]);
        t.line([Piece::whole("ab").painted(Paint::Error), Piece::whole("c").painted(Paint::Dim)]);
        t.line([Piece::whole("abc"), Piece::whole("").painted(Paint::Dim)]);
        assert_eq!(t.text(Screen::default()), "ab   c\nabc\n");
        let coloured = t.text(Screen { width: None, coloured: true });
        assert_eq!(coloured, "\x1b[1m\x1b[31mab\x1b[0m   \x1b[2mc\x1b[0m\nabc\n");
    }

    #[test]
    fn many_rows_line_up() {
        let mut t = Table::new(&["N", "WHAT"]);
        for n in 0..3 * TOGETHER {
            t.line([Piece::whole(n.to_string()), Piece::whole("x")]);
        }
        let text = t.text(Screen::default());
        assert_eq!(text.lines().count(), 3 * TOGETHER + 1);
        assert!(text.lines().skip(1).all(|l| l.len() == 7 && l.ends_with("x")), "{text}");
        let text = t.apart().text(Screen::default());
        assert_eq!(text.lines().count(), 6 * TOGETHER);
        assert!(!text.contains("\n\n\n"));
    }

    #[test]
    fn wide_characters_are_two_columns() {
        let mut t = Table::new(&["A", "B"]);
        t.line([Piece::whole("\u{6f22}"), Piece::whole("x")]);
        t.line([Piece::whole("yz"), Piece::whole("x")]);
        assert_eq!(t.text(Screen::default()), "A   B\n\u{6f22}  x\nyz  x\n");
    }

    #[test]
    fn prose_wraps_beneath_its_value() {
        let plain = |text, width| prose(text, at(width), |_| Paint::Plain);
        let text = "192.0.2.7\n  by      list 192.0.2.0/24 in isp.toml\n";
        assert_eq!(prose(text, Screen::default(), |_| Paint::Plain), text);
        assert_eq!(plain(text, 41), text);
        let want = "192.0.2.7\n  by      list 192.0.2.0/24\n          in isp.toml\n";
        assert_eq!(plain(text, 29), want);
        // A word that is longer than the room stays whole.
        assert_eq!(
            plain("  by      192.0.2.0/24\n", 12),
            "  by 192.0.2.0/24\n".replace("by ", "by\n    ")
        );
        let coloured = Screen { width: Some(9), coloured: true };
        assert_eq!(plain("a  b   c d\n", 8), "a  b   c\n   d\n");
        assert_eq!(
            prose("  a bb ccc\n", coloured, |_| Paint::Warning),
            "  \x1b[33ma bb\x1b[0m\n    \x1b[33mccc\x1b[0m\n"
        );
    }
}
