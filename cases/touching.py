"""Database triggers that note a case whose topic, team, level, owner or customer's kind changed without an event.

Whoever writes an event of a case leaves its line in `TouchedCase` beside it. What stands on the case and may change by
another way (a correction by SQL, an account that becomes a colleague's) would be missed by whoever counts; the database
misses nothing.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

from cases.guards import execute

#: What figures ask the case itself.
ASKED = (
    "category_id", "team_id", "tier", "severity", "is_history", "is_drill", "customer_id", "filed_at", "owner_id", "complexity",
    "protocol",
)  # fmt: skip
LINE = "INSERT INTO cases_touchedcase (case_id, at)"

PG_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION milepost_touch_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {LINE} VALUES (NEW.id, now()); RETURN NULL; END $$;
CREATE OR REPLACE FUNCTION milepost_touch_cases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {LINE} SELECT id, now() FROM cases_case WHERE customer_id = NEW.id; RETURN NULL; END $$"""


def install(connection: BaseDatabaseWrapper) -> None:
    """Puts the triggers up; used by the first migration."""
    remove(connection)
    pg = connection.vendor == "postgresql"
    differ = "IS DISTINCT FROM" if pg else "IS NOT"
    changed = " OR ".join(f"OLD.{name} {differ} NEW.{name}" for name in ASKED)
    # With an event the line is there already: the writer of events leaves it, five hundred in one statement.
    case_when = f"WHEN (OLD.event_seq = NEW.event_seq AND ({changed}))"
    user_when = f"WHEN (OLD.is_staff {differ} NEW.is_staff)"
    on_case = f"CREATE TRIGGER case_touched AFTER UPDATE OF {', '.join(ASKED)} ON cases_case FOR EACH ROW {case_when}"
    on_user = f"CREATE TRIGGER user_touched AFTER UPDATE OF is_staff ON cases_user FOR EACH ROW {user_when}"
    if pg:
        execute(
            connection,
            [
                PG_FUNCTIONS,
                f"{on_case} EXECUTE FUNCTION milepost_touch_case()",
                f"{on_user} EXECUTE FUNCTION milepost_touch_cases()",
            ],
        )
        return
    at = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
    execute(
        connection,
        [
            f"{on_case} BEGIN {LINE} VALUES (NEW.id, {at}); END",
            f"{on_user} BEGIN {LINE} SELECT id, {at} FROM cases_case WHERE customer_id = NEW.id; END",
        ],
    )


def remove(connection: BaseDatabaseWrapper) -> None:
    """Takes the triggers down, for un-migrating."""
    where = {"case_touched": "cases_case", "user_touched": "cases_user"}
    pg = connection.vendor == "postgresql"
    execute(
        connection, [f"DROP TRIGGER IF EXISTS {name}{f' ON {table}' if pg else ''}" for name, table in where.items()]
    )
