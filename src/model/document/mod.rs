//! YAML files of which every word has a position.
//!
//! Reading goes in two steps, both pure: [`Document::parse`] makes a tree of [`Node`]s out of text and
//! refuses what YAML allows but nobody means (duplicate keys, several documents, tags), and a [`Reader`]
//! takes typed values out of the tree, collects every mistake on the way and goes on. The inventory and
//! the playbook are both read with it, so that both report mistakes in the same words.

mod builder;
mod merge;
mod node;
mod parse;
mod reader;
#[cfg(test)]
mod tests;

pub(crate) use builder::is_secret_key;
pub use node::{Entry, Located, Node, NodeValue, Scalar, ScalarStyle, Span};
pub use parse::{Document, LARGEST_FILE};
pub use reader::{Fields, Reader};
