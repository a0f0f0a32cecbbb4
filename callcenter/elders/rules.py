"""Pure decisions about an elder: age, danger, risk, masks, the ID number's check digit. No I/O.

What counts as dangerous is ours: no standard lists it. It is kept here in one place and is what an agent must know before speaking or
sending somebody: illnesses that kill quickly or change the first aid, medicine that does, allergies, falls, wandering.
"""

from __future__ import annotations

import re
from datetime import date

from callcenter.elders.models import Ability, Living
from callcenter.elders.schemas import DangerFlag, FallRisk, Health

# Part of the illness's name → how much it weighs for the order of the queue.
SERIOUS_ILLNESSES = {
    "冠心病": 2, "心绞痛": 2, "心肌梗": 2, "心梗": 2, "心力衰竭": 2, "心衰": 2, "房颤": 1, "心房颤动": 1, "脑梗": 2, "脑卒中": 2, "中风": 2,
    "脑出血": 2, "慢阻肺": 1, "慢性阻塞性肺": 1, "哮喘": 1, "癫痫": 1, "糖尿病": 1, "帕金森": 1, "阿尔茨海默": 1, "痴呆": 1, "认知障碍": 1,
    "尿毒症": 2, "肾功能不全": 1, "癌": 1, "主动脉": 2,
}  # fmt: skip
# Medicine that changes what a helper or an ambulance crew does: bleeding, low sugar.
SERIOUS_MEDICINE = {"华法林": "服抗凝药", "利伐沙班": "服抗凝药", "达比加群": "服抗凝药", "胰岛素": "用胰岛素"}
SERIOUS_IMPLANTS = ("起搏器", "支架", "除颤器", "人工瓣膜")


def age_on(birth_date: date | None, today: date) -> int | None:
    """Full years (born 29 February: a year older on 1 March)."""
    if birth_date is None or birth_date > today:
        return None
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def danger_flags(health: Health | None, *, wandering: bool) -> list[DangerFlag]:
    """What must be seen first, worst first. Illnesses that change nothing at once (cataract, gout) are left to the health tab."""
    flags: list[DangerFlag] = []
    if health:
        for illness in health.chronic_illness:
            if _weight(illness) > 0:
                flags.append(DangerFlag(code="illness", text=illness, serious=_weight(illness) > 1))
        for allergy in health.allergies:
            flags.append(DangerFlag(code="allergy", text=allergy if allergy.endswith("过敏") else f"{allergy}过敏", serious=True))
        for implant in health.implants:
            if any(part in implant for part in SERIOUS_IMPLANTS):
                flags.append(DangerFlag(code="implant", text=implant, serious=False))
        warned = {warning for part, warning in SERIOUS_MEDICINE.items() if any(part in medicine for medicine in health.medication)}
        flags += [DangerFlag(code="medicine", text=warning, serious=True) for warning in sorted(warned)]
        if health.fall_risk in (FallRisk.HIGH, FallRisk.MEDIUM):
            high = health.fall_risk is FallRisk.HIGH
            flags.append(DangerFlag(code="fall_high" if high else "fall_medium", text="跌倒高风险" if high else "跌倒风险", serious=high))
    if wandering:
        flags.append(DangerFlag(code="wandering", text="有走失风险", serious=True))
    order = {"illness": 0, "allergy": 1, "medicine": 2, "implant": 3, "fall_high": 4, "fall_medium": 5, "wandering": 6}
    return sorted(flags, key=lambda flag: (not flag.serious, order[flag.code]))


def risk_score(health: Health | None, *, age: int | None, living: Living, ability: Ability, wandering: bool) -> int:
    """0..3: breaks ties between presses of the same minute, and nothing else. Ours to choose."""
    points = 0
    if health:
        points += min(3, sum(_weight(illness) for illness in health.chronic_illness))
        points += {FallRisk.HIGH: 2, FallRisk.MEDIUM: 1}.get(health.fall_risk, 0)
    points += 1 if living is Living.ALONE else 0
    points += 1 if age is not None and age >= 85 else 0
    points += {Ability.MODERATE: 1, Ability.SEVERE: 2, Ability.COMPLETE_LOSS: 2}.get(ability, 0)
    points += 1 if wandering else 0
    return 3 if points >= 5 else 2 if points >= 3 else 1 if points >= 1 else 0


def _weight(illness: str) -> int:
    return max((weight for part, weight in SERIOUS_ILLNESSES.items() if part in illness), default=0)


# --- masks (docs/decisions.md "Privacy") ------------------------------------------------------------------------------------------


def mask_name(name: str) -> str:
    """王桂兰 → 王**. The number of characters is hidden too."""
    return f"{name[:1]}**" if name else ""


def mask_id_number(number: str) -> str:
    """420606194803121234 → 420***********1234."""
    return number[:3] + "*" * max(0, len(number) - 7) + number[-4:] if len(number) > 7 else "*" * len(number)


def mask_card_number(number: str) -> str:
    """XF012345 → ****2345; of a short one nothing is shown."""
    return "*" * max(4, len(number) - 4) + number[-4:] if len(number) > 5 else "*" * len(number)


# --- ID numbers (GB 11643-1999) ------------------------------------------------------------------------------------------

_ID = re.compile(r"^[1-9][0-9]{16}[0-9X]$")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_check_digit(first_17: str) -> str:
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(first_17, _ID_WEIGHTS, strict=True)) % 11]


def id_number_problem(number: str) -> str | None:
    """Why this is no resident's ID number, or None."""
    if not _ID.match(number):
        return "an ID number has 17 digits and a digit or X"
    if id_birth_date(number) is None:
        return "its date of birth does not exist"
    if id_check_digit(number[:17]) != number[17]:
        return "its check digit is wrong"
    return None


def id_birth_date(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def id_is_male(number: str) -> bool:
    return int(number[16]) % 2 == 1


# --- addresses -----------------------------------------------------------------------------------------------------------


def door_text(building: str, unit: str, door: str) -> str:
    """As people here write it: 3-2-501 (building, unit, door)."""
    return "-".join(part for part in (building, unit, door) if part)
