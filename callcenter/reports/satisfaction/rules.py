"""What each figure of satisfaction is. Pure: rows of planned calls in, counts out. In words: docs/figures.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from callcenter.outreach.states import OPEN, PlanState, Result
from callcenter.reports.rules import Share
from callcenter.reports.words import Words

SATISFIED = 4  # this rating and more


@dataclass(frozen=True, slots=True)
class Asked:
    """Of a planned call what is counted."""

    state: PlanState
    result: Result | None
    rating: int | None

    @property
    def was_reached(self) -> bool:
        return self.state is PlanState.DONE and self.result is not Result.NOT_REACHED


@dataclass(frozen=True, slots=True)
class Counts:
    """planned = waiting + dropped + not_reached + asked, and asked = rated + not_rated."""

    planned: int
    waiting: int
    dropped: int
    not_reached: int
    asked: int
    rated: int
    not_rated: int
    satisfied: int
    points: int  # of all ratings together

    @property
    def shares(self) -> dict[str, Share]:
        return {
            "satisfied": Share(self.satisfied, self.rated),
            "rated": Share(self.rated, self.asked),
            "not_rated": Share(self.not_rated, self.asked),
            "not_reached": Share(self.not_reached, self.asked + self.not_reached),
            "dropped": Share(self.dropped, self.planned),
        }

    @property
    def mean(self) -> float | None:
        """None: nobody has rated."""
        return self.points / self.rated if self.rated else None


def count(plans: Iterable[Asked]) -> Counts:
    plans = list(plans)
    reached = [plan for plan in plans if plan.was_reached]
    ratings = [plan.rating for plan in reached if plan.rating is not None]
    return Counts(
        planned=len(plans),
        waiting=sum(plan.state in OPEN for plan in plans),
        dropped=sum(plan.state is PlanState.DROPPED for plan in plans),
        not_reached=sum(plan.state is PlanState.DONE and not plan.was_reached for plan in plans),
        asked=len(reached),
        rated=len(ratings),
        not_rated=len(reached) - len(ratings),
        satisfied=sum(rating >= SATISFIED for rating in ratings),
        points=sum(ratings),
    )


@dataclass(frozen=True, slots=True)
class Definition:
    key: str
    title: Words
    formula: Words


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "satisfied",
        Words("满意率", "Satisfied"),
        Words(
            "评 4 分或 5 分的，占所有评了分的；没按键、没接通的不算满意，也不在分母里，另列。",
            "Rated 4 or 5, of all that were rated. Neither silence nor a call that nobody took is content: both are outside it and shown apart.",
        ),
    ),
    Definition(
        "rated",
        Words("评分率", "Rated"),
        Words("给了评分的，占所有问到人的。", "Gave a rating, of all who were reached."),
    ),
    Definition(
        "not_rated",
        Words("未评分", "Not rated"),
        Words("问到了人但没有评分的，占所有问到人的。", "Reached, and gave no rating, of all who were reached."),
    ),
    Definition(
        "not_reached",
        Words("未联系上", "Not reached"),
        Words(
            "自动呼叫、短信、人工都没联系上的，占问到人的与没联系上的之和。",
            "Reached neither by program nor by message nor by a person, of those and all who were reached.",
        ),
    ),
    Definition(
        "dropped",
        Words("取消回访", "Dropped"),
        Words(
            "不再回访的（去世、迁出、没有号码等），占所有安排了回访的。",
            "Asked no more (died, moved away, no number …), of all that were planned.",
        ),
    ),
)
