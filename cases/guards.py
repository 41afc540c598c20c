"""Database triggers that refuse to change or delete an event, on PostgreSQL and SQLite."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("cases_event", "cases_anchor", "cases_staffact")
#: What may be changed in a row all the same: from where somebody came is forgotten after some time.
FORGETTABLE = {"cases_staffact": "UPDATE OF id, at, actor_id, kind, about, person_id, case_id, changes"}

PG_FUNCTION = """
CREATE OR REPLACE FUNCTION milepost_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'The log is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME; END $$"""


def _install(vendor: str, table: str) -> list[str]:
    if vendor == "postgresql":
        return [
            f"CREATE TRIGGER {table}_rows BEFORE {FORGETTABLE.get(table, 'UPDATE')} OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION milepost_append_only()",
            f"CREATE TRIGGER {table}_all BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION milepost_append_only()",
        ]
    return [
        f"CREATE TRIGGER {table}_{act.lower()} BEFORE {FORGETTABLE.get(table, act) if act == 'UPDATE' else act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'The log is append-only: {act} on {table} is refused.'); END"
        for act in ("UPDATE", "DELETE")
    ]


def _remove(vendor: str, table: str) -> list[str]:
    if vendor == "postgresql":
        return [f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}" for name in ("rows", "all")]
    return [f"DROP TRIGGER IF EXISTS {table}_{act}" for act in ("update", "delete")]


def install(connection: BaseDatabaseWrapper) -> None:
    """Puts the guards up; used by the first migration."""
    remove(connection)
    function = [PG_FUNCTION] if connection.vendor == "postgresql" else []
    execute(connection, function + [one for table in TABLES for one in _install(connection.vendor, table)])


def remove(connection: BaseDatabaseWrapper) -> None:
    """Takes the guards down: for un-migrating, and for tests that must empty their database."""
    execute(connection, [one for table in TABLES for one in _remove(connection.vendor, table)])


def execute(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    """Runs statements of ours, one after the other."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
