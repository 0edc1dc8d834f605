//! From tokens to the tree of an expression.

use super::lexer::{Kind, Token, tokens};
use super::name_regex::NameRegex;
use super::state::{Comparison, Operator, StateTest};
use super::term::{Span, StateWord, Term};
use super::word::{Dialect, word_term};
use super::{ExpressionError, ansible};

/// Parentheses within parentheses. More can only be an accident.
const DEEPEST: usize = 64;

/// Longest expression in bytes; long lists of hosts belong in a group or a file.
const LONGEST: usize = 64 * 1024;

const HOW_TO_PICK: &str = "write a host, a glob such as `web*`, `group:NAME` or `label:KEY=VALUE`";

const HOW_TO_JOIN: &str = "join hosts by `,` (or), `&` (and), `!` (not)";

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Result<Term, ExpressionError> {
    if text.len() > LONGEST {
        return Err(error(
            point(0),
            "the expression is longer than 64 KiB",
            Some("make a group of these hosts, or list them in a file: `@FILE`"),
        ));
    }
    let mut parser = Parser {
        tokens: tokens(text),
        at: 0,
        depth: 0,
        end: text.chars().count(),
        text,
    };
    if parser.tokens.is_empty() {
        let hint = Some("write `all` for every host");
        return Err(error(point(0), "the expression is empty", hint));
    }
    let term = parser.level()?;
    match parser.peek() {
        None => Ok(term),
        Some(Kind::Close) => Err(error(parser.span(), "this `)` closes nothing", None)),
        Some(_) => Err(parser.operator_is_missing()),
    }
}

fn point(offset: usize) -> Span {
    Span { offset, length: 1 }
}

pub(super) fn error(span: Span, message: impl Into<String>, hint: Option<&str>) -> ExpressionError {
    ExpressionError {
        offset: span.offset,
        length: span.length,
        message: message.into(),
        hint: hint.map(str::to_owned),
    }
}

