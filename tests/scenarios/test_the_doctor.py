"""`callcenter doctor` on a real database, with real faults put into it. The whole house, with Asterisk and the worker, is looked at in tests/e2e."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from callcenter.backups.members import Examined, Manifest
from callcenter.backups.noting import note_made
from callcenter.calls.self_tests.models import Outcome, SelfTest
from callcenter.doctor.finding import Finding
from callcenter.doctor.rows import check_database
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.ids import new_id
from callcenter.kit.lease import Lease
from callcenter.kit.listen import plain_url
from callcenter.messaging.states import MessageState
from callcenter.settings import Settings

MESSAGE = """INSERT INTO messages (id, dedupe_key, channel, address, address_index, template, about_kind, about_id, state, created_at, due_at, deadline_at,
        next_at, attempts, looks, carrier, provider_id, error, carrier_error)
    VALUES (gen_random_uuid(), 'late', 'sms', '', '', 'job_offered', '', '', %s, now(), now(), now() + interval '1 day', now() - interval '1 hour',
        0, 0, '', '', '', '')"""


async def lines(settings: Settings) -> dict[str, Finding]:
    return {finding.what: finding for finding in await check_database(settings)}


@pytest.fixture
def settings(house_app_url: str, tmp_path: Path) -> Settings:
    return Settings(app_database_url=house_app_url, home=tmp_path)


async def test_a_house_without_fault(settings: Settings, house_owner_url: str) -> None:
    database = Database(settings.app_database_url)
    assert await Lease(database, f"voice:{settings.pbx_name}", ttl=600).try_acquire()
    manifest = Manifest(
        version="0", made_at=clock.now(), migration="1", postgres=15, mode="test", field_key="", counts={}, vanished=0, members=[]
    )
    async with database.transaction() as session:
        tried = {"pbx": settings.pbx_name, "outcome": Outcome.PASSED, "reason": "", "ring_ms": 21, "agents": 0, "alarmed": False}
        session.add(SelfTest(id=new_id(), at=clock.now(), **tried))
    await note_made(house_owner_url, Examined(manifest, "the key's id", None, 5))
    found = await lines(settings)
    assert {finding.state for finding in found.values()} == {"right"}, [finding.line() for finding in found.values()]
    assert list(found) == ["database", "clock", "migrations", "database role", "voice", "self-test", "outbox", "messages", "backup"]

    clock.shift(timedelta(minutes=-5))
    try:
        assert "300.0 s behind the database's" in (await lines(settings))["clock"].line()
    finally:
        clock.reset()
    clock.shift(timedelta(hours=30))
    try:
        found = await lines(settings)
        assert found["voice"].state == "wrong" and "none has worked for 30 hours" in found["voice"].words
        assert "30 hours old" in found["backup"].words
    finally:
        clock.reset()
    await database.close()


async def test_what_waits_and_who_enters(settings: Settings, house_owner_url: str) -> None:
    with psycopg.connect(plain_url(house_owner_url)) as owner:
        owner.execute(
            "INSERT INTO outbox (created_at, topic, object_id, version, payload) VALUES (now() - interval '5 minutes', 'call', 'x', 0, '{}')"
        )
        owner.execute(MESSAGE, [MessageState.QUEUED.value])
    found = await lines(settings)
    assert found["outbox"].state == "wrong" and "5 minutes" in found["outbox"].words
    assert found["messages"].state == "wrong" and "60 minutes ago" in found["messages"].words
    found = await lines(settings.model_copy(update={"app_database_url": house_owner_url}))
    assert found["database role"].state == "wrong"


async def test_a_database_that_is_behind_or_ahead(settings: Settings, house_owner_url: str) -> None:
    with psycopg.connect(plain_url(house_owner_url), autocommit=True) as owner:
        (now,) = owner.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
        for version, words in (("0001", "behind (0001"), ("9999", "does not know")):
            owner.execute("UPDATE alembic_version SET version_num = %s", [version])
            found = await lines(settings)
            assert found["migrations"].state == "wrong" and words in found["migrations"].words
            assert found["outbox"].state == "unset", "rows are not asked for by names that may not be there"
        owner.execute("UPDATE alembic_version SET version_num = %s", [now])
    assert (await lines(settings))["migrations"].state == "right"
