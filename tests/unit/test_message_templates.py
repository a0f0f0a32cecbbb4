"""What people read: every template is whole, and short enough for one text message."""

from __future__ import annotations

import pytest

from callcenter.messaging.templates import ONE_PART, Template, get_template, signed, templates
from callcenter.settings import Settings

NAMES = {
    "store_sign_in_code",
    "job_offered",
    "job_details_by_text",
    "job_offered_call",
    "job_taken_by_other",
    "job_assigned_reminder",
    "job_cancelled",
    "job_changed",
    "complaint_overdue",
    "points_break",
    "presses_differ",
    "drill_bad",
    "room_short",
    "self_test_bad",
    "licence_expiring",
    "licence_suspended",
    "service_code",
    "job_done",
    "crew_link",
    "follow_up_reply",
    "follow_up_reply_family",
    "points_code",
    "points_expire",
    "points_sale",
    "points_spent",
    "volunteer_asked",
    "volunteer_cancelled",
    "volunteer_details",
}


def test_all_that_others_ask_for_is_there() -> None:
    assert set(templates()) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_example_fits(name: str) -> None:
    template = get_template(name)
    text = signed(template.render(template.example), Settings().sms_signature)
    assert text.startswith("【一键通】") and not {"{", "}"} & set(text)
    assert len(text) <= ONE_PART, f"{len(text)}: {text}"
    assert "," not in text.replace("，", ""), "Chinese punctuation"


def test_only_what_a_stranger_can_ask_for_is_limited() -> None:
    assert {name for name, template in templates().items() if template.limited} == {"store_sign_in_code"}


@pytest.mark.parametrize("params", [{}, {"code": "1"}, {"code": "1", "minutes": "5", "name": "x"}])
def test_a_text_with_a_hole_is_sent_to_nobody(params: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="wanted"):
        get_template("store_sign_in_code").render(params)


def test_what_is_filled_in_is_never_read_as_a_placeholder() -> None:
    assert get_template("job_done").render({"when": "{item}", "item": "{phone.x}", "phone": "{}"}).startswith("{item}的{phone.x}已完成")


@pytest.mark.parametrize("text", ["{0}", "{}", "{a.b}", "{a!r}", "{a:>5}", "{a", "{code}{more}"])
def test_a_template_that_cannot_be_filled_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Template(to="store", text=text, example={"code": "1"})


def test_without_a_signature_of_ours_the_carrier_puts_it_there() -> None:
    assert signed("您好", "") == "您好"
