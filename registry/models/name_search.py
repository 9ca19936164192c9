"""Any part of a name, found through an index: trigrams of FTS5 in SQLite, of pg_trgm in PostgreSQL.

In SQLite the trigrams are a table of their own, which triggers keep true to the names. SQLite drops the triggers with
the table when a later migration rebuilds `registry_repo`; such a migration calls `make_names_searchable` again.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import DatabaseError, transaction
from django.db.models.expressions import RawSQL

SHORTEST_INDEXED = 3  # characters: a trigram
MATCHING = "SELECT rowid FROM registry_repo_names WHERE registry_repo_names MATCH %s"
FORGET = "INSERT INTO registry_repo_names (registry_repo_names, rowid, name) VALUES ('delete', old.id, old.name);"
LEARN = "INSERT INTO registry_repo_names (rowid, name) VALUES (new.id, new.name);"
SQLITE_TABLE = """CREATE VIRTUAL TABLE IF NOT EXISTS registry_repo_names
USING fts5(name, content='registry_repo', content_rowid='id', tokenize='trigram')"""
SQLITE_TRIGGERS = {
    "registry_repo_name_added": f"AFTER INSERT ON registry_repo BEGIN {LEARN} END",
    "registry_repo_name_gone": f"AFTER DELETE ON registry_repo BEGIN {FORGET} END",
    "registry_repo_name_changed": "AFTER UPDATE OF id, name ON registry_repo"
    f" WHEN old.id <> new.id OR old.name <> new.name BEGIN {FORGET} {LEARN} END",
}
REBUILD = "INSERT INTO registry_repo_names (registry_repo_names) VALUES ('rebuild')"
POSTGRES_INDEX = """CREATE INDEX IF NOT EXISTS registry_repo_name_parts
ON registry_repo USING gin (UPPER(name::text) gin_trgm_ops)"""


def keys_matching(words: Collection[str]) -> RawSQL:
    """In SQLite: the keys of repositories whose names hold every word; each has at least three characters."""
    quoted = " ".join('"{}"'.format(word.replace('"', '""')) for word in words)
    return RawSQL(MATCHING, [quoted])


def make_names_searchable(apps, schema_editor) -> None:
    """For a migration: make the index and fill it from the names that are there."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(SQLITE_TABLE)
        for name, body in SQLITE_TRIGGERS.items():
            schema_editor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")
        schema_editor.execute(REBUILD)
    elif schema_editor.connection.vendor == "postgresql":
        try:
            with transaction.atomic(using=schema_editor.connection.alias):
                schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
                schema_editor.execute(POSTGRES_INDEX)
        except DatabaseError:  # no right to make extensions: searching stays right and becomes a scan
            return


def make_names_plain(apps, schema_editor) -> None:
    """For a migration: take the index away."""
    if schema_editor.connection.vendor == "sqlite":
        for name in SQLITE_TRIGGERS:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")
        schema_editor.execute("DROP TABLE IF EXISTS registry_repo_names")
    elif schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS registry_repo_name_parts")
