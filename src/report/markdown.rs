//! Renders a page as Markdown, for pull requests and summaries of CI jobs.
//!
//! What must stay true: whatever a host printed stays words. It makes no markup, no link, no mention of a person and
//! no reference to an issue.

use super::page::{Block, Grid, Line, Page};

/// The page as GitHub-flavoured Markdown.
#[must_use]
pub fn render(page: &Page) -> String {
    format!("{}\n", render_blocks(&page.blocks, &mut Level::First))
}

/// The first heading of a page names it; the others begin its parts.
enum Level {
    First,
    Further,
}

fn render_blocks(blocks: &[Block], level: &mut Level) -> String {
    let blocks: Vec<String> = blocks.iter().map(|block| render_block(block, level)).collect();
    blocks.join("\n\n")
}

fn render_block(block: &Block, level: &mut Level) -> String {
    match block {
        Block::Lines(lines) => render_lines(lines),
        Block::Notice(line) => render_line(line),
        Block::Heading(line) => {
            let signs = match std::mem::replace(level, Level::Further) {
                Level::First => "##",
                Level::Further => "###",
            };
            format!("{signs} {}", words(line))
        }
        Block::Details(title, inside) if inside.blocks.is_empty() => render_line(title),
        // The empty lines make what stands between them Markdown again.
        Block::Details(title, inside) => format!(
            "<details><summary>{}</summary>\n\n{}\n\n</details>",
            html(title),
            render_blocks(&inside.blocks, level)
        ),
        Block::Grid(grid) => render_grid(grid),
        // Indented, so that no line of it can end the block.
        Block::Verbatim(lines) => lines
            .iter()
            .map(|line| format!("    {line}"))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// Lines stay lines: two of them are no paragraph, and a line after a list is not the list's.
fn render_lines(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut before: Option<&Line> = None;
    for line in lines {
        text.push_str(match before {
            None => "",
            Some(before) if line.indent > 0 && before.indent == 0 => "\n\n",
            Some(_) if line.indent > 0 => "\n",
            Some(before) if before.indent == 0 => "\\\n",
            Some(_) => "\n\n",
        });
        text.push_str(&render_line(line));
        before = Some(line);
    }
    text
}

fn render_line(line: &Line) -> String {
    if line.indent == 0 {
        words(line)
    } else {
        format!("{}- {}", " ".repeat(line.indent.saturating_sub(2)), words(line))
    }
}

fn words(line: &Line) -> String {
    line.texts.iter().map(|text| escape(&text.words)).collect()
}

fn render_grid(grid: &Grid) -> String {
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let mut lines = vec![
        row(grid.columns.iter().map(|name| escape(name)).collect()),
        row(grid.columns.iter().map(|_| "---".to_owned()).collect()),
    ];
    lines.extend(
        grid.rows
            .iter()
            .map(|cells| row(cells.iter().map(|text| escape(&text.words)).collect())),
    );
    lines.join("\n")
}

/// Nothing between two characters, which is enough that they are no longer read as one sign: forges look for
/// addresses, people and issues in what Markdown left behind, where a backslash is gone.
const NOTHING: &str = "<!-- -->";

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*_|<>[]#~$&".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
        if "@#".contains(character) {
            escaped.push_str(NOTHING);
        }
    }
    without_links(&escaped)
}

/// Inside a line of HTML, Markdown's signs are words already.
fn html(line: &Line) -> String {
    let mut escaped = String::new();
    for character in line.texts.iter().flat_map(|text| text.words.chars()) {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
        if "@#".contains(character) {
            escaped.push_str(NOTHING);
        }
    }
    without_links(&escaped)
}

/// A bare address would become a link, `GH-7` an issue, `!7` a merge request and `:smile:` a picture.
fn without_links(text: &str) -> String {
    let text = text
        .replace("://", &format!(":{NOTHING}//"))
        .replace("www.", &format!("www{NOTHING}."));
    let mut parted = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(character) = rest.chars().next() {
        parted.push(character);
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        let is_number = rest.starts_with(|next: char| next.is_ascii_digit());
        let is_issue = is_number && ends_with_issue(&parted);
        if is_issue || (is_number && character == '!') || (character == ':' && is_picture(rest)) {
            parted.push_str(NOTHING);
        }
    }
    parted
}

fn ends_with_issue(text: &str) -> bool {
    let end = text.len().checked_sub(3).and_then(|start| text.get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case("gh-"))
}

/// Whether a name and a colon follow. Names of pictures have letters, digits and three signs, `_` escaped; a time of day
/// begins with a digit.
fn is_picture(rest: &str) -> bool {
    let Some((name, _)) = rest.split_once(':') else {
        return false;
    };
    let fits = |character: char| character.is_ascii_alphanumeric() || "_+-\\".contains(character);
    !name.is_empty() && name.chars().all(fits) && !name.chars().all(|character| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::{Text, Tone};

    fn grid(cell: &str) -> Grid {
        Grid {
            columns: vec!["A"],
            rows: vec![vec![Text::plain(cell)]],
        }
    }

    #[test]
    fn a_cell_cannot_break_the_table() {
        let mut page = Page::new();
        page.grid(grid("a|b\nc"));
        assert_eq!(render(&page), "| A |\n| --- |\n| a\\|b␤c |\n");
    }

    #[test]
    fn what_a_host_printed_makes_no_markup() {
        let evil = "</summary><img src=x> @team #7 [a](b) https://evil.example www.evil.example `x` &lt;";
        let mut page = Page::new();
        page.line(evil, Tone::Plain);
        let mut inside = Page::new();
        inside.grid(grid(evil));
        page.details(Line::new(0, evil, Tone::Plain), inside);
        let text = render(&page);
        assert_eq!(text.matches("</summary>").count(), 1, "only ours:\n{text}");
        for sign in ["@team", "#7", "https://", "www.evil", "<img"] {
            let rest = text.replace(&format!("\\{sign}"), "");
            assert!(!rest.contains(sign), "{sign} survives in\n{text}");
        }
        assert_eq!(
            text.matches("\\[a\\](b)").count(),
            2,
            "in the line and in the cell:\n{text}"
        );
    }

    #[test]
    fn what_forges_take_for_a_reference_stays_words() {
        let text = escape("fix of GH-7 and gh-8, !9, :smile: and :+1:, at 12:00:00");
        for sign in ["GH-7", "gh-8", "!9", ":smile:", ":+1:"] {
            assert!(!text.contains(sign), "{sign} survives in {text}");
        }
        assert!(text.ends_with("at 12:00:00"), "{text}");
        assert_eq!(escape("GH-x, really! 1:2"), "GH-x, really! 1:2");
    }

    #[test]
    fn details_fold_and_lines_stay_lines() {
        let mut page = Page::new();
        page.heading(Line::new(0, "Plan", Tone::Strong));
        page.lines(vec![Line::new(0, "one", Tone::Plain), Line::new(0, "two", Tone::Plain)]);
        page.lines(vec![Line::new(0, "list", Tone::Plain), Line::new(2, "a", Tone::Plain)]);
        page.heading(Line::new(0, "Part", Tone::Strong));
        let mut inside = Page::new();
        inside.grid(grid("x"));
        page.details(Line::new(0, "web <b>", Tone::Strong), inside);
        page.details(Line::new(0, "nothing inside", Tone::Strong), Page::new());
        assert_eq!(
            render(&page),
            "## Plan\n\none\\\ntwo\n\nlist\n\n- a\n\n### Part\n\n<details><summary>web &lt;b&gt;</summary>\n\n\
             | A |\n| --- |\n| x |\n\n</details>\n\nnothing inside\n"
        );
    }
}
