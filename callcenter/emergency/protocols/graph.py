"""What must be true of a protocol's steps together. Pure; tells everything that is wrong, with where it stands in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from callcenter.emergency.outside.states import EMERGENCY_AGENCIES
from callcenter.emergency.protocols.schema import Act, Answer, Protocol, Step

Path = tuple[str | int, ...]  # of a place in the file, as pydantic writes it


@dataclass(frozen=True, slots=True)
class Fault:
    path: Path
    message: str


def ways(step: Step) -> Iterator[tuple[str, Answer | None]]:
    """Where it may go on, each with the answer that leads there."""
    for answer in step.answers:
        yield answer.to, answer
    if step.to is not None:
        yield step.to, None


def faults(protocol: Protocol) -> list[Fault]:
    """Nothing: it may be used."""
    found = [*_double_steps(protocol), *_missing_targets(protocol)]
    if found:  # what follows walks the graph
        return found
    steps = {step.code: step for step in protocol.steps}
    place: dict[str, Path] = {step.code: ("steps", i) for i, step in enumerate(protocol.steps)}
    return [
        *_unreachable(protocol, steps, place),
        *_endless(steps, place),
        *_circles(steps, place),
        *_without_help(protocol, steps, place),
        *_agencies(protocol, place),
        *(
            Fault((*place[step.code], "kind"), f"{step.code}: it changes to {step.kind}, which it is already")
            for step in protocol.steps
            if step.act is Act.CHANGE_PROTOCOL and step.kind is protocol.kind
        ),
    ]


def reachable(steps: Mapping[str, Step], start: str, goes: Callable[[Step, Answer | None], bool] = lambda step, answer: True) -> set[str]:
    """Steps to which a way leads from `start`, over those ways that `goes` allows."""
    seen, todo = {start}, [start]
    while todo:
        step = steps[todo.pop()]
        for target, answer in ways(step):
            if target not in seen and goes(step, answer):
                seen.add(target)
                todo.append(target)
    return seen


def _double_steps(protocol: Protocol) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, step in enumerate(protocol.steps):
        if step.code in seen:
            yield Fault(("steps", i, "code"), f"a second step is called {step.code}")
        seen.add(step.code)


def _missing_targets(protocol: Protocol) -> Iterator[Fault]:
    known = {step.code for step in protocol.steps}
    for i, step in enumerate(protocol.steps):
        if step.to is not None and step.to not in known:
            yield Fault(("steps", i, "to"), f"{step.code} goes on to {step.to}, which is no step")
        for j, answer in enumerate(step.answers):
            if answer.to not in known:
                yield Fault(("steps", i, "answers", j, "to"), f"{step.code}, answer {answer.code}: {answer.to} is no step")


def _unreachable(protocol: Protocol, steps: Mapping[str, Step], place: Mapping[str, Path]) -> Iterator[Fault]:
    reached = reachable(steps, protocol.steps[0].code)
    for code in steps:
        if code not in reached:
            yield Fault(place[code], f"no way leads to {code}")


def _endless(steps: Mapping[str, Step], place: Mapping[str, Path]) -> Iterator[Fault]:
    for code in steps:
        if not any(steps[end].ends for end in reachable(steps, code)):
            yield Fault(place[code], f"from {code} no way comes to an end")


def _circles(steps: Mapping[str, Step], place: Mapping[str, Path]) -> Iterator[Fault]:
    """Round and round only where somebody decides each time whether once more: what is asked once decides nothing the second time."""
    undecided = {code for code, step in steps.items() if not step.answers or step.once}
    for code in undecided:
        if any(
            target == code or (target in undecided and code in reachable(steps, target, lambda step, _: step.code in undecided))
            for target, _ in ways(steps[code])
        ):
            yield Fault(place[code], f"{code} comes back to itself without a question in between")


def _helps(step: Step, answer: Answer | None) -> bool:
    """On this way outside help is called, it is said why not, or another protocol takes over, which is held to the same."""
    calls = step.act in (Act.CALL_OUTSIDE, Act.HAND_OVER) and step.agency in EMERGENCY_AGENCIES
    return calls or step.act is Act.CHANGE_PROTOCOL or step.no_outside is not None or (answer is not None and answer.no_outside is not None)


def _without_help(protocol: Protocol, steps: Mapping[str, Step], place: Mapping[str, Path]) -> Iterator[Fault]:
    reached = reachable(steps, protocol.steps[0].code, lambda step, answer: not _helps(step, answer))
    for code in sorted(reached, key=list(steps).index):
        step = steps[code]
        if step.ends and not _helps(step, None):
            yield Fault(
                place[code],
                f"a way comes to {code} without outside help: call_outside on it, or say why not (no_outside, zh and en) at the step or the answer",
            )


def _agencies(protocol: Protocol, place: Mapping[str, Path]) -> Iterator[Fault]:
    for step in protocol.steps:
        if step.agency is not None and step.agency not in protocol.agencies:
            yield Fault((*place[step.code], "agency"), f"{step.code} calls {step.agency}, which is not among agencies")
    for i, rung in enumerate(protocol.ladder):
        if rung.agency is not None and rung.agency not in EMERGENCY_AGENCIES:
            yield Fault(("ladder", i, "agency"), f"{rung.agency} takes no emergency")


def faults_together(protocols: Iterable[tuple[str, Protocol]]) -> list[tuple[str, Fault]]:
    """What is wrong between files: each by its name, the later one named."""
    found: list[tuple[str, Fault]] = []
    codes: dict[str, str] = {}
    whoms: dict[tuple[str, str], str] = {}
    once: dict[str, tuple[str, object]] = {}
    for name, protocol in protocols:
        if protocol.code in codes:
            found.append((name, Fault(("code",), f"{codes[protocol.code]} is called {protocol.code} too")))
        codes.setdefault(protocol.code, name)
        whom = (str(protocol.kind), protocol.whom if isinstance(protocol.whom, str) else protocol.whom.model_dump_json())
        if whom in whoms:
            found.append((name, Fault(("for",), f"{whoms[whom]} is for the same people and the same kind")))
        whoms.setdefault(whom, name)
        for i, step in enumerate(protocol.steps):
            shape = (step.sort, step.act, step.agency, tuple(answer.code for answer in step.answers))
            if step.once and step.code in once and once[step.code][1] != shape:
                message = (
                    f"{step.code} is asked once, but is another step in {once[step.code][0]}: same act and same answers, or another code"
                )
                found.append((name, Fault(("steps", i, "code"), message)))
            if step.once:
                once.setdefault(step.code, (name, shape))
    return found
