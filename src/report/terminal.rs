//! Renders a page for a terminal, or for a pipe that a person reads later.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthChar;

use super::page::{Block, Grid, Line, Page, Text, Tone};

/// How the place looks that the page is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns; `None` for a pipe, where nothing is wrapped.
    pub width: Option<u16>,
    /// Whether colours are wanted.
    pub colour: bool,
}

/// Blanks between two columns.
const GAP: u16 = 2;

/// Narrower than this nothing can be laid out; the terminal wraps then.
const NARROWEST: u16 = 40;

/// The page as text, with a line break at its end.
#[must_use]
pub fn render(page: &Page, look: Look) -> String {
    let look = Look {
        width: look.width.map(|width| width.max(NARROWEST)),
        ..look
    };
    let mut text = render_blocks(&page.blocks, look);
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// The blocks with an empty line between two of them, but none after a heading.
fn render_blocks(blocks: &[Block], look: Look) -> String {
    let mut text = String::new();
    let mut is_after_heading = false;
    for block in blocks {
        if !text.is_empty() {
            text.push_str(if is_after_heading { "\n" } else { "\n\n" });
        }
        text.push_str(&render_block(block, look));
        is_after_heading = matches!(block, Block::Heading(_));
    }
    text
}

fn render_block(block: &Block, look: Look) -> String {
    match block {
        Block::Lines(lines) => {
            let lines = lines.iter().map(|line| render_line(line, look));
            lines.collect::<Vec<_>>().join("\n")
        }
        Block::Notice(line) | Block::Heading(line) => render_line(line, look),
        Block::Details(title, inside) if inside.blocks.is_empty() => render_line(title, look),
        Block::Details(title, inside) => {
            format!("{}\n{}", render_line(title, look), render_blocks(&inside.blocks, look))
        }
        Block::Grid(grid) => render_grid(grid, look),
        Block::Verbatim(lines) => {
            let lines = lines.iter().map(|line| format!("    {line}"));
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

fn render_line(line: &Line, look: Look) -> String {
    let mut rendered = " ".repeat(line.indent);
    let mut column = line.indent;
    for text in &line.texts {
        let wrapped = wrap(&text.words, line.indent, &mut column, look.width.map(usize::from));
        rendered.push_str(&paint(&wrapped, text.tone, look.colour));
    }
    rendered
}

/// Breaks at blanks where the width asks for it; continued lines stand two blanks further in.
fn wrap(words: &str, indent: usize, column: &mut usize, width: Option<usize>) -> String {
    let Some(width) = width else { return words.to_owned() };
    let hanging = indent + 2;
    let mut wrapped = String::new();
    for (index, word) in words.split(' ').enumerate() {
        let length = display_width(word);
        if index > 0 {
            if *column + 1 + length > width && *column > hanging {
                wrapped.push('\n');
                wrapped.push_str(&" ".repeat(hanging));
                *column = hanging;
            } else {
                wrapped.push(' ');
                *column += 1;
            }
        }
        wrapped.push_str(word);
        *column += length;
    }
    wrapped
}

fn display_width(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}

fn paint(text: &str, tone: Tone, colour: bool) -> String {
    let style = console::Style::new().force_styling(colour);
    match tone {
        Tone::Plain => return text.to_owned(),
        Tone::Good => style.green(),
        Tone::Warning => style.yellow(),
        Tone::Bad => style.red(),
        Tone::Quiet => style.dim(),
        Tone::Strong => style.bold(),
    }
    .apply_to(text)
    .to_string()
}

fn render_grid(grid: &Grid, look: Look) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if look.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    match look.width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table.set_header(
        grid.columns
            .iter()
            .map(|name| cell(&Text::new(name, Tone::Quiet), look.colour)),
    );
    for row in &grid.rows {
        table.add_row(row.iter().map(|text| cell(text, look.colour)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    // The first column has the names; one that is broken in its middle cannot be read or copied.
    let room = usize::from(look.width.unwrap_or(0) / 2);
    if let (Ok(longest), Some(column)) = (u16::try_from(longest_word(grid).min(room)), table.column_mut(0)) {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(longest + GAP)));
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The width of the longest word of the first column.
fn longest_word(grid: &Grid) -> usize {
    let first = grid.rows.iter().filter_map(|row| row.first());
    first
        .flat_map(|text| text.words.split(' '))
        .map(display_width)
        .max()
        .unwrap_or(0)
}

fn cell(text: &Text, colour: bool) -> Cell {
    let cell = Cell::new(&text.words);
    if !colour {
        return cell;
    }
    match text.tone {
        Tone::Plain => cell,
        Tone::Good => cell.fg(Color::Green),
        Tone::Warning => cell.fg(Color::Yellow),
        Tone::Bad => cell.fg(Color::Red),
        Tone::Quiet => cell.add_attribute(Attribute::Dim),
        Tone::Strong => cell.add_attribute(Attribute::Bold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let mut page = Page::new();
        page.lines(vec![Line::new(
            2,
            "a host that cannot be reached because nothing listens there at all",
            Tone::Bad,
        )]);
        page.grid(Grid {
            columns: vec!["HOST", "OS"],
            rows: vec![vec![
                Text::plain("web01"),
                Text::plain("Debian GNU/Linux 12 (bookworm) and more words to wrap"),
            ]],
        });
        page
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [40, 60, 80, 200] {
            let text = render(
                &page(),
                Look {
                    width: Some(width),
                    colour: false,
                },
            );
            let widest = text.lines().map(display_width).max().unwrap();
            assert!(widest <= usize::from(width), "{widest} > {width}:\n{text}");
        }
    }

    #[test]
    fn a_name_is_not_broken_in_its_middle() {
        let mut page = Page::new();
        let name = "database-primary-0001.production.example.org";
        let wide = "words and more words and even more words";
        let row = vec![Text::plain(name), Text::plain(wide), Text::plain(wide)];
        page.grid(Grid {
            columns: vec!["HOST", "A", "B"],
            rows: vec![row],
        });
        assert!(
            render(
                &page,
                Look {
                    width: Some(100),
                    colour: false
                }
            )
            .contains(name)
        );
    }

    #[test]
    fn without_colour_there_is_no_escape_sequence() {
        assert!(
            !render(
                &page(),
                Look {
                    width: Some(80),
                    colour: false
                }
            )
            .contains('\u{1b}')
        );
        assert!(
            render(
                &page(),
                Look {
                    width: Some(80),
                    colour: true
                }
            )
            .contains('\u{1b}')
        );
    }

    #[test]
    fn a_pipe_is_not_wrapped() {
        let text = render(
            &page(),
            Look {
                width: None,
                colour: false,
            },
        );
        assert_eq!(text.lines().count(), 4, "{text}");
    }
}
