"""Database triggers that keep a published protocol or calendar version as it was published."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

from cases.guards import execute

TABLES = ("escalation_protocolversion", "escalation_calendarversion")
KEPT = (
    "key", "number", "label", "document", "made_at", "made_by_id", "note", "based_on", "hands", "reviewed_at",
    "reviewed_by_id", "published_at", "published_by_id",
)  # fmt: skip
# Once published, a version can only be retired, and once retired it stays so.
BACK = "NEW.status IN ('draft', 'reviewed') OR (OLD.status = 'retired' AND NEW.status <> 'retired')"


def _when(vendor: str) -> str:
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f"CAST(OLD.{c} AS text) {differs} CAST(NEW.{c} AS text)" for c in KEPT)
    return f"OLD.status NOT IN ('draft', 'reviewed') AND ({changed} OR {BACK})"


SENTENCE = "A published version cannot be changed. Make a new version."

PG_FUNCTION = f"""
CREATE OR REPLACE FUNCTION milepost_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{SENTENCE}'; END $$"""


def _install(vendor: str, table: str) -> list[str]:
    if vendor == "postgresql":
        return [
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({_when(vendor)}) "
            "EXECUTE FUNCTION milepost_published()",
            f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} FOR EACH ROW WHEN (OLD.status NOT IN ('draft', 'reviewed')) "
            "EXECUTE FUNCTION milepost_published()",
        ]
    return [
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} WHEN {_when(vendor)} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END",
        f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} WHEN OLD.status NOT IN ('draft', 'reviewed') "
        f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END",
    ]


def install(connection: BaseDatabaseWrapper) -> None:
    """Puts the guards up; used by the first migration."""
    remove(connection)
    function = [PG_FUNCTION] if connection.vendor == "postgresql" else []
    execute(connection, function + [one for table in TABLES for one in _install(connection.vendor, table)])


def remove(connection: BaseDatabaseWrapper) -> None:
    """Takes the guards down: for un-migrating, and for tests that must empty their database."""
    on = "{0}_{1} ON {0}" if connection.vendor == "postgresql" else "{0}_{1}"
    names = [on.format(table, name) for table in TABLES for name in ("keep", "stay")]
    execute(connection, [f"DROP TRIGGER IF EXISTS {name}" for name in names])
