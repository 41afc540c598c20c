"""What PostgreSQL keeps for searching cases: columns of words, and telephone numbers from their last digit on.

Put in place by the first migration. Other databases search without (`cases.searching`): right, but row by row.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

#: What is searched for words, by table: the columns in which they stand.
WORDS = {
    "cases_case": ("title", "description", "expectation"),
    "cases_message": ("text",),
    "cases_user": ("name", "email"),
    "cases_organisation": ("name",),
}
#: Where telephone numbers stand, by table.
PHONES = {"cases_user": "phone", "cases_case": "call_phone"}
#: Signs within a word end it here: "order-88213" is looked for as "order" and as "88213". Only ASCII, so that the
#: database's own idea of what a letter is never takes a script away.
SIGNS = r"[!-/:-@\[-`{-~]+"


def install(connection: BaseDatabaseWrapper) -> None:
    """The columns and their indexes; nothing on other databases."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table, columns in WORDS.items():
            text = " || ' ' || ".join(columns)
            words = f"to_tsvector('simple'::regconfig, regexp_replace({text}, '{SIGNS}', ' ', 'g'))"
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN search tsvector GENERATED ALWAYS AS ({words}) STORED")
            cursor.execute(f"CREATE INDEX {table}_search ON {table} USING gin (search)")
        for table, column in PHONES.items():
            backwards = digits_backwards(column)
            cursor.execute(
                f"CREATE INDEX {table}_{column}_end ON {table} (({backwards}) text_pattern_ops) WHERE {column} <> ''"
            )


def remove(connection: BaseDatabaseWrapper) -> None:
    """Takes columns and indexes away."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in WORDS:
                cursor.execute(f"ALTER TABLE {table} DROP COLUMN IF EXISTS search")
            for table, column in PHONES.items():
                cursor.execute(f"DROP INDEX IF EXISTS {table}_{column}_end")


def digits_backwards(column: str) -> str:
    """SQL for the digits of a number from the last to the first: two spellings of one number begin alike by it."""
    return f"reverse(regexp_replace({column}, '[^0-9]', '', 'g'))"
