"""What a centre may set while it runs: type, unit, bounds, words. The default of each is what the processes were started with.

A key is never renamed: its history stands under its name. What is not here is set by the environment alone (docs/configuration.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from callcenter.kit.errors import Invalid
from callcenter.settings import Settings, Timings

Value = bool | int | float | str


class Kind(StrEnum):
    SECONDS = "seconds"
    HOURS = "hours"  # whole
    DAYS = "days"  # whole
    PERCENT = "percent"
    TEXT = "text"
    DIGITS = "digits"  # a telephone number as it is dialled


WHOLE = frozenset({Kind.HOURS, Kind.DAYS})
WORDS = frozenset({Kind.TEXT, Kind.DIGITS})


class Group(StrEnum):
    CENTRE = "centre"
    RINGING = "ringing"
    WAITING = "waiting"
    DESK = "desk"
    CALL_BACKS = "call_backs"
    TARGETS = "targets"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True)
class Setting:
    key: str
    group: Group
    kind: Kind
    least: float  # of words: their length
    most: float
    zh: str
    en: str
    help_zh: str
    help_en: str
    default: Callable[[Settings], Value]

    def checked(self, value: object) -> Value:
        """The value in its one form; Invalid tells the bounds."""
        if self.kind in WORDS:
            return self._checked_words(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.least <= value <= self.most:
            raise self._out_of_bounds()
        if self.kind in WHOLE and value != int(value):
            raise self._out_of_bounds()
        return int(value) if value == int(value) else round(float(value), 1)

    def _checked_words(self, value: object) -> str:
        words = value.strip() if isinstance(value, str) else ""
        if not self.least <= len(words) <= self.most or not words.isprintable():
            raise self._out_of_bounds()
        if self.kind is Kind.DIGITS and not re.fullmatch(r"[0-9]+", words):
            raise self._out_of_bounds()
        return words

    def _out_of_bounds(self) -> Invalid:
        if self.kind in WORDS:
            what = "digits" if self.kind is Kind.DIGITS else "characters"
            message = f"{self.key} has {self.least:g} to {self.most:g} {what}"
        else:
            whole = "a whole number " if self.kind in WHOLE else ""
            message = f"{self.key} is {whole}from {self.least:g} to {self.most:g} {self.kind.value}"
        return Invalid(message, code="setting_out_of_bounds", details={"key": self.key, "least": self.least, "most": self.most})


def _duration(key: str, group: Group, least: float, most: float, zh: str, en: str, help_zh: str, help_en: str) -> Setting:
    """A duration of `Timings`, under its own name."""
    assert key in Timings.model_fields
    return Setting(key, group, Kind.SECONDS, least, most, zh, en, help_zh, help_en, lambda settings: float(getattr(settings.timings, key)))


def _fixed(value: Value) -> Callable[[Settings], Value]:
    return lambda _: value


_ALL = (
    Setting(
        "centre_name", Group.CENTRE, Kind.TEXT, 2, 60, "中心名称", "Centre's name",
        "显示在登录页，也用于开场白里的“中心”", "On the sign-in page, and in opening texts", lambda s: s.centre_name,
    ),
    Setting(
        "hotline", Group.CENTRE, Kind.DIGITS, 3, 20, "外呼显示号码", "Number shown when we call",
        "回拨老人时，对方话机上显示的号码；须是中继允许的号码", "What elders see when the centre calls them; the carrier must allow it", lambda s: s.hotline,
    ),
    _duration(
        "service_ring", Group.RINGING, 5, 60, "服务来电：每位坐席振铃", "Service call: ring one agent for",
        "没有接就换下一位空闲最久的坐席", "Then the next agent who is idle longest",
    ),
    _duration(
        "service_duty", Group.RINGING, 15, 600, "服务来电：转值班电话", "Service call: duty telephone after",
        "来电这么久没人接，值班电话也一起振铃", "The duty telephone rings as well",
    ),
    _duration(
        "sos_ring", Group.RINGING, 15, 120, "SOS：坐席振铃一轮", "SOS: one round of ringing",
        "所有空闲坐席同时振铃，到时间后重新振铃", "All idle agents ring at once; then anew",
    ),
    _duration(
        "sos_supervisors", Group.RINGING, 3, 60, "SOS：加叫主管", "SOS: supervisors after",
        "这么久没人接，主管的话机也振铃", "Supervisors' telephones ring too",
    ),
    _duration(
        "sos_duty", Group.RINGING, 5, 120, "SOS：转值班电话", "SOS: duty telephone after",
        "不早于“加叫主管”", "Not before supervisors are rung",
    ),
    _duration(
        "duty_ring", Group.RINGING, 10, 60, "值班电话：每部振铃", "Duty telephone: ring each for",
        "没有接就换下一部", "Then the next one",
    ),
    _duration(
        "party_ring", Group.RINGING, 15, 90, "外呼振铃最长", "Outbound: ring for at most",
        "回拨老人时等多久算没人接", "When an elder who is called back counts as not reached",
    ),
    _duration(
        "nobody", Group.RINGING, 20, 300, "无人在岗时转留言", "Nobody there: take a message after",
        "没有坐席在岗、值班电话也没接时，由交换机录留言", "With no agent on duty and no answer from duty telephones, the PBX records a message",
    ),
    _duration(
        "reassure_after", Group.WAITING, 1, 10, "第一次安抚语音", "First reassurance after",
        "在此之前来电者听到的是回铃音", "Until then the caller hears ringing",
    ),
    _duration(
        "reassure_every", Group.WAITING, 5, 30, "安抚语音间隔", "Reassurance every",
        "等待期间每隔这么久说一次“马上接通”", "While she waits she is told again that somebody comes",
    ),
    _duration(
        "wrap_up", Group.DESK, 5, 600, "小结时间", "Wrap-up",
        "通话结束后留给坐席填写小结的时间，到时自动恢复空闲", "After a call, until the agent is idle again by itself",
    ),
    _duration(
        "agent_return", Group.DESK, 5, 60, "坐席掉线保留", "Vanished browser may come back within",
        "坐席页面意外关闭后，通话为她保留这么久，之后排到队首", "A call waits so long for its agent, then goes to the front of the queue",
    ),
    _duration(
        "call_back_sos", Group.CALL_BACKS, 15, 300, "SOS 未接：回拨期限", "SOS missed: call back within",
        "静默报警应在 60 秒内回拨", "A silent alarm is called back within 60 s",
    ),
    _duration(
        "call_back_service", Group.CALL_BACKS, 60, 3600, "服务来电未接：回拨期限", "Service call missed: call back within",
        "超过后在“待回拨”里标为超时", "Later than that it counts as overdue",
    ),
    _duration(
        "call_back_again", Group.CALL_BACKS, 60, 3600, "回拨未通：再拨间隔", "Not reached: again after",
        "SOS 的回拨立即再次到期，不受此限", "An SOS's call-back is due again at once",
    ),
    _duration(
        "sos_repeat", Group.CALL_BACKS, 30, 600, "重复按键并入同一事件", "Repeated SOS joins its case within",
        "同一位老人在此时间内再次按 SOS，不另建事件", "A press within this time opens no second case",
    ),
    *(
        Setting(key, Group.TARGETS, Kind.PERCENT, 50, 100, zh, en, "大屏和报表按此标注是否达标", "Wallboard and reports measure by it", _fixed(share))
        for key, zh, en, share in (
            ("target_sos_10", "SOS：10 秒内接通", "SOS: answered within 10 s", 95),
            ("target_sos_15", "SOS：15 秒内接通", "SOS: answered within 15 s", 98),
            ("target_sos_60", "SOS：60 秒内接通", "SOS: answered within 60 s", 99.5),
            ("target_service_15", "服务来电：15 秒内接通", "Service call: answered within 15 s", 95),
        )
    ),
    Setting(
        "glass_hours", Group.PRIVACY, Kind.HOURS, 1, 24, "说明理由查看的时长", "Breaking the glass opens for",
        "说明理由后可以查看老人资料多久", "How long a stated reason opens an elder's profile", _fixed(1),
    ),
    Setting(
        "sessions_kept", Group.PRIVACY, Kind.DAYS, 30, 730, "登录记录保存", "Sign-ins are kept for",
        "已过期的登录记录超过后删除；审计记录不受影响", "Ended sign-ins older than that are deleted; the audit stays", _fixed(90),
    ),
)  # fmt: skip

REGISTRY: dict[str, Setting] = {setting.key: setting for setting in _ALL}
# (earlier, later): steps that must not overtake each other
ORDERED = (("sos_supervisors", "sos_duty"),)
