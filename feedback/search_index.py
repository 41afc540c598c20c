"""What PostgreSQL keeps for searching articles: a column of stems for each language, and trigrams for slips of the pen.

Put in place by the first migration. Where the extension may not be created, searching works without slips.
"""

from __future__ import annotations

from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "feedback_articlerevision"
#: Languages whose word forms PostgreSQL knows; of others it compares words as they are.
CONFIGS = {"en": "english", "de": "german", "tr": "turkish", "ar": "arabic"}
PLAIN = "simple"


def config_of(language: str) -> str:
    """PostgreSQL's name for how words of a language are cut to their stems."""
    return CONFIGS.get(language, PLAIN)


def install(connection: BaseDatabaseWrapper) -> None:
    """The column and its indexes; nothing on other databases, which search `ArticleWord`."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} ADD COLUMN search tsvector GENERATED ALWAYS AS ({_stems()}) STORED")
        cursor.execute(f"CREATE INDEX article_search ON {TABLE} USING gin (search) WHERE is_live")
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(f"CREATE INDEX article_slips ON {TABLE} USING gin (head gin_trgm_ops) WHERE is_live")
    except DatabaseError:
        return  # not ours to create here: docs/knowledge.md says what is lost


def remove(connection: BaseDatabaseWrapper) -> None:
    """Takes column and indexes away; the extension stays, for others may use it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS search")
            cursor.execute("DROP INDEX IF EXISTS article_slips")


def _stems() -> str:
    """Title and answer before the body, each cut to stems; title and answer once more as they are, without accents."""
    plain = f"to_tsvector('{PLAIN}'::regconfig, head)"
    return (
        f"setweight({_by_language('head')}, 'A') || setweight({plain}, 'B') || setweight({_by_language('folded')}, 'C')"
    )


def _by_language(field: str) -> str:
    cases = " ".join(
        f"WHEN '{code}' THEN to_tsvector('{config}'::regconfig, {field})" for code, config in CONFIGS.items()
    )
    return f"CASE language {cases} ELSE to_tsvector('{PLAIN}'::regconfig, {field}) END"
