"""structlog with constant event names, one JSON object a line, also for what libraries say. `trace` follows a press (kit/trace.py), `request` a request,
`job` a job of the worker. No number, name, address or health data in a log.
"""

from __future__ import annotations

import logging
import os
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


def configure(process: str) -> None:
    level = os.environ.get("ONEKEY_LOG_LEVEL", "INFO")

    def of_process(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
        """By a processor and not by a context variable: threads begin with an empty context."""
        line.setdefault("process", process)
        return line

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        of_process,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_line: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(sort_keys=False)]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *as_line],
        )
    )
    logging.basicConfig(level=level, handlers=[handler])
    for noisy in ("httpx", "httpcore", "websockets", "kombu", "amqp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, *as_line],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