pub(super) struct Parser<'text> {
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    depth: usize,
    /// The length of the text in characters.
    end: usize,
    pub(super) text: &'text str,
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    /// Where the next token stands; behind the text when there is none.
    pub(super) fn span(&self) -> Span {
        self.tokens
            .get(self.at)
            .map_or_else(|| point(self.end), |token| token.span)
    }

    /// Goes on when the next token is this one.
    pub(super) fn skip(&mut self, kind: &Kind) -> bool {
        let is_next = self.peek() == Some(kind);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn operator_is_missing(&self) -> ExpressionError {
        let follows = self.tokens.get(self.at + 1).map(|token| &token.kind);
        if self.peek() == Some(&Kind::Not) && follows == Some(&Kind::Compare(Operator::Equal)) {
            return error(self.span(), "`!=` is no operator", Some("write `!(updates=0)`"));
        }
        if let Some(Kind::Compare(operator)) = self.peek() {
            let message = format!("only `updates` and `security` can be compared by `{operator}`");
            return error(self.span(), message, Some("write `updates>0` or `security>=1`"));
        }
        error(
            point(self.span().offset),
            "an operator is missing before this",
            Some(HOW_TO_JOIN),
        )
    }

    /// Everything up to the end, or to the parenthesis that closes.
    fn level(&mut self) -> Result<Term, ExpressionError> {
        match ansible::separator(self)? {
            Some(separator) => ansible::list(self, &separator),
            None => self.or(),
        }
    }

    fn or(&mut self) -> Result<Term, ExpressionError> {
        let mut begins = vec![self.at];
        let mut terms = vec![self.and()?];
        while let Some(Kind::Comma | Kind::Pipe) = self.peek() {
            self.at += 1;
            begins.push(self.at);
            terms.push(self.and()?);
        }
        if terms.len() > 1
            && let Some(position) = self.first_that_begins_with_not(&begins, &terms)
        {
            return Err(self.added_opposite(&begins, position));
        }
        Ok(joined(terms, Term::Or))
    }

    /// An item such as `!web03&!web04`, without parentheses that say that it is meant so.
    fn first_that_begins_with_not(&self, begins: &[usize], terms: &[Term]) -> Option<usize> {
        let is_negated = |term: &Term| match term {
            Term::And(terms) => matches!(terms.first(), Some(Term::Not(_))),
            _ => false,
        };
        let begins_with_not = |begin: usize| self.tokens.get(begin).is_some_and(|token| token.kind == Kind::Not);
        let mut items = begins.iter().zip(terms);
        items.position(|(begin, term)| begins_with_not(*begin) && is_negated(term))
    }

    /// Both readings of a list with such an item: added, it could be nearly the whole fleet where hosts were to be
    /// taken away.
    fn added_opposite(&self, begins: &[usize], position: usize) -> ExpressionError {
        let ends = begins.iter().skip(1).map(|begin| begin - 1).chain([self.at]);
        let spans = begins.iter().zip(ends).map(|(begin, end)| self.span_of(*begin, end));
        let (mut item, mut others) = (point(0), Vec::new());
        for (at, span) in spans.enumerate() {
            if at == position {
                item = span;
            } else {
                others.push(self.text_of(span));
            }
        }
        let (text, others) = (self.text_of(item), others.join(" , "));
        let message = format!(
            "`{text}` begins with `!` and stands in a list: it could mean `({others}) & {text}` or \
             `{others} , ({text})`"
        );
        error(item, message, Some("write one of them"))
    }

    /// From a token up to one that is no longer part of it.
    fn span_of(&self, begin: usize, end: usize) -> Span {
        let tokens = self.tokens.get(begin..end).unwrap_or_default();
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            return point(0);
        };
        Span {
            offset: first.span.offset,
            length: last.span.offset + last.span.length - first.span.offset,
        }
    }

    fn text_of(&self, span: Span) -> String {
        self.text.chars().skip(span.offset).take(span.length).collect()
    }

    fn and(&mut self) -> Result<Term, ExpressionError> {
        let mut terms = vec![self.not()?];
        while self.skip(&Kind::And) {
            terms.push(self.not()?);
        }
        Ok(joined(terms, Term::And))
    }

    fn not(&mut self) -> Result<Term, ExpressionError> {
        let mut negated = false;
        while self.skip(&Kind::Not) {
            negated = !negated;
        }
        let term = self.operand(Dialect::Native)?;
        Ok(match (negated, term) {
            (false, term) => term,
            // `!(!web)` is `web`, as `!!web` is.
            (true, Term::Not(inner)) => *inner,
            (true, term) => Term::Not(Box::new(term)),
        })
    }

    pub(super) fn operand(&mut self, dialect: Dialect) -> Result<Term, ExpressionError> {
        let span = self.span();
        let Some(token) = self.tokens.get(self.at).cloned() else {
            return Err(error(
                span,
                "the expression ends where a host is expected",
                Some(HOW_TO_PICK),
            ));
        };
        match token.kind {
            Kind::Open => self.parentheses(),
            Kind::Word(text) => {
                self.at += 1;
                match self.comparison(&text, span)? {
                    Some(term) => Ok(term),
                    None => word_term(&text, span, dialect),
                }
            }
            Kind::Regex(text) => {
                self.at += 1;
                if text.is_empty() {
                    return Err(error(span, "a regular expression is missing behind this `~`", None));
                }
                let regex = NameRegex::new(&text, span.offset).map_err(|message| error(span, message, None))?;
                Ok(Term::Regex(regex))
            }
            Kind::File(path) => {
                self.at += 1;
                if path.is_empty() {
                    return Err(error(span, "a file is missing behind this `@`", None));
                }
                Ok(Term::File { path, span })
            }
            Kind::Comma | Kind::Pipe | Kind::Colon | Kind::And | Kind::Not | Kind::Close | Kind::Compare(_) => {
                let text = self.text_of(span);
                let message = format!("a host is expected before this `{text}`");
                Err(error(span, message, Some(HOW_TO_PICK)))
            }
        }
    }

    /// `updates>0`, where a word is followed by a comparison.
    fn comparison(&mut self, text: &str, span: Span) -> Result<Option<Term>, ExpressionError> {
        let Some(Kind::Compare(operator)) = self.peek() else {
            return Ok(None);
        };
        let operator = *operator;
        if !matches!(text, "updates" | "security") {
            return Err(self.operator_is_missing());
        }
        self.at += 1;
        let behind = self.span();
        let number = match self.peek() {
            Some(Kind::Word(number)) => number.parse::<usize>().ok(),
            _ => None,
        };
        let Some(number) = number else {
            let message = format!("a whole number is expected behind `{text}{operator}`");
            return Err(error(behind, message, Some("write `updates>0`")));
        };
        self.at += 1;
        let comparison = Comparison { operator, number };
        Ok(Some(Term::State(StateWord {
            text: format!("{text}{operator}{number}"),
            test: if text == "updates" {
                StateTest::Updates(comparison)
            } else {
                StateTest::Security(comparison)
            },
            span: Span {
                offset: span.offset,
                length: behind.offset + behind.length - span.offset,
            },
        })))
    }

    fn parentheses(&mut self) -> Result<Term, ExpressionError> {
        let open = self.span();
        if self.depth >= DEEPEST {
            return Err(error(open, "parentheses are nested more than 64 deep", None));
        }
        self.at += 1;
        self.depth += 1;
        let term = self.level()?;
        self.depth -= 1;
        match self.peek() {
            Some(Kind::Close) => {
                self.at += 1;
                Ok(term)
            }
            Some(_) => Err(self.operator_is_missing()),
            None => Err(error(open, "this `(` is never closed", None)),
        }
    }
}

/// A list of one is the one.
fn joined(mut terms: Vec<Term>, join: fn(Vec<Term>) -> Term) -> Term {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        Some(last) => {
            terms.push(last);
            join(terms)
        }
        None => join(terms),
    }
}
