"""The database's roles (docs/decisions.md §8): one URL gives the owner at start-up, the processes use narrow ones.

app: all tables, but what is append-only (audit, call events, timelines, the catalogue's items) it may neither update nor delete.
retention: may delete what is due. stores, public: what their process shows, nothing else.
Roles belong to a whole server, so their names begin with the database's: two centres on one server do not meet.
"""

from __future__ import annotations

import hashlib
import hmac

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from callcenter.kit.listen import plain_url
from callcenter.migrations.public_role import PUBLIC
from callcenter.migrations.stores_role import STORES, STORES_SEQUENCES, Grants
from callcenter.settings import Settings

APPEND_ONLY = (
    "article_versions",
    "audit",
    "bill_parts",
    "call_events",
    "case_entries",
    "centre_settings",
    "claim_lines",
    "claim_refusals",
    "coin_gifts",
    "consent_entries",
    "consent_wordings",
    "dialog_events",
    "elder_changes",
    "entitlement_changes",
    "entitlement_uses",
    "handover_signatures",
    "opening_texts",
    "order_events",
    "order_proofs",
    "points_expiry_notices",
    "points_purchase_refunds",
    "points_purchases",
    "points_referrals",
    "points_terms",
    "press_matches",
    "price_confirmations",
    "risk_sheets",
    "store_changes",
    "volunteer_events",
    "volunteer_hours",
    "volunteer_proofs",
    "volunteer_trainings",
)
FOR_EVER = (
    "item_localisations",
    "ledger_blocks",
    "ledger_entries",
    "ledger_lots",
    "ledger_postings",
    "ledger_sealed",
    "points_checks",
    "points_good_changes",
    "points_settlement_lines",
    "points_settlement_payments",
    "protocol_versions",
    "service_items",
)  # append-only, and nothing of them is ever due: orders, runs point at them
TRIGGERED = ("ledger_holdings",)  # read only: a trigger writes them
NARROWED: dict[str, tuple[str, ...]] = {"ledger_accounts": ("closed_at",)}  # never deleted, and of what stands there only this is changed
ROLES = ("app", "retention", "stores", "public")
NARROW: dict[str, Grants] = {"stores": STORES, "public": PUBLIC}


def role_password(app_password: str, role: str) -> str:
    """The app's is given; the others' follow from it, so that one secret is enough."""
    if role == "app":
        return app_password
    return hmac.new(app_password.encode(), f"role:{role}".encode(), hashlib.sha256).hexdigest()


def as_role(settings: Settings, role: str) -> Settings:
    """The settings of a process that enters the database by a narrower role than the app's."""
    if not settings.app_database_url:
        return settings
    url = make_url(settings.app_database_url)
    database = (url.username or "").removesuffix("_app")
    narrow = url.set(username=f"{database}_{role}", password=role_password(settings.app_db_password.get_secret_value(), role))
    return settings.model_copy(update={"app_database_url": narrow.render_as_string(hide_password=False)})


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
            connection.execute(sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}").format(name[role]))
        connection.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        connection.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(name["app"]))
        connection.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name["app"]))
        for table in APPEND_ONLY:
            connection.execute(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name["app"]))
            connection.execute(sql.SQL("GRANT SELECT, DELETE ON {} TO {}").format(sql.Identifier(table), name["retention"]))
        for table in FOR_EVER:
            connection.execute(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name["app"]))
        for table in TRIGGERED:
            connection.execute(sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name["app"]))
        for table, columns in NARROWED.items():
            connection.execute(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name["app"]))
            connection.execute(sql.SQL("GRANT UPDATE{} ON {} TO {}").format(_listed(columns), sql.Identifier(table), name["app"]))
        connection.execute(sql.SQL("REVOKE ALL ON alembic_version FROM {}").format(name["app"]))
        connection.execute(sql.SQL("GRANT SELECT ON alembic_version TO {}").format(name["app"]))
        for role, tables in NARROW.items():
            for table, grants in tables.items():
                for privilege, columns in grants.items():
                    connection.execute(
                        sql.SQL("GRANT {}{} ON {} TO {}").format(sql.SQL(privilege), _listed(columns), sql.Identifier(table), name[role])
                    )
        for sequence in STORES_SEQUENCES:
            connection.execute(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.Identifier(sequence), name["stores"]))


def _listed(columns: tuple[str, ...]) -> sql.Composable:
    """(a, b); nothing for the whole table."""
    return sql.SQL(" ({})").format(sql.SQL(", ").join(map(sql.Identifier, columns))) if columns else sql.SQL("")
