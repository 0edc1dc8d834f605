//! What a command has to say, before it is decided how it looks: headings, lines, grids, with a tone each.

/// How a text is meant. Readable without colour: the tone only repeats what the words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Wrong.
    Bad,
    /// Less important.
    Quiet,
    /// More important.
    Strong,
}

/// A text and how it is meant. The text is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The words.
    pub words: String,
    /// How they are meant.
    pub tone: Tone,
}

impl Text {
    /// A text in a tone. Control characters are made visible.
    #[must_use]
    pub fn new(words: impl AsRef<str>, tone: Tone) -> Self {
        Self {
            words: crate::model::text::printable(words.as_ref()),
            tone,
        }
    }

    /// A text with nothing special.
    #[must_use]
    pub fn plain(words: impl AsRef<str>) -> Self {
        Self::new(words, Tone::Plain)
    }
}

/// A line: a number of blanks, then texts, one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Blanks before the first text and before continued lines.
    pub indent: usize,
    /// The texts.
    pub texts: Vec<Text>,
}

impl Line {
    /// A line of one text.
    #[must_use]
    pub fn new(indent: usize, words: impl AsRef<str>, tone: Tone) -> Self {
        Self {
            indent,
            texts: vec![Text::new(words, tone)],
        }
    }

    /// The same line with one more text at its end.
    #[must_use]
    pub fn and(mut self, words: impl AsRef<str>, tone: Tone) -> Self {
        self.texts.push(Text::new(words, tone));
        self
    }
}

/// A grid of texts with a name for every column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grid {
    /// The names of the columns.
    pub columns: Vec<&'static str>,
    /// The rows; each as long as `columns`.
    pub rows: Vec<Vec<Text>>,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Lines.
    Lines(Vec<Line>),
    /// A grid.
    Grid(Grid),
    /// A line that every format shows, also those that otherwise have grids alone.
    Notice(Line),
    /// A line that begins a part of the page.
    Heading(Line),
    /// A part that can be folded away where the format can fold: its title, and what it holds.
    Details(Line, Page),
    /// Lines whose blanks count, such as the difference of two files. Safe to show.
    Verbatim(Vec<String>),
}

/// Everything that a command has to say, from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The parts, with an empty line between two of them.
    pub blocks: Vec<Block>,
}

impl Page {
    /// An empty page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds lines, unless there are none.
    pub fn lines(&mut self, lines: Vec<Line>) {
        if !lines.is_empty() {
            self.blocks.push(Block::Lines(lines));
        }
    }

    /// Adds lines whose blanks count, unless there are none.
    pub fn verbatim(&mut self, text: &str) {
        let lines: Vec<String> = text.lines().map(crate::model::text::printable).collect();
        if !lines.is_empty() {
            self.blocks.push(Block::Verbatim(lines));
        }
    }

    /// Begins a part of the page.
    pub fn heading(&mut self, line: Line) {
        self.blocks.push(Block::Heading(line));
    }

    /// Adds a part that can be folded away.
    pub fn details(&mut self, title: Line, inside: Page) {
        self.blocks.push(Block::Details(title, inside));
    }

    /// Adds one line.
    pub fn line(&mut self, words: impl AsRef<str>, tone: Tone) {
        self.lines(vec![Line::new(0, words, tone)]);
    }

    /// Adds a line that no format leaves out.
    pub fn notice(&mut self, line: Line) {
        self.blocks.push(Block::Notice(line));
    }

    /// Adds a grid, unless it has no rows.
    pub fn grid(&mut self, grid: Grid) {
        if !grid.rows.is_empty() {
            self.blocks.push(Block::Grid(grid));
        }
    }
}
