"""Every operation of the OpenAPI, asked with whatever its description allows and some that it does not: never a 500, never a status it does not name,
never a body that is not as described."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from callcenter.accounts.demo import DEMO_PASSWORD
from callcenter.accounts.roles import MAY, Role
from callcenter.main import create_app
from callcenter.settings import Settings
from tests.api.routes import routes_of
from tests.house import SHORT, api_of
from tests.ports import free_port

APP = create_app(Settings(mode="test", redis_url=""))
SCHEMA = schemathesis.openapi.from_dict(APP.openapi())
# Its systematic phase makes some fifty requests for each operation: ten minutes. ONEKEY_OPENAPI_THOROUGH=1 has them too.
SCHEMA.config.phases.coverage.enabled = bool(os.environ.get("ONEKEY_OPENAPI_THOROUGH"))
PEOPLE = {"supervisor1": Role.SUPERVISOR, "admin1": Role.ADMIN}  # one of them may ask each of them
GUARDS = {route.name: route.permissions for route in routes_of(APP)}
# These end what the test stands on: its own session.
NOT_ASKED = r"/api/auth/sign-out|/api/account/sessions.*|/api/users/.*|/api/account/.*"


@dataclass
class Served:
    url: str
    headers: dict[str, dict[str, str]]  # person → cookie and CSRF token


@pytest.fixture(scope="module")
def served(house_owner_url: str, house_app_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The api in a thread of its own, without voice: what is asked of it is "not done" after a moment."""
    home = tmp_path_factory.mktemp("home")
    timings = SHORT.model_copy(update={"command": 0.05})
    made = Settings(mode="test", home=home, http_port=free_port(), app_database_url=house_app_url, redis_url="", timings=timings)
    server = api_of(made)
    thread = threading.Thread(target=lambda: asyncio.run(server._serve()), name="api", daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{made.http_port}"
    with httpx.Client(base_url=url, timeout=20, transport=httpx.HTTPTransport(retries=20)) as client:
        for _ in range(200):
            if server.started:
                break
            threading.Event().wait(0.05)
        headers = {}
        for person in PEOPLE:
            client.cookies.clear()
            answer = client.post("/api/auth/sign-in", json={"username": person, "password": DEMO_PASSWORD})
            assert answer.status_code == 200, answer.text
            headers[person] = {
                "Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items()),
                "X-CSRF-Token": answer.json()["csrf"],
            }
    yield Served(url, headers)
    server.should_exit = True
    thread.join(20)


@SCHEMA.exclude(path_regex=NOT_ASKED).parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_it_says(case: schemathesis.Case[Any], served: Served) -> None:
    permissions = GUARDS.get(f"{case.method.upper()} {case.path}", frozenset())
    person = next(who for who, role in PEOPLE.items() if permissions <= MAY[role])
    answer = case.call(base_url=served.url, headers=served.headers[person], timeout=10)
    assert answer.status_code < 500 or answer.status_code == 503, answer.text  # there is no voice here: 503 is right
    case.validate_response(answer, checks=[status_code_conformance, response_schema_conformance])
