"""All reads of figures: rows of calls, call events and cases, put into `rules`."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.calls.models import Call, CallEvent
from callcenter.calls.self_tests.watching import last_tests
from callcenter.calls.states import CallKind, CallState
from callcenter.cases.models import Case, CaseEntry, CaseTask
from callcenter.cases.states import OPEN, Severity, TaskState
from callcenter.centre.queries import get_values
from callcenter.elders.models import Elder
from callcenter.elders.queries import get_elder_summaries
from callcenter.kit import clock
from callcenter.kit.errors import Invalid, NotFound
from callcenter.kit.phone import mask
from callcenter.regions.models import Region
from callcenter.reports import rules
from callcenter.reports.rules import BY_KEY, EXCLUDED, After, Became, CallBack, Figure, Press, Said, Talk, Tally, Work
from callcenter.reports.schemas import (
    AgentFigures,
    BehindCall,
    DayTally,
    ExcludedView,
    FigureView,
    HourTally,
    MissedCall,
    MyFigures,
    PlaceTally,
    Report,
    SelfTestView,
    ShareView,
    TallyView,
    WaitsView,
    Wallboard,
    WordsView,
)
from callcenter.reports.words import Words
from callcenter.settings import Settings

MOST_DAYS = 92
INBOUND = (CallKind.SOS, CallKind.SERVICE)
FALLBACK = ("fallback_answered", "fallback_message", "missed_by_fallback")


async def count_answered(session: AsyncSession, agent_ids: Collection[uuid.UUID], since: datetime) -> dict[uuid.UUID, tuple[int, int]]:
    """For each agent the calls received since then that she answered, and how many of them within 10 s. The same as `rules.work_of` counts."""
    fast = func.count().filter(Call.answered_at - Call.received_at <= timedelta(seconds=10))
    rows = await session.execute(
        select(Call.agent_id, func.count(), fast)
        .where(Call.agent_id.in_(agent_ids), Call.answered_at >= since, Call.received_at >= since, Call.kind.in_(INBOUND))
        .group_by(Call.agent_id)
    )
    return {agent_id: (n, within) for agent_id, n, within in rows if agent_id}


@dataclass(frozen=True, slots=True)
class Period:
    """What happened to the calls received in a period."""

    presses: list[Press]
    rows: dict[uuid.UUID, Any]  # of each press: what is needed to show it
    later: dict[uuid.UUID, list[After]]
    call_backs: dict[uuid.UUID, CallBack]  # by case


async def load_period(session: AsyncSession, start: datetime, end: datetime) -> Period:
    rows = (
        await session.execute(
            select(
                Call.id, Call.kind, Call.state, Call.received_at, Call.answered_at, Call.ended_at, Call.agent_id, Call.case_id,
                Call.caller_key, Call.end_reason, Call.elder_id, Case.elder_id.label("case_elder_id"), Case.number.label("case_number"),
                Elder.community_id,
            )
            .outerjoin(Case, Case.id == Call.case_id)
            .outerjoin(Elder, Elder.id == func.coalesce(Call.elder_id, Case.elder_id))
            .where(Call.received_at >= start, Call.received_at < end, Call.kind.in_(INBOUND))
            .order_by(Call.received_at, Call.id)
        )
    ).all()  # fmt: skip
    presses = [
        Press(
            id=row.id,
            kind=row.kind,
            received_at=row.received_at,
            answered_at=row.answered_at,
            ended_at=row.ended_at,
            agent_id=row.agent_id,
            case_id=row.case_id,
            has_number=bool(row.caller_key),
            in_fallback=row.state == CallState.DIALPLAN or row.end_reason in FALLBACK,
            community_id=row.community_id,
        )
        for row in rows
    ]
    missed = [p for p in presses if p.is_missed and p.case_id]
    cases = {p.case_id for p in missed}
    after: dict[uuid.UUID, list[tuple[datetime, After]]] = {}
    if cases:
        found = await session.execute(
            select(Call.case_id, Call.received_at, Call.answered_at, Call.kind).where(Call.case_id.in_(cases), Call.received_at >= start)
        )
        for case_id, at, answered_at, kind in found:
            if case_id is not None:
                after.setdefault(case_id, []).append((at, After(at, answered_at, kind == CallKind.OUTBOUND)))
    later = {p.id: [a for at, a in after.get(p.case_id, []) if at > p.received_at] for p in missed if p.case_id}
    presses = [replace(p, reached_again_at=rules.reached_again(p, later[p.id])) if p.id in later else p for p in presses]
    call_backs: dict[uuid.UUID, CallBack] = {}
    if cases:
        tasks = await session.execute(
            select(CaseTask.case_id, CaseTask.state, CaseTask.due_at).where(CaseTask.case_id.in_(cases)).order_by(CaseTask.created_at)
        )
        call_backs = {case_id: CallBack(state == TaskState.DONE, due_at) for case_id, state, due_at in tasks}
    return Period(presses, {row.id: row for row in rows}, later, call_backs)


async def get_targets(session: AsyncSession, settings: Settings, at: datetime) -> dict[str, float]:
    """The centre's own, as shares, as they were at that moment."""
    values = await get_values(session, settings, at=at)
    return {d.setting: values.number(d.setting) / 100 for d in rules.DEFINITIONS if d.setting}


