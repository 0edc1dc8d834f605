//! Target expressions: the language that picks hosts. The inventory answers them.
