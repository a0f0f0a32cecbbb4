"""The worker's part, every few seconds: plans are made and kept in step with who she is now, and what is due by them is planned."""

from __future__ import annotations

from callcenter.centre.queries import get_values
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.outreach.care import planning
from callcenter.outreach.care.campaigns import feed_campaign, list_running
from callcenter.outreach.care.daily import list_at_their_hour, plan_missed
from callcenter.outreach.care.plans import end_of_deceased, make_usual_plan
from callcenter.outreach.jobs import each
from callcenter.settings import get_settings


async def sweep_care(database: Database) -> None:
    settings = get_settings()
    today = clock.today(settings.timezone)
    async with database.transaction() as session:
        by_risk = (await get_values(session, settings)).switch("care_by_risk")
        without = await planning.list_without_plan(session) if by_risk else []
        deceased = await planning.list_deceased(session)
        in_hospital = await planning.list_in_hospital(session, today)
    await each(database, without, make_usual_plan)
    await each(database, deceased, end_of_deceased)
    await each(database, in_hospital, planning.note_hospital)
    async with database.transaction() as session:
        missed = await list_at_their_hour(session, clock.now())
        medicine = await planning.list_medicine(session, today)
        birthdays, due = await planning.list_birthdays(session, today), await planning.list_due(session, today)
    await each(database, missed, plan_missed)
    await each(database, medicine, planning.plan_medicine)
    await each(database, birthdays, planning.plan_birthday)
    await each(database, [plan_id for plan_id in due if plan_id not in set(birthdays)], planning.plan_due)
    async with database.transaction() as session:
        campaigns = await list_running(session)
    await each(database, campaigns, feed_campaign)
