"""`callcenter points`: what an auditor types."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys

import psycopg
from psycopg import sql

from callcenter.kit.listen import plain_url
from callcenter.points.ledger.sealing import START
from tests.points.books import Books


def run(books: Books, *words: str) -> tuple[int, str, str]:
    env = {"ONEKEY_APP_DATABASE_URL": books.app_url, "PATH": "/usr/bin:/bin"}
    argv = [sys.executable, "-c", "from callcenter.cli import main; main()", "points", *words]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


async def test_verify_and_lines(books: Books) -> None:
    await books.earn("wang", 100)
    await books.spend("wang", 30, "shop")
    assert await asyncio.to_thread(run, books, "seal") == (0, "1 blocks were sealed\n", "")
    ((head,),) = await books.rows("SELECT hash FROM ledger_blocks")
    code, said, _ = await asyncio.to_thread(run, books, "verify", "--head", head.hex())
    assert code == 0 and "2 entries with 4 postings, 1 blocks" in said and head.hex() in said and "the books are right" in said

    # anybody makes the hash anew, from the printed lines alone
    _, lines, _ = await asyncio.to_thread(run, books, "lines")
    assert hashlib.sha256(START + lines.encode()).digest() == bytes(head) and lines.count("\n") == 4

    code, _, problem = await asyncio.to_thread(run, books, "verify", "--head", "00" * 32)
    assert code == 1 and "✗ head" in problem


async def test_what_is_off_is_said(books: Books) -> None:
    await books.earn("wang", 100)
    with psycopg.connect(plain_url(books.owner_url)) as owner:
        owner.execute(sql.SQL("UPDATE ledger_accounts SET balance = balance + 1 WHERE pocket = 'available'"))
    code, said, problem = await asyncio.to_thread(run, books, "verify")
    assert code == 1 and "✗ balance" in problem and "things are wrong" in said


async def test_a_database_that_is_not_there(books: Books) -> None:
    books.app_url = books.app_url.replace("onekey_app", "nobody_at_all")
    code, _, problem = await asyncio.to_thread(run, books, "verify")
    assert code == 1 and "does not answer" in problem and "Traceback" not in problem
