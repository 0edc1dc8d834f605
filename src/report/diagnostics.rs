//! Shows mistakes in the user's files with the line that holds them, the way compilers do.
//!
//! Only the words differ from the one-line form; nothing is left out but what would bury the rest.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::text::{count, printable_lines};

/// Most mistakes that are drawn; a file with more has one mistake many times.
const MOST: usize = 100;

/// Longest line that is drawn, in characters: longer ones are no longer readable on a terminal.
const LONGEST_LINE: usize = 300;

/// How it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiagnosticStyle {
    /// Whether colours are used.
    pub color: bool,
    /// Whether these are mistakes, or only warnings.
    pub is_warning: bool,
}

/// All mistakes as a block of text, each with its line and what to do about it; then their number.
#[must_use]
pub fn render_diagnostics(diagnostics: &Diagnostics, style: DiagnosticStyle) -> String {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut blocks: Vec<String> = diagnostics
        .iter()
        .take(MOST)
        .map(|diagnostic| block(&renderer, diagnostics, diagnostic, style))
        .collect();
    let word = if style.is_warning { "warning" } else { "error" };
    let mut total = count(diagnostics.len(), word);
    if diagnostics.len() > MOST {
        total.push_str(&format!(", the first {MOST} of them shown"));
    }
    blocks.push(total);
    blocks.join("\n\n")
}

fn block(renderer: &Renderer, all: &Diagnostics, diagnostic: &Diagnostic, style: DiagnosticStyle) -> String {
    let level = if style.is_warning { Level::WARNING } else { Level::ERROR };
    let title = level.primary_title(diagnostic.message.as_str());
    let related = diagnostic.related.as_ref();
    let mut elements = vec![drawing(all, &diagnostic.place, AnnotationKind::Primary, None)];
    if let Some((place, label)) = related {
        elements.push(drawing(all, place, AnnotationKind::Context, Some(label)));
    }
    let mut group = Group::with_title(title);
    for element in elements {
        group = match element {
            Drawing::Line(snippet) => group.element(snippet),
            Drawing::Place(origin) => group.element(origin),
        };
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    renderer.render(&[group])
}

enum Drawing<'text> {
    Line(Snippet<'text, annotate_snippets::Annotation<'text>>),
    /// The file's text is not at hand, or its line cannot be drawn.
    Place(annotate_snippets::Origin<'text>),
}

fn drawing<'text>(all: &Diagnostics, place: &Place, kind: AnnotationKind, label: Option<&'text str>) -> Drawing<'text> {
    let file = printable_lines(&place.file);
    match all.line(place).filter(|line| line.chars().count() <= LONGEST_LINE) {
        Some(line) => {
            let line = printable_lines(line);
            let annotation = kind.span(range(&line, place)).label(label);
            Drawing::Line(
                Snippet::source(line)
                    .line_start(place.line)
                    .path(file)
                    .annotation(annotation),
            )
        }
        None if place.line == 0 => Drawing::Place(annotate_snippets::Origin::path(file)),
        None => Drawing::Place(
            annotate_snippets::Origin::path(file)
                .line(place.line)
                .char_column(place.column),
        ),
    }
}

/// The bytes of the line that are meant: at least one character, never beyond its end.
fn range(line: &str, place: &Place) -> Range<usize> {
    let byte = |characters: usize| {
        line.char_indices()
            .nth(characters)
            .map_or(line.len(), |(index, _)| index)
    };
    let start = place.column.saturating_sub(1);
    byte(start)..byte(start.saturating_add(place.length.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::{Document, Reader};

    const PLAIN: DiagnosticStyle = DiagnosticStyle {
        color: false,
        is_warning: false,
    };

    fn shown(text: &str, style: DiagnosticStyle) -> String {
        let (mut reader, root) = Reader::new(Document::parse("f.yml", text));
        let root = root.unwrap();
        let mut fields = reader.fields(&root, "a host").unwrap();
        fields.get("port");
        reader.finish(fields);
        render_diagnostics(&reader.into_problems(), style)
    }

    #[test]
    fn the_line_is_drawn_with_a_mark_under_the_word() {
        assert_eq!(
            shown("a: 1\nprot: 22\n", PLAIN).replace(" \n", "\n"),
            "error: `a` is not a key of a host\n --> f.yml:1:1\n  |\n1 | a: 1\n  | ^\n  |\n  = help: the keys of a host are `port`\n\n\
             error: `prot` is not a key of a host\n --> f.yml:2:1\n  |\n2 | prot: 22\n  | ^^^^\n  |\n  = help: did you mean `port`?\n\n\
             2 errors"
        );
    }

    #[test]
    fn both_places_of_a_duplicate_are_drawn() {
        let shown = shown("port: 1\n# between\nport: 2\n", PLAIN);
        assert!(
            shown.contains("3 | port: 2") && shown.contains("1 | port: 1"),
            "{shown}"
        );
        assert!(shown.contains("first defined here"), "{shown}");
    }

    #[test]
    fn colours_are_used_only_when_they_are_wanted() {
        assert!(!shown("x: 1\n", PLAIN).contains('\u{1b}'));
        assert!(
            shown(
                "x: 1\n",
                DiagnosticStyle {
                    color: true,
                    is_warning: false
                }
            )
            .contains('\u{1b}')
        );
    }

    #[test]
    fn a_mistake_without_a_text_still_has_its_place() {
        let problems = Diagnostics::from(Diagnostic::new(
            Place {
                file: "gone.yml".into(),
                line: 7,
                column: 3,
                length: 1,
            },
            "no",
        ));
        assert!(render_diagnostics(&problems, PLAIN).contains("gone.yml:7:3"));
    }

    #[test]
    fn a_line_with_a_secret_is_not_drawn() {
        let mut problems = Diagnostics::default();
        let place = Place {
            file: "f".into(),
            line: 1,
            column: 1,
            length: 1,
        };
        problems.add_source("f".into(), "password: hunter2".into());
        problems.push(Diagnostic::new(place.clone(), "no"));
        assert!(render_diagnostics(&problems, PLAIN).contains("hunter2"));
        problems.hide_line(&place);
        assert!(!render_diagnostics(&problems, PLAIN).contains("hunter2"));
    }

    #[test]
    fn a_place_beyond_the_line_is_drawn_at_its_end() {
        let mut problems = Diagnostics::default();
        problems.add_source("f".into(), "é\u{1b}x".into());
        problems.push(Diagnostic::new(
            Place {
                file: "f".into(),
                line: 1,
                column: 99,
                length: 5,
            },
            "no",
        ));
        let shown = render_diagnostics(&problems, PLAIN);
        assert!(shown.contains("no") && !shown.contains('\u{1b}'), "{shown}");
    }

    #[test]
    fn a_thousand_mistakes_do_not_bury_the_first() {
        let mut problems = Diagnostics::default();
        for line in 1..=1000 {
            problems.push(Diagnostic::new(
                Place {
                    file: "f".into(),
                    line,
                    column: 1,
                    length: 1,
                },
                "no",
            ));
        }
        let shown = render_diagnostics(&problems, PLAIN);
        assert!(shown.ends_with("1000 errors, the first 100 of them shown"));
    }
}
