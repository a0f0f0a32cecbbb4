"""structlog with constant event names; one correlation id over request, job and call. No number, name, address or health data in a log."""

from __future__ import annotations

import logging
import os
import sys

import structlog


def configure(process: str) -> None:
    logging.basicConfig(level=os.environ.get("ONEKEY_LOG_LEVEL", "INFO"), stream=sys.stderr, format="%(message)s")
    for noisy in ("httpx", "httpcore", "websockets", "kombu", "amqp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(os.environ.get("ONEKEY_LOG_LEVEL", "INFO"))),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
