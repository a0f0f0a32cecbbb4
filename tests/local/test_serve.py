"""Who asks, as a web process of ours sees it: the proxy's word counts only when it is ours."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.ports import free_port

APP = """
import sys
from callcenter.kit.serve import serve

async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["client"][0].encode()})

serve(app, "127.0.0.1", int(sys.argv[1]), forwarded_allow_ips=sys.argv[2])
"""


@pytest.fixture
def address_seen(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", APP, str(port), request.param])
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        try:
            deadline = time.monotonic() + 20
            while True:
                try:
                    client.get("/")
                    break
                except httpx.ConnectError:
                    assert time.monotonic() < deadline and process.poll() is None
                    time.sleep(0.05)
            yield client
        finally:
            process.terminate()
            process.wait(10)


def asked_as(client: httpx.Client, forwarded: str) -> str:
    return client.get("/", headers={"X-Forwarded-For": forwarded}).text


@pytest.mark.parametrize("address_seen", ["", "10.249.12.0/24"], indirect=True)
def test_a_stranger_names_no_address_but_his_own(address_seen: httpx.Client) -> None:
    assert asked_as(address_seen, "203.0.113.7") == "127.0.0.1"


@pytest.mark.parametrize("address_seen", ["127.0.0.0/8"], indirect=True)
def test_our_proxy_tells_agents_apart(address_seen: httpx.Client) -> None:
    assert asked_as(address_seen, "203.0.113.7") == "203.0.113.7"
    assert asked_as(address_seen, "203.0.113.8") == "203.0.113.8"
    assert asked_as(address_seen, "198.51.100.1, 203.0.113.7") == "203.0.113.7"  # what the agent claims before it does not count
