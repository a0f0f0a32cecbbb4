"""What the database itself refuses, whatever our code would ask of it; and that production does not start on the demo's secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import LiteralString

import psycopg
import pytest
from psycopg import errors, sql
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from callcenter.kit.listen import plain_url
from callcenter.migrations.registry import metadata
from callcenter.migrations.roles import APPEND_ONLY, FOR_EVER, NARROW, NARROWED, ROLES, TRIGGERED, ensure_roles, role_password
from callcenter.settings import DEMO_SECRET, Settings
from tests.conftest import APP_PASSWORD

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
TABLES = (*(table.name for table in metadata.sorted_tables), "alembic_version")


def expected(role: str, table: str) -> set[str]:
    """The list of callcenter/migrations/roles.py, said once more."""
    match role:
        case "app" if table == "alembic_version":
            return {"SELECT"}
        case "app" if table in APPEND_ONLY + FOR_EVER:
            return {"SELECT", "INSERT"}
        case "app" if table in TRIGGERED:
            return {"SELECT"}
        case "app" if table in NARROWED:
            return {"SELECT", "INSERT", "UPDATE"}  # of the columns that the list says
        case "app":
            return {"SELECT", "INSERT", "UPDATE", "DELETE"}
        case "retention" if table in APPEND_ONLY:
            return {"SELECT", "DELETE"}
        case "stores" | "public":
            return set(NARROW[role].get(table, {}))
    return set()


def granted(owner_url: str) -> dict[tuple[str, str], set[str]]:
    with psycopg.connect(plain_url(owner_url)) as owner:
        rows = owner.execute(
            "SELECT r, t, p FROM unnest(%s::text[]) r, unnest(%s::text[]) t, unnest(%s::text[]) p"
            " WHERE has_table_privilege('onekey_' || r, t, p)"
            " OR (p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege('onekey_' || r, t, p))",
            (list(ROLES), list(TABLES), list(PRIVILEGES)),
        ).fetchall()
    return {(role, table): {p for r, t, p in rows if (r, t) == (role, table)} for role in ROLES for table in TABLES}


def url_of(owner_url: str, role: str, password: str | None = None) -> str:
    url = make_url(owner_url).set(username=f"onekey_{role}", password=password or role_password(APP_PASSWORD, role))
    return plain_url(url.render_as_string(hide_password=False))


@pytest.fixture
def app(house_owner_url: str) -> Iterator[psycopg.Connection]:
    """The role of our processes."""
    with psycopg.connect(url_of(house_owner_url, "app"), autocommit=True) as connection:
        yield connection


# --- what is granted -----------------------------------------------------------------------------------------------------------


def test_every_role_has_what_the_list_says_and_nothing_more(house_owner_url: str) -> None:
    assert granted(house_owner_url) == {(role, table): expected(role, table) for role in ROLES for table in TABLES}


def test_every_table_of_the_database_is_in_the_list(app: psycopg.Connection) -> None:
    rows = app.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert {row[0] for row in rows} == set(TABLES)
    views = {row[0] for row in app.execute("SELECT viewname FROM pg_views WHERE schemaname = 'public'").fetchall()}
    assert set(APPEND_ONLY + FOR_EVER) <= set(TABLES) and all(set(tables) <= {*TABLES, *views} for tables in NARROW.values())


def test_setting_the_roles_again_takes_back_what_was_added_by_hand(house_owner_url: str) -> None:
    with psycopg.connect(plain_url(house_owner_url), autocommit=True) as owner:
        owner.execute(
            "GRANT ALL ON elders TO onekey_public; GRANT UPDATE, TRUNCATE ON audit TO onekey_app; GRANT DELETE ON elders TO onekey_retention"
        )
    ensure_roles(house_owner_url, APP_PASSWORD)
    ensure_roles(house_owner_url, APP_PASSWORD)
    assert granted(house_owner_url) == {(role, table): expected(role, table) for role in ROLES for table in TABLES}


def test_no_role_rules_or_belongs_to_another(house_owner_url: str) -> None:
    with psycopg.connect(plain_url(house_owner_url)) as owner:
        rows = owner.execute(
            "SELECT rolname FROM pg_roles r WHERE rolname LIKE 'onekey\\_%' AND NOT rolsuper AND NOT rolcreaterole AND NOT rolcreatedb AND NOT rolreplication"
            " AND NOT rolbypassrls AND NOT EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid)"
        ).fetchall()
    assert {row[0] for row in rows} == {f"onekey_{role}" for role in ROLES}


def on_table(statement: LiteralString, table: str) -> sql.Composed:
    """With the table, and where the statement asks for columns its last one: the first may be always generated, which is told sooner."""
    column = sql.Identifier([*metadata.tables[table].columns][-1].name)
    return sql.SQL(statement).format(sql.Identifier(table), *[column] * (statement.count("{}") - 1))


# --- what is refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET {} = {}",
        "DELETE FROM {}",
        "DELETE FROM {} WHERE false",
        "TRUNCATE {}",
        "TRUNCATE {} CASCADE",
        "SELECT 1 FROM {} FOR UPDATE",
    ],
)
def test_what_was_written_down_stays(app: psycopg.Connection, table: str, statement: LiteralString) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(on_table(statement, table))


@pytest.mark.parametrize("table", FOR_EVER)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE", "SELECT 1 FROM {} FOR UPDATE"])
def test_what_stays_for_ever(app: psycopg.Connection, table: str, statement: LiteralString) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(on_table(statement, table))


@pytest.mark.parametrize("table", NARROWED)
def test_only_some_columns_are_changed(app: psycopg.Connection, table: str) -> None:
    for column in metadata.tables[table].columns:
        statement = sql.SQL("UPDATE {} SET {} = {}").format(sql.Identifier(table), *[sql.Identifier(column.name)] * 2)
        if column.name in NARROWED[table]:
            app.execute(statement)
        else:
            with pytest.raises(errors.InsufficientPrivilege):
                app.execute(statement)


def test_an_audit_row_is_not_changed_by_writing_it_again(app: psycopg.Connection) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(
            "INSERT INTO case_entries (id, case_id, at, kind, actor_name, text, data)"
            " VALUES (gen_random_uuid(), gen_random_uuid(), now(), 'note', '', '', '{}')"
            " ON CONFLICT (id) DO UPDATE SET text = excluded.text"
        )


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)", "DROP TABLE audit", "ALTER TABLE audit ADD COLUMN x int", "ALTER TABLE elders DROP COLUMN name",
        "CREATE INDEX ON elders (name)", "DROP INDEX ix_elders_search", "CREATE SCHEMA mine", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE RULE r AS ON INSERT TO audit DO INSTEAD NOTHING", "CREATE TRIGGER t BEFORE INSERT ON audit EXECUTE FUNCTION tsvector_update_trigger()",
        "ALTER TABLE audit DISABLE TRIGGER ALL", "ALTER TABLE audit OWNER TO onekey_app", "CREATE ROLE me SUPERUSER", "ALTER ROLE onekey_app CREATEROLE",
        "SET ROLE onekey", "SET SESSION AUTHORIZATION onekey", "TRUNCATE cases CASCADE",
        "SELECT setval('case_number_seq', 1)", "DROP SEQUENCE outbox_published_seq", "UPDATE alembic_version SET version_num = '0'",
        "COPY elders TO PROGRAM 'cat'", "COPY elders TO '/tmp/elders'", "SELECT pg_read_file('/etc/passwd')", "CREATE EXTENSION dblink",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'onekey'", "SELECT rolpassword FROM pg_authid",
    ],
)  # fmt: skip
def test_the_processes_change_no_table_and_no_role(app: psycopg.Connection, house_owner_url: str, statement: str) -> None:
    with psycopg.connect(plain_url(house_owner_url)), pytest.raises((errors.InsufficientPrivilege, errors.UndefinedFile)):
        app.execute(statement.encode())


def test_the_processes_give_themselves_nothing(app: psycopg.Connection, house_owner_url: str) -> None:
    app.execute("GRANT UPDATE, DELETE ON audit TO onekey_app")  # PostgreSQL only warns
    assert granted(house_owner_url)["app", "audit"] == {"SELECT", "INSERT"}


def test_retention_deletes_what_is_due_and_changes_nothing(house_owner_url: str) -> None:
    """Whatever stands in them; what the worker does with it: tests/scenarios/test_what_is_due_is_deleted.py."""
    with psycopg.connect(plain_url(house_owner_url)) as owner:
        owner.execute(
            "INSERT INTO audit (at, actor_kind, actor_name, verb, object_id, purpose, details)"
            " VALUES (now(), 'system', '', 'test:retention', '', '', '{}')"
        )
    with psycopg.connect(url_of(house_owner_url, "retention"), autocommit=True) as retention:
        for table in APPEND_ONLY:
            (there,) = retention.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone() or (0,)
            # what others point at stays, whoever asks
            with suppress(errors.ForeignKeyViolation), retention.transaction(force_rollback=True):
                assert retention.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table))).rowcount == there
            assert there or table != "audit"
            with pytest.raises(errors.InsufficientPrivilege):
                retention.execute(on_table("UPDATE {} SET {} = {}", table))
        with pytest.raises(errors.InsufficientPrivilege):
            retention.execute("SELECT 1 FROM elders")


@pytest.mark.parametrize("role", ["stores", "public"])
def test_the_outside_sees_no_profile_no_call_and_no_user(house_owner_url: str, role: str) -> None:
    """Of what it may write into (a case's timeline, the audit) the stores' process reads nothing back."""
    with psycopg.connect(url_of(house_owner_url, role), autocommit=True) as outside:
        for table in (
            "elders",
            "elder_contacts",
            "elder_checks",
            "elder_changes",
            "elder_photos",
            "access_grants",
            "calls",
            "case_entries",
            "console_log_messages",
            "users",
            "user_sessions",
            "user_totp",
            "sip_accounts",
        ):
            assert table in TABLES, table
            with pytest.raises(errors.InsufficientPrivilege):
                outside.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table)))


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_password_of_its_own(house_owner_url: str, role: str) -> None:
    assert len({role_password(APP_PASSWORD, r) for r in ROLES}) == len(ROLES)
    for wrong in ("", "wrong", *(role_password(APP_PASSWORD, r) for r in ROLES if r != role)):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url_of(house_owner_url, role, wrong or "x"))


# --- production starts on no demo secret ---------------------------------------------------------------------------------------


SECRETS = ("secret_key", "field_key", "ari_password", "app_db_password")
GOOD = {name: f"a long and private {name}" for name in SECRETS}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("bad", [None, DEMO_SECRET, "", "short", " " * 40])
def test_production_names_the_secret_that_is_missing(name: str, bad: str | None) -> None:
    given = {k: v for k, v in GOOD.items() if k != name} | ({} if bad is None else {name: bad})
    with pytest.raises(ValidationError) as refused:
        Settings(mode="production", **given)  # type: ignore[arg-type]
    said = str(refused.value.errors()[0]["msg"])
    assert f"ONEKEY_{name.upper()} " in said and sum(f"ONEKEY_{n.upper()}" in said for n in SECRETS) == 1
    assert not any(value in said for value in GOOD.values())


def test_production_starts_on_secrets_of_its_own() -> None:
    assert Settings(mode="production", **GOOD).mode == "production"  # type: ignore[arg-type]


@pytest.mark.parametrize("command", ["api", "voice", "relay", "worker", "migrate", "stores", "public"])
def test_no_process_of_production_starts_on_the_demos_secrets(command: str) -> None:
    env = {"PATH": os.defpath, "ONEKEY_MODE": "production", "ONEKEY_SECRET_KEY": GOOD["secret_key"]}
    done = subprocess.run(
        [sys.executable, "-m", "callcenter.cli", command], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert "set ONEKEY_FIELD_KEY, ONEKEY_ARI_PASSWORD, ONEKEY_APP_DB_PASSWORD (16 characters or more" in done.stderr
    assert GOOD["secret_key"] not in done.stderr


def test_the_demo_district_is_not_for_production() -> None:
    env = {"PATH": os.defpath, "ONEKEY_MODE": "production", "DATABASE_URL": "postgresql:///nowhere"} | {
        f"ONEKEY_{k.upper()}": v for k, v in GOOD.items()
    }
    done = subprocess.run(
        [sys.executable, "-m", "callcenter.cli", "seed"], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1 and "not for production" in done.stderr


# --- the stores' app faces the internet ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT actor_name FROM audit", "SELECT text, address FROM messages", "SELECT number FROM licences", "SELECT image FROM order_photos",
        "SELECT reason FROM store_refusals", "UPDATE orders SET elder_id = elder_id", "UPDATE orders SET service_code = service_code", "DELETE FROM orders",
        "UPDATE offers SET store_id = store_id", "DELETE FROM offers", "UPDATE order_proofs SET kind = kind", "DELETE FROM order_proofs",
        "UPDATE provider_people SET active = true", "UPDATE provider_people SET number_index = ''", "INSERT INTO store_members SELECT * FROM store_members",
        "UPDATE cases SET owner_id = NULL", "UPDATE cases SET elder_id = NULL", "DELETE FROM cases", "UPDATE audit SET at = at", "DELETE FROM audit",
        "UPDATE provider_sessions SET person_id = person_id", "UPDATE provider_sign_in_codes SET code_hash = ''", "DELETE FROM provider_sign_in_codes",
        "UPDATE store_items SET price_fen = 1", "UPDATE licences SET valid_to = NULL", "SELECT nextval('case_number_seq')", "UPDATE outbox SET seq = 1",
    ],
)  # fmt: skip
def test_the_stores_process_touches_only_what_a_job_needs(house_owner_url: str, statement: str) -> None:
    with psycopg.connect(url_of(house_owner_url, "stores"), autocommit=True) as outside, pytest.raises(errors.InsufficientPrivilege):
        outside.execute(statement.encode())
