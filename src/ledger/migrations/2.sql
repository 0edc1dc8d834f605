-- When a version was first offered to any host of a distribution, and to which. Rows are never changed.
CREATE TABLE first_seen (
    os      TEXT NOT NULL,
    package TEXT NOT NULL,
    arch    TEXT NOT NULL,
    version TEXT NOT NULL,
    at      TEXT NOT NULL,
    host    TEXT NOT NULL,
    PRIMARY KEY (os, package, arch, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER first_seen_stays BEFORE UPDATE ON first_seen
BEGIN SELECT RAISE(ABORT, 'a first sighting stays'); END;
