"""The database's roles (docs/decisions.md §8): one URL gives the owner at start-up, the processes use narrow ones.

app: all tables, but what is append-only (audit, call events, timelines) it may neither update nor delete.
retention: may delete what is due. stores, public: what their process shows, nothing else.
Roles belong to a whole server, so their names begin with the database's: two centres on one server do not meet.
"""

from __future__ import annotations

import hashlib
import hmac

import psycopg
from psycopg import sql

from callcenter.kit.listen import plain_url

APPEND_ONLY = (
    "article_versions",
    "audit",
    "call_events",
    "case_entries",
    "centre_settings",
    "consent_entries",
    "consent_wordings",
    "elder_changes",
    "handover_signatures",
    "opening_texts",
)
STORES_READ = ("catalog_versions", "service_items", "alembic_version")
ROLES = ("app", "retention", "stores", "public")


def role_password(app_password: str, role: str) -> str:
    """The app's is given; the others' follow from it, so that one secret is enough."""
    if role == "app":
        return app_password
    return hmac.new(app_password.encode(), f"role:{role}".encode(), hashlib.sha256).hexdigest()


def ensure_roles(owner_url: str, app_password: str) -> None:
    """Create what is missing, set passwords, grant exactly the list above. Harmless twice; run after every migration."""
    with psycopg.connect(plain_url(owner_url)) as connection:
        database = connection.info.dbname
        name = {role: sql.Identifier(f"{database}_{role}") for role in ROLES}
        connection.execute("SELECT pg_advisory_xact_lock(700112350)")
        for role in ROLES:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (f"{database}_{role}",)).fetchone()
            verb = sql.SQL("ALTER ROLE") if known else sql.SQL("CREATE ROLE")
            password = sql.Literal(role_password(app_password, role))
            connection.execute(sql.SQL("{} {} LOGIN PASSWORD {}").format(verb, name[role], password))
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), name[role]))
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name[role]))
            connection.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name[role]))
        connection.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        connection.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(name["app"]))
        connection.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name["app"]))
        for table in APPEND_ONLY:
            connection.execute(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name["app"]))
            connection.execute(sql.SQL("GRANT SELECT, DELETE ON {} TO {}").format(sql.Identifier(table), name["retention"]))
        connection.execute(sql.SQL("REVOKE ALL ON alembic_version FROM {}").format(name["app"]))
        connection.execute(sql.SQL("GRANT SELECT ON alembic_version TO {}").format(name["app"]))
        for table in STORES_READ:
            connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(table), name["stores"]))
