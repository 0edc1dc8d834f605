//! Renders the grids of a page as comma-separated values (RFC 4180), one after another, and its notices as records
//! of one field.

use super::page::{Block, Page, Text};

/// The page's grids. A cell that a spreadsheet would read as a formula gets an apostrophe in front.
#[must_use]
pub fn render(page: &Page) -> String {
    let mut lines = Vec::new();
    add_records(&page.blocks, &mut lines);
    lines.into_iter().map(|line| line + "\r\n").collect()
}

fn add_records(blocks: &[Block], lines: &mut Vec<String>) {
    let record = |fields: Vec<String>| fields.join(",");
    for block in blocks {
        match block {
            Block::Grid(grid) => {
                lines.push(record(grid.columns.iter().map(|name| quote(name)).collect()));
                let rows = grid.rows.iter().map(|row| record(row.iter().map(field).collect()));
                lines.extend(rows);
            }
            // A record of one field.
            Block::Notice(line) => {
                let words: String = line.texts.iter().map(|text| text.words.as_str()).collect();
                lines.push(quote(&words));
            }
            Block::Details(_, inside) => add_records(&inside.blocks, lines),
            Block::Lines(_) | Block::Heading(_) | Block::Verbatim(_) => {}
        }
    }
}

fn field(text: &Text) -> String {
    quote(&text.words)
}

fn quote(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::Grid;

    #[test]
    fn quotes_commas_and_formulas_are_disarmed() {
        let mut page = Page::new();
        let row = ["a,b", "say \"hi\"", "=1+1"].map(Text::plain).to_vec();
        page.grid(Grid {
            columns: vec!["A", "B", "C"],
            rows: vec![row],
        });
        assert_eq!(render(&page), "A,B,C\r\n\"a,b\",\"say \"\"hi\"\"\",'=1+1\r\n");
    }
}
