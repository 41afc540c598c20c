"""Database triggers that keep a published version as it was published, and a list that was decided as it was decided."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

from cases.guards import execute

VERSIONS = ("escalation_protocolversion", "escalation_calendarversion")
LISTS = "escalation_choicedraft"
TABLES = (*VERSIONS, LISTS)
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
DECIDED = "A list that was decided cannot be changed. Propose another."

PG_FUNCTIONS = tuple(
    f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{sentence}'; END $$"""
    for name, sentence in (("milepost_published", SENTENCE), ("milepost_decided", DECIDED))
)


def _install(vendor: str, table: str) -> list[str]:
    sentence, function = (DECIDED, "milepost_decided") if table == LISTS else (SENTENCE, "milepost_published")
    final = "OLD.status <> 'open'" if table == LISTS else "OLD.status NOT IN ('draft', 'reviewed')"
    keep = final if table == LISTS else _when(vendor)
    if vendor == "postgresql":
        return [
            f"CREATE TRIGGER {table}_{name} BEFORE {act} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {function}()"
            for name, act, when in (("keep", "UPDATE", keep), ("stay", "DELETE", final))
        ]
    return [
        f"CREATE TRIGGER {table}_{name} BEFORE {act} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        for name, act, when in (("keep", "UPDATE", keep), ("stay", "DELETE", final))
    ]


def install(connection: BaseDatabaseWrapper) -> None:
    """Puts the guards up; used by the first migration."""
    remove(connection)
    function = list(PG_FUNCTIONS) if connection.vendor == "postgresql" else []
    execute(connection, function + [one for table in TABLES for one in _install(connection.vendor, table)])


def remove(connection: BaseDatabaseWrapper) -> None:
    """Takes the guards down: for un-migrating, and for tests that must empty their database."""
    on = "{0}_{1} ON {0}" if connection.vendor == "postgresql" else "{0}_{1}"
    names = [on.format(table, name) for table in TABLES for name in ("keep", "stay")]
    execute(connection, [f"DROP TRIGGER IF EXISTS {name}" for name in names])