async def get_report(session: AsyncSession, settings: Settings, first: date, last: date) -> Report:
    now = clock.now()
    start, end = checked_period(settings, first, last)
    period = await load_period(session, start, end)
    values = await get_values(session, settings, at=min(end, now))
    presses, zone = period.presses, ZoneInfo(settings.timezone)
    by_hour = rules.tally_by(presses, lambda p: p.received_at.astimezone(zone).hour)
    by_day = rules.tally_by(presses, lambda p: p.received_at.astimezone(zone).date())
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return Report(
        first=first,
        last=last,
        timezone=settings.timezone,
        centre_name=values.text("centre_name"),
        made_at=now,
        complete=end <= now and all(p.answered_at or p.ended_at for p in presses),
        total=_tally(rules.tally(presses)),
        by_kind={kind: _tally(rules.tally(p for p in presses if p.kind == kind)) for kind in INBOUND},
        waits={kind: WaitsView(**asdict(rules.waits(p for p in presses if p.kind == kind))) for kind in INBOUND},
        answered_by_duty=sum(p.answered_at is not None and p.agent_id is None for p in presses),
        in_fallback=sum(p.in_fallback for p in presses),
        disagreeing=await count_disagreeing(session, start, end),
        figures=[_figure(f) for f in rules.figures(presses, now, settings.timezone, await get_targets(session, settings, min(end, now)))],
        hours=[HourTally(hour=hour, **asdict(by_hour.get(hour, Tally()))) for hour in range(24)],
        days=[DayTally(day=day, **asdict(by_day.get(day, Tally()))) for day in days],
        agents=await list_work(session, presses, start, end),
        places=await _places(session, presses),
        missed=await _missed(session, period, now),
    )


def checked_period(settings: Settings, first: date, last: date) -> tuple[datetime, datetime]:
    if last < first:
        raise Invalid("the first day comes before the last", code="bad_period")
    if (last - first).days >= MOST_DAYS:
        raise Invalid(f"at most {MOST_DAYS} days at once", code="period_too_long", details={"most": MOST_DAYS})
    if first > clock.today(settings.timezone):
        raise Invalid("that day has not begun", code="day_to_come")
    return rules.bounds_of(first, last, settings.timezone)


async def count_disagreeing(session: AsyncSession, start: datetime, end: datetime) -> int:
    """Calls whose row says "answered" where their events do not, or the other way round. The events can't be changed; a row could."""
    heard = (
        select(CallEvent.call_id)
        .where(CallEvent.kind.in_(("answered", "fallback_answered")), CallEvent.call_id == Call.id)
        .correlate(Call)
        .exists()
    )
    statement = select(func.count()).where(
        Call.received_at >= start, Call.received_at < end, Call.kind.in_(INBOUND), Call.answered_at.is_not(None) != heard
    )
    return int(await session.scalar(statement) or 0)


