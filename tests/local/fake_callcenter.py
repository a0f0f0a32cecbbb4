"""Stands in for the callcenter program in tests of the run itself: `python fake_callcenter.py COMMAND …`. It writes down what it was given.

FAKE_FAILS names a command that fails.
"""

from __future__ import annotations

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg

WEB = {"api": "ONEKEY_HTTP_PORT", "stores": "ONEKEY_STORES_PORT", "public": "ONEKEY_PUBLIC_PORT"}


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


def migrate() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        db.execute("CREATE TABLE IF NOT EXISTS starts (n int)")
        db.execute("INSERT INTO starts VALUES (1)")
        if not db.execute("SELECT 1 FROM pg_roles WHERE rolname = 'onekey_app'").fetchone():
            db.execute(f"CREATE ROLE onekey_app LOGIN PASSWORD '{os.environ['ONEKEY_APP_DB_PASSWORD']}'")
        db.execute("GRANT SELECT ON starts TO onekey_app")


def main() -> None:
    command, home = sys.argv[1], Path(os.environ["ONEKEY_HOME"])
    if os.environ.get("FAKE_FAILS") == command:
        sys.exit(f"{command} was told to fail")
    (home / "given").mkdir(exist_ok=True)
    part = home / "given" / f".{command}"
    part.write_text(json.dumps({"argv": sys.argv[1:], "pid": os.getpid(), "env": dict(os.environ)}))
    part.replace(home / "given" / command)  # whole or not there: the test reads it at any moment
    if command == "migrate":
        migrate()
    elif command in WEB:
        with psycopg.connect(os.environ["ONEKEY_APP_DATABASE_URL"]) as db:
            db.execute("SELECT n FROM starts")
        port = int(os.environ[WEB[command]])
        HTTPServer(("127.0.0.1", port), Ready).serve_forever()
    elif command in ("voice", "relay", "worker"):
        Path(os.environ["ONEKEY_READY_FILE"]).touch()
        time.sleep(600)


if __name__ == "__main__":
    main()
