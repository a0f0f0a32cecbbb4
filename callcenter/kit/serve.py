"""uvicorn as every web process of ours runs it: one process, sans-I/O WebSockets without deflate (docs/adr/0004), quiet."""

from __future__ import annotations

import resource
from typing import Any

import uvicorn

FILES = 65_536


def take_files() -> None:
    """As many connections as the system lets this process have: the usual 1,024 are gone when a thousand telephones and tabs are left open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def serve(app: Any, host: str, port: int, *, forwarded_allow_ips: str = "") -> None:
    """`forwarded_allow_ips`: the proxies whose X-Forwarded-For says who asks (Settings.forwarded_allow_ips); empty: nobody's, whatever uvicorn's default."""
    take_files()
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=bool(forwarded_allow_ips),
        forwarded_allow_ips=forwarded_allow_ips or [],
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=3,
    )
