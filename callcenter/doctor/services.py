"""Asterisk, Valkey and the worker: asked as our processes ask them."""

from __future__ import annotations

import asyncio
import re

import httpx
from celery import Celery
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from callcenter.doctor.finding import Finding, right, unset, wrong
from callcenter.settings import Settings

OLDEST_ASTERISK = 22
PATIENCE = 5.0  # s: a house that answers later than this is not well
JOBS_WAITING = 200  # in the worker's queue; beat adds a few each second


async def check_asterisk(settings: Settings) -> list[Finding]:
    """Of each node, where there are several."""
    asked = await asyncio.gather(*(_check_asterisk(settings, node.ari_base) for node in settings.pbxs))
    return [found for one in asked for found in one]


async def _check_asterisk(settings: Settings, at: str) -> list[Finding]:
    login = (settings.ari_user, settings.ari_password.get_secret_value())
    try:
        async with httpx.AsyncClient(auth=login, timeout=PATIENCE, trust_env=False) as client:
            info = await client.get(f"{at}/ari/asterisk/info")
            applications = await client.get(f"{at}/ari/applications")
    except httpx.HTTPError as error:
        return [
            wrong(
                "Asterisk",
                f"does not answer at {at} ({type(error).__name__})",
                "start it: as long as it is not there, elders' calls reach nobody",
            )
        ]
    if info.status_code in (401, 403):
        return [
            wrong(
                "Asterisk", f"refuses the user {settings.ari_user} at {at}", "ONEKEY_ARI_PASSWORD must be the one Asterisk was started with"
            )
        ]
    if info.status_code != 200 or applications.status_code != 200:
        return [wrong("Asterisk", f"answers with {info.status_code} at {at}", "is that an Asterisk, with ARI switched on?")]
    version = str(info.json().get("system", {}).get("version", ""))
    connected = any(one.get("name") == settings.ari_app for one in applications.json())
    return [judge_version(version, at), judge_application(connected, settings.ari_app, at)]


def judge_version(version: str, at: str) -> Finding:
    number = re.match(r"(\d+)\.", version)
    if number is None or int(number[1]) < OLDEST_ASTERISK:
        return wrong("Asterisk", f"is {version or 'of an unknown version'} at {at}", f"{OLDEST_ASTERISK} or newer is needed")
    return right("Asterisk", f"{version} answers at {at}")


def judge_application(connected: bool, name: str, at: str) -> Finding:
    if connected:
        return right("voice at Asterisk", f"the application {name} is connected at {at}")
    return wrong(
        "voice at Asterisk",
        f"the application {name} is not connected at {at}: Asterisk carries presses by itself",
        "start voice, and look at its log",
    )


async def check_bus(settings: Settings) -> list[Finding]:
    if not settings.redis_url:
        return [unset("Valkey", "REDIS_URL is not set: consoles look ten times a second, and no jobs are done")]
    client = Redis.from_url(settings.redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    try:
        await client.ping()
        waiting = await client.llen("celery")
    except AuthenticationError:
        return [wrong("Valkey", "refuses our password", "REDIS_URL must hold the one Valkey was started with")]
    except (RedisError, OSError, TimeoutError) as error:
        return [wrong("Valkey", f"does not answer ({type(error).__name__})", "start it: until then no jobs are done, no message is sent")]
    finally:
        await client.aclose()
    workers = await asyncio.to_thread(_workers, settings.redis_url)
    return [right("Valkey", "answers"), judge_worker(workers, waiting)]


def _workers(url: str) -> int:
    """How many answer. Asked over the broker itself, as Celery's own tools do."""
    with Celery(broker=url) as app:
        app.conf.update(broker_connection_timeout=PATIENCE)
        return len(app.control.ping(timeout=3.0))


def judge_worker(workers: int, waiting: int) -> Finding:
    if not workers:
        return wrong("worker", "none answers", "start it: no message is sent, no deadline looked after")
    if waiting > JOBS_WAITING:
        return wrong(
            "worker", f"{waiting:,} jobs wait for it", "look at its log: one may be stuck; start it again, jobs are harmless twice"
        )
    return right("worker", f"{workers} answer{'s' if workers == 1 else ''}, {waiting} jobs wait")
