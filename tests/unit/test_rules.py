"""Whom to ring: the pure rules of the queue."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.accounts.roles import Role
from callcenter.calls.rules import (
    AGENTS,
    DUTY,
    SUPERVISORS,
    Available,
    Offer,
    Waiting,
    choose,
    escalated,
    next_escalation,
    queue_order,
    severity_of,
)  # fmt: skip
from callcenter.calls.states import AgentState, CallKind
from callcenter.cases.states import Severity
from callcenter.settings import Timings

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SOS, SERVICE = CallKind.SOS, CallKind.SERVICE
_serial = iter(range(1, 1 << 30))


def new() -> uuid.UUID:
    return uuid.UUID(int=next(_serial))


def call(
    kind: CallKind = SOS, at: float = 0, *, risk: int = 0, in_front: bool = False, step: int = AGENTS,
    ringing: frozenset[uuid.UUID] = frozenset(), tried: frozenset[uuid.UUID] = frozenset(), refused: frozenset[uuid.UUID] = frozenset(),
    dialect: str = "",
) -> Waiting:  # fmt: skip
    return Waiting(new(), kind, NOON + timedelta(seconds=at), risk, in_front, step, ringing, tried, refused, dialect)


def agent(idle_for: float = 60, role: Role = Role.AGENT, *, state: AgentState = AgentState.IDLE, speaks: tuple[str, ...] = ()) -> Available:
    return Available(new(), role, state, NOON - timedelta(seconds=idle_for), None, False, frozenset(speaks))


def ringing(who: Available, for_call: Waiting) -> Available:
    return Available(who.id, who.role, AgentState.RINGING, who.idle_since, for_call.id, for_call.kind == SOS)


def order(*calls: Waiting) -> list[Waiting]:
    return sorted(calls, key=queue_order)


# --- the order -------------------------------------------------------------------------------------------------------------------


def test_an_sos_goes_before_every_service_call() -> None:
    old_and_cut_off, sos = call(SERVICE, -3600, risk=3, in_front=True), call(SOS)
    assert order(old_and_cut_off, sos) == [sos, old_and_cut_off]


@pytest.mark.parametrize("kind", [SOS, SERVICE])
def test_who_was_cut_off_in_mid_call_goes_before_her_class(kind: CallKind) -> None:
    older, cut_off = call(kind, -3600, risk=3), call(kind, in_front=True)
    assert order(older, cut_off) == [cut_off, older]


def test_the_oldest_goes_first_whatever_the_risk() -> None:
    young, old = call(at=60, risk=3), call(at=0, risk=0)
    assert order(young, old) == [old, young]


def test_risk_breaks_ties_of_the_same_minute() -> None:
    first, frail, frailer = call(at=0, risk=0), call(at=30, risk=1), call(at=59, risk=3)
    assert order(first, frail, frailer) == [frailer, frail, first]
    assert order(call(at=60, risk=3), first)[0] == first


def test_of_equal_risk_the_older_goes_first() -> None:
    older, younger = call(at=1, risk=2), call(at=2, risk=2)
    assert order(younger, older) == [older, younger]


# --- an SOS ----------------------------------------------------------------------------------------------------------------------


def test_an_sos_rings_all_idle_agents() -> None:
    people, sos = [agent(n) for n in range(5)], call()
    (offer,) = choose([sos], people)
    assert offer.call_id == sos.id and set(offer.agent_ids) == {a.id for a in people}


@pytest.mark.parametrize("state", [s for s in AgentState if s not in (AgentState.IDLE, AgentState.RINGING)])
def test_who_is_not_free_is_left_in_peace(state: AgentState) -> None:
    assert choose([call(), call(SERVICE)], [agent(state=state)]) == []


def test_an_sos_takes_over_a_telephone_that_rings_for_a_service_call() -> None:
    service, sos, somebody = call(SERVICE, -60), call(), agent()
    assert choose([service, sos], [ringing(somebody, service)]) == [Offer(sos.id, (somebody.id,))]


def test_an_sos_leaves_alone_who_rings_for_another_sos() -> None:
    somebody = agent()
    first = call(at=-5, ringing=frozenset({somebody.id}))
    assert choose([first, call()], [ringing(somebody, first)]) == []


def test_an_sos_that_rings_is_offered_to_who_becomes_free() -> None:
    somebody, fresh = agent(), agent()
    sos = call(ringing=frozenset({somebody.id}))
    assert choose([sos], [ringing(somebody, sos), fresh]) == [Offer(sos.id, (fresh.id,))]


@pytest.mark.parametrize("kind", [SOS, SERVICE])
def test_who_declined_just_now_is_not_rung_again_at_once(kind: CallKind) -> None:
    declined, other = agent(), agent(1)
    assert choose([call(kind, refused=frozenset({declined.id}))], [declined]) == []
    assert choose([call(kind, refused=frozenset({declined.id}))], [declined, other])[0].agent_ids == (other.id,)


def test_two_sos_at_once_share_the_telephones() -> None:
    first, second = call(at=0), call(at=1)
    people = [agent(n) for n in range(4)]
    offers = {offer.call_id: offer.agent_ids for offer in choose([second, first], people)}
    assert {k: len(v) for k, v in offers.items()} == {first.id: 2, second.id: 2}


def test_two_sos_and_one_telephone_the_first_in_the_queue_rings() -> None:
    first, second, somebody = call(at=0), call(at=1), agent()
    assert choose([second, first], [somebody]) == [Offer(first.id, (somebody.id,))]


def test_who_becomes_free_rings_for_the_sos_that_rings_nowhere() -> None:
    somebody, fresh = agent(), agent()
    first = call(at=-5, ringing=frozenset({somebody.id}))
    second = call()
    assert choose([first, second], [ringing(somebody, first), fresh]) == [Offer(second.id, (fresh.id,))]


def test_supervisors_ring_only_after_the_escalation() -> None:
    boss, somebody = agent(role=Role.SUPERVISOR), agent()
    (before,) = choose([call()], [boss, somebody])
    assert before.agent_ids == (somebody.id,)
    (after,) = choose([call(step=SUPERVISORS)], [boss, somebody])
    assert set(after.agent_ids) == {boss.id, somebody.id}
    assert choose([call()], [boss]) == []


def test_an_sos_rings_those_again_who_did_not_answer() -> None:
    somebody = agent()
    assert choose([call(tried=frozenset({somebody.id}))], [somebody])[0].agent_ids == (somebody.id,)


# --- a service call ----------------------------------------------------------------------------------------------------------------


def test_a_service_call_rings_who_is_idle_longest() -> None:
    people, service = [agent(5), agent(500), agent(50)], call(SERVICE)
    assert choose([service], people) == [Offer(service.id, (people[1].id,))]


def test_a_service_call_rings_one_telephone_at_a_time() -> None:
    somebody = agent()
    service = call(SERVICE, ringing=frozenset({somebody.id}))
    assert choose([service], [ringing(somebody, service), agent()]) == []


def test_who_let_it_ring_is_asked_last() -> None:
    long_idle, short_idle, service = agent(500), agent(5), call(SERVICE)
    tried = call(SERVICE, tried=frozenset({long_idle.id}))
    assert choose([service], [long_idle, short_idle])[0].agent_ids == (long_idle.id,)
    assert choose([tried], [long_idle, short_idle])[0].agent_ids == (short_idle.id,)
    assert choose([tried], [long_idle])[0].agent_ids == (long_idle.id,)  # but is asked again before nobody is


def test_service_calls_never_ring_supervisors() -> None:
    assert choose([call(SERVICE, step=DUTY)], [agent(role=Role.SUPERVISOR)]) == []


def test_two_service_calls_ring_two_telephones_the_older_first() -> None:
    long_idle, short_idle = agent(500), agent(5)
    older, younger = call(SERVICE, 0), call(SERVICE, 100)
    assert choose([younger, older], [short_idle, long_idle]) == [Offer(older.id, (long_idle.id,)), Offer(younger.id, (short_idle.id,))]


def test_an_sos_leaves_no_telephone_to_a_service_call() -> None:
    service, sos = call(SERVICE, -600), call()
    assert [offer.call_id for offer in choose([service, sos], [agent(), agent()])] == [sos.id]


# --- steps -------------------------------------------------------------------------------------------------------------------------


def test_the_steps_of_an_sos() -> None:
    timings = Timings()
    assert escalated(SOS, AGENTS) == SUPERVISORS and escalated(SOS, SUPERVISORS) == DUTY and escalated(SOS, DUTY) == DUTY
    steps = [next_escalation(SOS, step, NOON, timings) for step in (AGENTS, SUPERVISORS, DUTY)]
    assert steps == [NOON + timedelta(seconds=timings.sos_supervisors), NOON + timedelta(seconds=timings.sos_duty), None]


def test_a_service_call_goes_to_the_duty_telephone_and_never_to_supervisors() -> None:
    timings = Timings()
    assert escalated(SERVICE, AGENTS) == DUTY
    assert next_escalation(SERVICE, AGENTS, NOON, timings) == NOON + timedelta(seconds=timings.service_duty)
    assert next_escalation(SERVICE, DUTY, NOON, timings) is None
    assert next_escalation(CallKind.OUTBOUND, AGENTS, NOON, timings) is None


def test_severity_follows_the_line() -> None:
    assert (severity_of(SOS), severity_of(SERVICE)) == (Severity.E0, Severity.N1)


# --- whatever comes -------------------------------------------------------------------------------------------------------------


@st.composite
def halls(draw: st.DrawFn) -> tuple[list[Waiting], list[Available]]:
    """Some calls, some people, some telephones ringing."""
    people = [
        agent(
            draw(st.integers(0, 99)),
            draw(st.sampled_from([Role.AGENT, Role.AGENT, Role.SUPERVISOR])),
            state=draw(st.sampled_from(AgentState)),
        )
        for _ in range(draw(st.integers(0, 7)))
    ]
    calls: list[Waiting] = []
    for _ in range(draw(st.integers(0, 5))):
        kind, at, risk = draw(st.sampled_from([SOS, SERVICE])), draw(st.integers(-200, 0)), draw(st.integers(0, 3))
        mine = [
            n for n, a in enumerate(people) if a.state == AgentState.RINGING and a.ringing_for is None and draw(st.booleans())
        ]  # whose telephones ring for it
        made = call(
            kind, at, risk=risk, in_front=draw(st.booleans()), step=draw(st.sampled_from([AGENTS, SUPERVISORS, DUTY])),
            ringing=frozenset(people[n].id for n in (mine if kind == SOS else mine[:1])),
            tried=frozenset(a.id for a in people if draw(st.booleans())),
        )  # fmt: skip
        for n in mine if kind == SOS else mine[:1]:
            people[n] = ringing(people[n], made)
        calls.append(made)
    return calls, people


@given(halls())
def test_nobody_is_rung_twice_and_no_sos_loses_a_telephone(hall: tuple[list[Waiting], list[Available]]) -> None:
    calls, people = hall
    offers = choose(calls, people)
    by_id, waiting = {a.id: a for a in people}, {c.id: c for c in calls}
    rung = [agent_id for offer in offers for agent_id in offer.agent_ids]
    assert len(rung) == len(set(rung)) and len(offers) == len({offer.call_id for offer in offers})
    assert [waiting[o.call_id] for o in offers] == [c for c in order(*calls) if c.id in {o.call_id for o in offers}]
    for offer in offers:
        assert offer.agent_ids
        for who in (by_id[agent_id] for agent_id in offer.agent_ids):
            assert who.state in (AgentState.IDLE, AgentState.RINGING)
            assert not who.ringing_for_sos and who.id not in waiting[offer.call_id].ringing
            assert who.ringing_for is None or waiting[offer.call_id].kind == SOS
            assert who.role == Role.AGENT or (waiting[offer.call_id].kind == SOS and waiting[offer.call_id].escalation >= SUPERVISORS)


@given(halls())
def test_no_agent_stays_idle_while_an_sos_waits(hall: tuple[list[Waiting], list[Available]]) -> None:
    calls, people = hall
    rung = {agent_id for offer in choose(calls, people) for agent_id in offer.agent_ids}
    if any(c.kind == SOS for c in calls):
        assert {a.id for a in people if a.state == AgentState.IDLE and a.role == Role.AGENT} <= rung


@given(halls(), st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_told_changes_nothing(hall: tuple[list[Waiting], list[Available]], dice: object) -> None:
    calls, people = hall
    mixed_calls, mixed_people = list(calls), list(people)
    dice.shuffle(mixed_calls)  # type: ignore[attr-defined]
    dice.shuffle(mixed_people)  # type: ignore[attr-defined]
    if len({queue_order(c) for c in calls}) == len(calls):  # two of the very same instant stand as they came
        assert choose(mixed_calls, mixed_people) == choose(calls, people)


@given(halls())
def test_every_sos_rings_somewhere_when_there_are_telephones_enough(hall: tuple[list[Waiting], list[Available]]) -> None:
    calls, people = hall
    alarms = [c for c in calls if c.kind == SOS]
    free = [a for a in people if a.state == AgentState.IDLE and a.role == Role.AGENT]
    given_to = {offer.call_id: offer.agent_ids for offer in choose(calls, people)}
    if alarms and not any(c.ringing for c in alarms) and len(free) >= len(alarms):
        assert all(given_to.get(c.id) for c in alarms)


# --- dialects --------------------------------------------------------------------------------------------------------------------

XIANGYANG, HENAN = "襄阳话", "河南话"


def test_a_service_call_rings_who_speaks_her_dialect_of_several_who_is_idle_longest() -> None:
    longest, speaker, other_speaker = agent(900), agent(100, speaks=(HENAN, XIANGYANG)), agent(300, speaks=(XIANGYANG,))
    hers = call(SERVICE, dialect=XIANGYANG)
    assert choose([hers], [longest, speaker, other_speaker]) == [Offer(hers.id, (other_speaker.id,))]


def test_without_a_speaker_she_is_not_kept_waiting() -> None:
    longest, other = agent(900), agent(100, speaks=(HENAN,))
    hers = call(SERVICE, dialect=XIANGYANG)
    assert choose([hers], [other, longest]) == [Offer(hers.id, (longest.id,))]


def test_a_speaker_who_let_it_ring_is_asked_after_those_who_did_not() -> None:
    speaker, other = agent(900, speaks=(XIANGYANG,)), agent(100)
    hers = call(SERVICE, dialect=XIANGYANG, tried=frozenset({speaker.id}))
    assert choose([hers], [speaker, other]) == [Offer(hers.id, (other.id,))]


def test_nobody_is_chosen_for_a_dialect_that_is_not_known() -> None:
    longest, speaker = agent(900), agent(100, speaks=("",))
    hers = call(SERVICE)
    assert choose([hers], [longest, speaker]) == [Offer(hers.id, (longest.id,))]


def test_an_sos_rings_all_whatever_they_speak() -> None:
    people = [agent(900), agent(100, speaks=(XIANGYANG,)), agent(50, speaks=(HENAN,))]
    hers = call(SOS, dialect=XIANGYANG)
    assert choose([hers], people) == [Offer(hers.id, tuple(a.id for a in people))]


@given(
    st.lists(st.sampled_from(["", XIANGYANG, HENAN]), min_size=1, max_size=5), st.lists(st.sampled_from(["", XIANGYANG, HENAN]), max_size=5)
)
def test_dialects_never_leave_a_call_without_a_ring(wanted: list[str], spoken: list[str]) -> None:
    people = [agent(100 + place, speaks=(word,) if word else ()) for place, word in enumerate(spoken)]
    calls = [call(SERVICE, place, dialect=word) for place, word in enumerate(wanted)]
    offers = choose(calls, people)
    assert len(offers) == min(len(calls), len(people))
    rung = [agent_id for offer in offers for agent_id in offer.agent_ids]
    assert len(set(rung)) == len(rung) == len(offers)
