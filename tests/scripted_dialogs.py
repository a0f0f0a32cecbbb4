"""Two dialogs for tests: a store is asked about an order, a worker keys a code. They write down what they are told, in a table of their own."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.protocol import Context, Dialogs, Step, Then
from callcenter.calls.dialogs.states import How
from callcenter.kit.db import Database

CODE = "2468"


async def make_table(owner: Database) -> None:
    async with owner.transaction() as session:
        await session.execute(text("DROP TABLE IF EXISTS dialog_test"))
        await session.execute(
            text("CREATE TABLE dialog_test (id bigserial PRIMARY KEY, dialog_id uuid, subject_id uuid, what text, data text)")
        )
        await session.execute(text("GRANT ALL ON dialog_test TO PUBLIC"))
        await session.execute(text("GRANT ALL ON SEQUENCE dialog_test_id_seq TO PUBLIC"))


async def write(session: AsyncSession, context: Context, what: str, data: str = "") -> None:
    await session.execute(
        text("INSERT INTO dialog_test (dialog_id, subject_id, what, data) VALUES (:id, :subject, :what, :data)"),
        {"id": context.dialog_id, "subject": context.subject_id, "what": what, "data": data},
    )


class Offer:
    """A store is asked whether it takes an order: 1 yes, 2 no, 7 breaks, 9 a person."""

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        await write(session, context, "begin", context.number)
        return Step(say=("offer_greeting", "offer_choose"), allowed="1279", keep={"asked": 1})

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        await write(session, context, f"key {keys}", str(context.memory))
        match keys:
            case "1":
                return Step(say=("offer_accepted",), then=Then.HANG_UP, outcome="accepted")
            case "2":
                return Step(say=("offer_declined",), then=Then.HANG_UP, outcome="declined")
            case "9":
                return Step(say=("dialog_to_agent",), then=Then.TO_AGENT, outcome="wants_a_person")
        raise RuntimeError("this key breaks it")

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        await write(session, context, "silence")
        return Step(say=("dialog_silence",), then=Then.HANG_UP, outcome="silent")

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        await write(session, context, f"ended {how}")


class JobLine(Offer):
    """A worker keys the job's code; 0 or nothing is for agents."""

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        await write(session, context, "begin", f"{context.number} {len(context.elder_ids)}")
        return Step(say=("job_greeting", "job_enter_code"), keys=6, at_once="0")

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        await write(session, context, f"key {keys}")
        if keys == "0":
            return Step(say=("dialog_to_agent",), then=Then.TO_AGENT, outcome="wants_a_person")
        if keys == CODE:
            return Step(say=("job_checked_in", "dialog_goodbye"), then=Then.HANG_UP, outcome="checked_in")
        return Step(say=("job_code_wrong", "job_enter_code"), keys=6, at_once="0", error=True)

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        await write(session, context, "silence")
        return Step(say=("dialog_to_agent",), then=Then.TO_AGENT, outcome="silent")


DIALOGS = Dialogs({"offer": Offer(), "job_line": JobLine()})