async def list_work(
    session: AsyncSession, presses: Sequence[Press], start: datetime, end: datetime, *, only: uuid.UUID | None = None
) -> list[AgentFigures]:
    talked = select(Call.agent_id, Call.case_id, Call.answered_at, Call.ended_at, Call.kind).where(
        Call.answered_at >= start, Call.answered_at < end, Call.ended_at.is_not(None), Call.agent_id.is_not(None)
    )
    spoken = select(CaseEntry.actor_id, CaseEntry.case_id, CaseEntry.at).where(
        CaseEntry.kind == "outcome", CaseEntry.at >= start, CaseEntry.at < end + rules.WRAP_UP_AT_MOST, CaseEntry.actor_id.is_not(None)
    )
    if only is not None:
        talked, spoken = talked.where(Call.agent_id == only), spoken.where(CaseEntry.actor_id == only)
    talks = [
        Talk(agent_id, case_id, answered_at, ended_at, kind == CallKind.OUTBOUND)
        for agent_id, case_id, answered_at, ended_at, kind in await session.execute(talked)
        if agent_id and answered_at and ended_at
    ]
    outcomes = [Said(actor_id, case_id, at) for actor_id, case_id, at in await session.execute(spoken) if actor_id]
    work = rules.work_of(presses, talks, outcomes)
    if only is not None:
        work = {only: work.get(only, Work())}
    names = {row.id: row.name for row in await session.execute(select(User.id, User.name).where(User.id.in_(work)))}
    lines = [
        AgentFigures(
            agent_id=agent_id,
            name=names.get(agent_id, ""),
            answered=done.answered,
            within_10=done.within_10,
            called_back=done.called_back,
            talk_n=len(done.talks),
            talk_average=done.talk_average,
            wrap_up_n=len(done.wrap_ups),
            wrap_up_average=done.wrap_up_average,
        )
        for agent_id, done in work.items()
    ]
    return sorted(lines, key=lambda line: (-line.answered, line.name))


async def get_my_figures(session: AsyncSession, settings: Settings, agent_id: uuid.UUID) -> MyFigures:
    """Today's, of one agent."""
    now = clock.now()
    start = rules.start_of_day(now, settings.timezone)
    presses = [p for p in (await load_period(session, start, now + timedelta(seconds=1))).presses if p.agent_id == agent_id]
    (mine,) = await list_work(session, presses, start, now + timedelta(seconds=1), only=agent_id)
    return MyFigures(day=clock.today(settings.timezone), mine=mine)


async def get_wallboard(session: AsyncSession, settings: Settings) -> Wallboard:
    now, today = clock.now(), clock.today(settings.timezone)
    start, end = rules.bounds_of(today, today, settings.timezone)
    period = await load_period(session, start, end)
    values, zone = await get_values(session, settings), ZoneInfo(settings.timezone)
    by_hour = rules.tally_by(period.presses, lambda p: p.received_at.astimezone(zone).hour)
    open_cases = await session.execute(select(Case.severity, func.count()).where(Case.state.in_(OPEN)).group_by(Case.severity))
    severities = {row[0]: row[1] for row in open_cases}
    nobodys = select(func.count(), func.count().filter(Case.deadline_at <= now)).where(Case.state.in_(OPEN), Case.owner_id.is_(None))
    free, overdue = (await session.execute(nobodys)).one()
    return Wallboard(
        day=today,
        timezone=settings.timezone,
        made_at=now,
        centre_name=values.text("centre_name"),
        total=_tally(rules.tally(period.presses)),
        figures=[_figure(f) for f in rules.figures(period.presses, now, settings.timezone, await get_targets(session, settings, now))],
        missed_hours=[by_hour.get(hour, Tally()).missed for hour in range(24)],
        open_cases={severity: severities.get(severity, 0) for severity in Severity},
        nobodys_cases=free,
        overdue_cases=overdue,
        places=await _places(session, period.presses),
        self_test=next((SelfTestView(at=t.at, outcome=t.outcome, ring_ms=t.ring_ms) for t in await last_tests(session)), None),
    )


