"""What tests see of a store beside its rows: each move of a part and each event, noted by triggers.

The notes are tables of the test's: temporary ones on SQLite, tables of the test databases on PostgreSQL.
"""

from __future__ import annotations

SQLITE = """
CREATE TEMP TABLE moved (n INTEGER PRIMARY KEY, part_id, was, went);
CREATE TEMP TABLE told (n INTEGER PRIMARY KEY, consumer, event, message_id, inbound_id, report_id);
CREATE TEMP TABLE touched (message_id);
CREATE TEMP TRIGGER parts_made AFTER INSERT ON main.part
  BEGIN INSERT INTO touched VALUES (new.message_id); END;
CREATE TEMP TRIGGER parts_changed AFTER UPDATE ON main.part
  BEGIN INSERT INTO touched VALUES (new.message_id); END;
CREATE TEMP TRIGGER messages_changed AFTER UPDATE ON main.message
  BEGIN INSERT INTO touched VALUES (new.id); END;
CREATE TEMP TRIGGER moves AFTER UPDATE OF state ON main.part WHEN old.state <> new.state
  BEGIN INSERT INTO moved (part_id, was, went) VALUES (old.id, old.state, new.state); END;
CREATE TEMP TRIGGER tells AFTER INSERT ON main.outbox
  BEGIN INSERT INTO touched SELECT new.message_id WHERE new.message_id IS NOT NULL;
  INSERT INTO told (consumer, event, message_id, inbound_id, report_id)
  VALUES (new.consumer, new.event, new.message_id, new.inbound_id, new.report_id); END;
"""
"""For the connection of one office."""

POSTGRESQL = """
CREATE TABLE moved (n bigserial, part_id bigint, was integer, went integer);
CREATE TABLE told (
  n bigserial, consumer text, event text, message_id bigint, inbound_id bigint, report_id bigint);
CREATE TABLE touched (message_id bigint);
CREATE FUNCTION watch_part() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO touched VALUES (new.message_id);
  IF tg_op = 'UPDATE' AND old.state <> new.state THEN
    INSERT INTO moved (part_id, was, went) VALUES (old.id, old.state, new.state);
  END IF;
  RETURN NULL; END $$;
CREATE FUNCTION watch_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO touched VALUES (new.id); RETURN NULL; END $$;
CREATE FUNCTION watch_outbox() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF new.message_id IS NOT NULL THEN INSERT INTO touched VALUES (new.message_id); END IF;
  INSERT INTO told (consumer, event, message_id, inbound_id, report_id)
  VALUES (new.consumer, new.event, new.message_id, new.inbound_id, new.report_id);
  RETURN NULL; END $$;
CREATE TRIGGER parts_made AFTER INSERT OR UPDATE ON part FOR EACH ROW EXECUTE FUNCTION watch_part();
CREATE TRIGGER messages_changed AFTER UPDATE ON message FOR EACH ROW EXECUTE FUNCTION watch_message();
CREATE TRIGGER tells AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION watch_outbox();
"""
"""For the database that every test's database is a copy of."""
