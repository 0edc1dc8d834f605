-- What operators say to a run from any shell, in the order in which it was said. Append-only.
CREATE TABLE orders (
    run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number   INTEGER NOT NULL,
    word     TEXT NOT NULL,
    at       TEXT NOT NULL,
    given_by TEXT NOT NULL,
    PRIMARY KEY (run, number)
) STRICT;
CREATE TRIGGER orders_are_append_only BEFORE UPDATE ON orders
BEGIN SELECT RAISE(ABORT, 'orders are append-only'); END;