async def list_behind(
    session: AsyncSession, settings: Settings, key: str, first: date, last: date, *, hour: int | None = None
) -> list[BehindCall]:
    """The calls that make a figure up, those that count against it first. `missed`: all that nobody answered."""
    definition = BY_KEY.get(key)
    if definition is None and key != "missed":
        raise NotFound("there is no such figure", code="no_such_figure")
    now, zone = clock.now(), ZoneInfo(settings.timezone)
    start, end = checked_period(settings, first, last)
    period = await load_period(session, start, end)
    chosen: list[tuple[Press, rules.Fate]] = []
    for press in period.presses:
        if hour is not None and press.received_at.astimezone(zone).hour != hour:
            continue
        fate = definition.fate(press, now) if definition else _fate_of_missed(press)
        if fate is not None:
            chosen.append((press, fate))
    order = {fate: place for place, fate in enumerate((rules.Fate.NOT_MET, *EXCLUDED, rules.Fate.MET))}
    chosen.sort(key=lambda one: (order[one[1]], one[0].received_at), reverse=False)
    shown = await _shown(session, period, [press for press, _ in chosen])
    names = {
        row.id: row.name
        for row in await session.execute(select(User.id, User.name).where(User.id.in_({p.agent_id for p, _ in chosen if p.agent_id})))
    }
    return [
        BehindCall(
            **shown[press.id],
            waited=press.waited.total_seconds() if press.waited is not None else None,
            fate=fate,
            agent_name=names.get(press.agent_id, "") if press.agent_id else "",
        )
        for press, fate in chosen
    ]


def _fate_of_missed(press: Press) -> rules.Fate | None:
    fate = rules.answered_within(press, None, press.received_at)
    return fate if press.is_missed else None


async def _shown(session: AsyncSession, period: Period, presses: Sequence[Press]) -> dict[uuid.UUID, dict[str, Any]]:
    """Who called, masked."""
    rows = [period.rows[p.id] for p in presses]
    elders = await get_elder_summaries(session, {e for row in rows if (e := row.elder_id or row.case_elder_id)})
    found = {}
    for row in rows:
        elder = elders.get(row.elder_id or row.case_elder_id)
        found[row.id] = {
            "call_id": row.id,
            "case_id": row.case_id,
            "case_number": row.case_number or "",
            "kind": row.kind,
            "received_at": row.received_at,
            "elder_name": elder.name if elder else "",
            "caller_number": mask(row.caller_key),
            "place": elder.place if elder else "",
        }
    return found


async def _missed(session: AsyncSession, period: Period, now: datetime) -> list[MissedCall]:
    missed = [p for p in period.presses if p.is_missed]
    shown = await _shown(session, period, missed)
    lines = []
    for press in missed:
        assert press.ended_at is not None
        again = press.reached_again_at
        lines.append(
            MissedCall(
                **shown[press.id],
                waited=(press.ended_at - press.received_at).total_seconds(),
                short=press.ended_at - press.received_at < rules.SHORT,
                became=became_of(period, press, now),
                after=max(0.0, (again - press.ended_at).total_seconds()) if again else None,
            )
        )
    return lines


def became_of(period: Period, press: Press, now: datetime) -> Became:
    return rules.became(press, period.later.get(press.id, []), period.call_backs.get(press.case_id) if press.case_id else None, now)


async def _places(session: AsyncSession, presses: Sequence[Press]) -> list[PlaceTally]:
    by_place: Mapping[uuid.UUID | None, Tally] = rules.tally_by(presses, lambda p: p.community_id)
    ids = [place for place in by_place if place]
    names = {row.id: row.short_name for row in await session.execute(select(Region.id, Region.short_name).where(Region.id.in_(ids)))}
    lines = [
        PlaceTally(community_id=place, place=names.get(place, "") if place else "", **asdict(tally)) for place, tally in by_place.items()
    ]
    return sorted(lines, key=lambda line: (line.community_id is None, -line.received, line.place))


def _tally(tally: Tally) -> TallyView:
    return TallyView(**asdict(tally))


def _words(words: Words) -> WordsView:
    return WordsView(zh=words.zh, en=words.en)


def _figure(figure: Figure) -> FigureView:
    definition = figure.definition
    return FigureView(
        key=definition.key,
        kind=definition.kind,
        seconds=definition.seconds,
        title=_words(definition.title),
        formula=_words(definition.formula),
        source=_words(definition.source) if definition.source else None,
        target=figure.target,
        value=figure.share.value,
        n=figure.share.n,
        of=figure.share.of,
        met=figure.is_met,
        excluded=[ExcludedView(why=why, n=n, words=_words(EXCLUDED[why])) for why, n in sorted(figure.excluded.items())],
        hours=[ShareView(n=share.n, of=share.of) for share in figure.hours],
    )
