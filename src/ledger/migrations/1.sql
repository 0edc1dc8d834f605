-- One row a scan, one row a host of it. Documents are the model's JSON.
CREATE TABLE scans (
    id       TEXT PRIMARY KEY,
    started  TEXT NOT NULL,
    finished TEXT NOT NULL
) STRICT;

CREATE TABLE host_scans (
    scan     TEXT NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    host     TEXT NOT NULL,
    address  TEXT NOT NULL,
    port     INTEGER NOT NULL,
    finished TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (scan, position)
) STRICT;
CREATE INDEX host_scans_latest ON host_scans (host, address, port, finished);

-- One row a run; the report is written when it ends.
CREATE TABLE runs (
    id       TEXT PRIMARY KEY,
    started  TEXT NOT NULL,
    finished TEXT,
    outcome  TEXT,
    plan     TEXT NOT NULL,
    report   TEXT
) STRICT;

-- What happened, in order. Append-only.
CREATE TABLE events (
    run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    at       TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
) STRICT;
CREATE TRIGGER events_are_append_only BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
