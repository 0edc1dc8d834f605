-- What a run was begun with beside its plan, so that it can be gone on with; NULL for runs of earlier versions.
ALTER TABLE runs ADD COLUMN record TEXT;
-- An event is never taken away, as it is never changed.
CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
