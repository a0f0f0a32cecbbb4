"""What a request is told when the database does not answer: that it is away, not that it is our fault."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callcenter.kit.web import add_error_answers


@pytest.mark.parametrize(
    "error",
    [PoolTimeout("QueuePool limit"), OperationalError("SELECT", {}, OSError("refused")), InterfaceError("SELECT", {}, OSError("closed"))],
)
async def test_a_database_that_is_away_is_a_503_that_says_so(error: Exception) -> None:
    app = FastAPI()
    add_error_answers(app)

    @app.get("/")
    async def fails() -> None:
        raise error

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_away")
