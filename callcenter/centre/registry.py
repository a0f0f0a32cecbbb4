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
    MONTHS = "months"  # whole
    PERCENT = "percent"
    HOUR = "hour"  # of the day, whole: 0 to 24
    COUNT = "count"  # whole
    METRES = "metres"  # whole
    POINTS = "points"  # whole; 100 are worth one yuan
    TEXT = "text"
    DIGITS = "digits"  # a telephone number as it is dialled
    SWITCH = "switch"  # on or off


WHOLE = frozenset({Kind.HOURS, Kind.DAYS, Kind.MONTHS, Kind.HOUR, Kind.COUNT, Kind.METRES, Kind.POINTS})
WORDS = frozenset({Kind.TEXT, Kind.DIGITS})


class Group(StrEnum):
    CENTRE = "centre"
    RINGING = "ringing"
    WAITING = "waiting"
    DESK = "desk"
    CALL_BACKS = "call_backs"
    EMERGENCY = "emergency"
    TARGETS = "targets"
    BILLS = "bills"
    DISPATCH = "dispatch"
    OUTREACH = "outreach"
    POINTS = "points"
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
        if self.kind is Kind.SWITCH:
            if not isinstance(value, bool):
                raise self._out_of_bounds()
            return value
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
        elif self.kind is Kind.SWITCH:
            message = f"{self.key} is true or false"
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
        "node_lost", Group.DESK, 5, 60, "交换机节点失联，通话按已断处理", "PBX node away: its calls are over after",
        "有两个交换机节点时用：一个失联这么久，它上面的通话按已断处理，坐席恢复空闲，给求助的老人回电",
        "Of two PBX nodes one is away so long: its agents are free again, and who was on the line is called back",
    ),
    _duration(
        "probe_every", Group.DESK, 0, 600, "话机无声测试间隔", "Telephones are proved every",
        "每隔这么久给空闲坐席的话机打一个听不见的测试电话；0 表示不测", "A silent call to each free agent's telephone; 0: none",
    ),
    Setting(
        "probe_failures", Group.DESK, Kind.COUNT, 1, 5, "测试连续失败几次停止派话", "Failed tests until no call is sent",
        "话机连续这么多次没通过，就不再给她派来电，直到测试通过", "So many in a row, and she is out of rotation until one passes", _fixed(2),
    ),
    _duration(
        "self_test_every", Group.EMERGENCY, 0, 3600, "按键自检间隔", "The key tries itself every",
        "系统自己按一次键，走一遍真实来电的路，不响铃、不建事件；0 表示不测", "The system presses the key itself; nobody is rung, no case is made; 0: never",
    ),
    _duration(
        "self_test_slow", Group.EMERGENCY, 0.1, 10, "按键自检：超过算慢", "That try is slow after",
        "从按键到坐席本应振铃；连续两次慢或失败就发短信给主管和值班人", "From the press until a telephone would ring; twice slow or failed is an alarm",
    ),
    Setting(
        "drill_hour", Group.EMERGENCY, Kind.HOUR, 0, 24, "每天演练的钟点", "The daily drill at",
        "系统自己走一遍来电、报警、派单、回访，不留痕迹；24 表示不做", "A press, an alarm, a job and a follow-up are tried, and nothing is left; 24: never",
        lambda s: 24 if s.has_training_phone else 10,
    ),
    _duration(
        "drill_slow", Group.EMERGENCY, 0.1, 60, "演练：一步超过算慢", "A drill's step is slow after",
        "有一步失败或超过这个时间，就发短信给主管和技术值班人", "A step that fails or is slower is told to supervisors and technicians on duty",
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
    _duration(
        "system_call_back", Group.EMERGENCY, 5, 45, "SOS 断线：系统自动回拨", "SOS lost: the system calls back after",
        "这么久没有坐席回拨，系统就自己拨她的所有号码；静默报警应在 60 秒内回拨", "No agent has clicked by then; a silent alarm is called back within 60 s",
    ),
    _duration(
        "call_back_ring", Group.EMERGENCY, 15, 60, "SOS 自动回拨：振铃", "SOS called back: ring for",
        "她的几个号码同时振铃；都没人接，就开始联系家人", "All her numbers at once; no answer, and her contacts are called",
    ),
    _duration(
        "watch_within", Group.EMERGENCY, 15, 300, "第二人确认守看", "Second person watches within",
        "紧急事件由两个人看着；被请的人这么久没确认，就提醒所有坐席", "Two people watch an emergency; not confirmed by then, everybody is told",
    ),
    _duration(
        "arrival_within", Group.EMERGENCY, 120, 3600, "答应过去的人多久到", "Whoever is going arrives within",
        "家属、邻居或网格员说“我去”后，这么久还没人说已到，就提醒所有坐席", "Nobody says by then that she has arrived: everybody is told",
    ),
    _duration(
        "escalate_supervisors", Group.EMERGENCY, 10, 300, "步骤超时：叫主管", "Overdue step: supervisors after",
        "步骤到期时先提醒坐席，再过这么久提醒主管", "Agents are told at the deadline, supervisors so much later",
    ),
    _duration(
        "escalate_duty", Group.EMERGENCY, 20, 600, "步骤超时：打值班电话", "Overdue step: duty telephone after",
        "到期后这么久还没人处理，拨打值班电话；不早于“叫主管”", "Still overdue: the duty telephone is rung; not before supervisors",
    ),
    Setting(
        "crew_link_hours", Group.EMERGENCY, Kind.HOURS, 1, 24, "急救链接有效", "A crew's link works for",
        "发给救护车、民警等的链接多久后失效；可随时收回", "The link sent to an ambulance crew; it can be revoked at any time", _fixed(4),
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
        "points_share", Group.BILLS, Kind.PERCENT, 0, 100, "积分最多抵自付的", "Points pay at most",
        "补贴、券之后老人自付部分中，可用积分抵扣的比例", "Of what is left for the elder after insurance, subsidy and voucher", _fixed(30),
    ),
    Setting(
        "price_tolerance", Group.BILLS, Kind.PERCENT, 0, 100, "超出约定价的容许", "Price may exceed the agreed one by",
        "结账金额超过约定价这么多，或超过目录最高价，须有人确认后才结算", "Above it, or above the catalogue's highest price, a person confirms the bill first",
        _fixed(20),
    ),
    Setting(
        "store_fee", Group.BILLS, Kind.PERCENT, 0, 20, "中心服务费", "The centre's fee",
        "从服务商每单金额中扣除的约定服务费；0 表示不收", "Agreed with the stores, taken from each bill's amount; 0: none", _fixed(0),
    ),
    Setting(
        "jobs_from", Group.DISPATCH, Kind.HOUR, 0, 12, "派单开始", "Stores are asked from",
        "不急的工单从几点开始派给服务商；急单不分昼夜", "What is not urgent is offered from this hour; urgent jobs at any hour",
        lambda s: 0 if s.has_training_phone else 7,
    ),
    Setting(
        "jobs_until", Group.DISPATCH, Kind.HOUR, 13, 24, "派单结束", "Stores are asked until",
        "之后下的单等到第二天早上再派", "What is placed later waits for the morning", lambda s: 24 if s.has_training_phone else 21,
    ),
    Setting(
        "offers_at_once", Group.DISPATCH, Kind.COUNT, 1, 20, "同时派给几家", "Stores asked at once",
        "抢单类和紧急单一次派给几家；没人应答会再加派", "For open items and emergencies; as many more when nobody answers", _fixed(5),
    ),
    Setting(
        "refusals_most", Group.DISPATCH, Kind.COUNT, 1, 10, "几家不接转坐席", "Refusals, then an agent",
        "这么多家不接，就转给坐席处理", "So many stores said no: the order goes onto the agents' list", _fixed(3),
    ),
    Setting(
        "proof_metres", Group.DISPATCH, Kind.METRES, 50, 1000, "定位签到范围", "Check-in by position within",
        "离老人家门多远以内才算到场", "Of the elder's door", _fixed(200),
    ),
    Setting(
        "outreach_from", Group.OUTREACH, Kind.HOUR, 0, 12, "主动外呼开始", "The centre calls from",
        "满意度回访、关怀电话每天从几点开始打", "Satisfaction and care calls, the elder's own time", lambda s: 0 if s.has_training_phone else 8,
    ),
    Setting(
        "outreach_until", Group.OUTREACH, Kind.HOUR, 13, 24, "主动外呼结束", "The centre calls until",
        "之后的等到第二天", "What comes later waits for the next day", lambda s: 24 if s.has_training_phone else 20,
    ),
    Setting(
        "outreach_holidays", Group.OUTREACH, Kind.SWITCH, 0, 1, "法定节假日也外呼", "Also on public holidays",
        "关闭时，春节、国庆等放假日不打回访和关怀电话", "Off: nobody is asked on public holidays", lambda s: s.has_training_phone,
    ),
    Setting(
        "follow_up_after", Group.OUTREACH, Kind.HOURS, 0, 72, "服务完成多久后回访", "Ask after a finished job, in",
        "从服务核实算起", "Counted from when it is verified", lambda s: 0 if s.has_training_phone else 2,
    ),
    Setting(
        "outreach_attempts", Group.OUTREACH, Kind.COUNT, 1, 4, "自动外呼最多几次", "Attempts by a program",
        "都没打通就发短信，再转人工名单", "Then a text message, then the agents' list", _fixed(3),
    ),
    Setting(
        "reply_hours", Group.OUTREACH, Kind.HOURS, 0, 72, "短信回复等多久", "A reply to the text is waited for",
        "到时没回就转人工名单；设为 0 就不发短信，直接转人工", "Then the agents' list; 0: no text is sent, straight to the list", _fixed(24),
    ),
    Setting(
        "sample_share", Group.OUTREACH, Kind.PERCENT, 10, 100, "人工回访抽样", "Asked by a person instead",
        "本来按键回访的工单里，随机抽出这么多改由人工打", "Of the jobs that a program would ask about, drawn at random", _fixed(10),
    ),
    Setting(
        "reserved_lines", Group.OUTREACH, Kind.COUNT, 0, 1000, "留给来电和 SOS 的线路", "Lines kept for callers and SOS",
        "自动外呼不占用这些线路；坐席拨打和紧急呼叫不受限", "No program takes them; agents' clicks and emergencies do", lambda s: s.trunk_lines // 3,
    ),
    Setting(
        "reserved_agents", Group.OUTREACH, Kind.COUNT, 0, 50, "留给来电的空闲坐席", "Idle agents kept for callers",
        "自动外呼中老人要找人工时，空闲坐席须多于这个数且没有人在等，否则约好回电",
        "Somebody whom a program called wants a person: there must be more idle agents than this and nobody waiting, else she is called back",
        lambda s: 0 if s.has_training_phone else 1,
    ),
    Setting(
        "care_by_risk", Group.OUTREACH, Kind.SWITCH, 0, 1, "按风险自动安排关怀电话", "Care calls for everybody, by risk",
        "没有单独约定的老人也定期打：高风险每周，中风险每月，其他每季度，独居的再勤一档", "Also without a plan agreed: weekly, monthly, quarterly",
        lambda s: not s.has_training_phone,
    ),
    Setting(
        "points_redemption", Group.POINTS, Kind.SWITCH, 0, 1, "积分可以使用", "Points may be spent",
        "对账不平时会自动停用；关闭后照常得积分，但不能抵扣、兑换",
        "Off: points are earned on, nothing is spent. Turned off by itself when the books do not balance",
        _fixed(value=True),
    ),
    Setting(
        "points_rate", Group.POINTS, Kind.PERCENT, 0, 3, "消费返积分", "Points for what she pays herself",
        "按老人自付金额返还；合作商户另有约定的按约定", "Of the self-paid part, where nothing else is agreed with the store", _fixed(1),
    ),
    Setting(
        "points_pending", Group.POINTS, Kind.DAYS, 0, 60, "消费积分冻结期", "Earned points wait",
        "这么多天后才能用，期间退款会扣回", "Before they may be spent; a refund takes them back", _fixed(7),
    ),
    Setting(
        "points_months", Group.POINTS, Kind.MONTHS, 1, 120, "积分有效期", "Points last",
        "到期月的最后一天失效", "To the end of that month", _fixed(24),
    ),
    Setting(
        "points_daily", Group.POINTS, Kind.POINTS, 0, 20, "每天报平安", "For “I am fine”, a day",
        "按绿键或接听关怀电话", "By the green key, or a care call that is answered", _fixed(1),
    ),
    Setting(
        "points_week_bonus", Group.POINTS, Kind.POINTS, 0, 50, "连续报平安七天另加", "For seven days running",
        "", "Beside the days", _fixed(3),
    ),
    Setting(
        "points_daily_week_cap", Group.POINTS, Kind.POINTS, 0, 100, "报平安每周最多", "“I am fine”, a week at most",
        "", "With the bonus", _fixed(10),
    ),
    Setting(
        "points_follow_up", Group.POINTS, Kind.POINTS, 0, 20, "接听回访", "For an answered follow-up",
        "不管打几分", "Whatever the rating", _fixed(2),
    ),
    Setting(
        "points_follow_up_month_cap", Group.POINTS, Kind.POINTS, 0, 200, "接听回访每月最多", "Follow-ups, a month at most",
        "", "", _fixed(10),
    ),
    Setting(
        "points_referral", Group.POINTS, Kind.POINTS, 0, 1000, "介绍一位老人", "For an invited elder",
        "被介绍的老人第一次付费服务后", "After her first paid order", _fixed(100),
    ),
    Setting(
        "points_referrals_year", Group.POINTS, Kind.COUNT, 0, 100, "每年最多介绍", "Invitations a year",
        "", "", _fixed(12),
    ),
    Setting(
        "points_volunteering", Group.POINTS, Kind.POINTS, 0, 100, "志愿服务每小时", "For an hour of volunteering",
        "时间币之外", "Beside the time coins", _fixed(10),
    ),
    Setting(
        "points_gift_month", Group.POINTS, Kind.POINTS, 0, 100000, "家庭内赠送每月最多", "Gifts in a family, a month",
        "", "", _fixed(2000),
    ),
    Setting(
        "points_gift_year", Group.POINTS, Kind.POINTS, 0, 1000000, "家庭内赠送每年最多", "Gifts in a family, a year",
        "", "", _fixed(10000),
    ),
    Setting(
        "points_family_size", Group.POINTS, Kind.COUNT, 2, 10, "家庭组最多", "A family has at most",
        "", "", _fixed(5),
    ),
    Setting(
        "points_phone_month", Group.POINTS, Kind.POINTS, 0, 100000, "每月最多兑换话费", "Phone credit a month",
        "5000 分即 50 元", "5,000 are 50 yuan", _fixed(5000),
    ),
    Setting(
        "points_settlement_fee", Group.POINTS, Kind.PERCENT, 0, 5, "结算服务费", "Fee of a settlement",
        "从应收商户的金额中扣除", "Taken from what the redeeming store receives", _fixed(0),
    ),
    Setting(
        "points_two_persons", Group.POINTS, Kind.POINTS, 1, 1000000, "超过须双人批准", "Two persons approve above",
        "一笔超过这么多积分，须另一人批准", "Of one movement", _fixed(5000),
    ),
    Setting(
        "points_same_store_day", Group.POINTS, Kind.COUNT, 1, 50, "同店同人每天正常次数", "Same store and elder, a day",
        "超过即生成核查", "More become a review", _fixed(3),
    ),
    Setting(
        "points_refunds_month", Group.POINTS, Kind.COUNT, 1, 50, "同店同人30天内正常退款次数", "Same store and elder, refunds in 30 days",
        "超过即生成核查", "More become a review", _fixed(2),
    ),
    Setting(
        "coins_day", Group.POINTS, Kind.COUNT, 1, 48, "时间币每天最多（半小时）", "Time coins a day, half hours",
        "16 即 8 小时", "16 are eight hours", _fixed(16),
    ),
    Setting(
        "coins_cap", Group.POINTS, Kind.COUNT, 1, 100000, "时间币上限（半小时）", "Time coins at most, half hours",
        "3000 即 1500 小时；超出的捐给公益池", "3,000 are 1,500 hours; what is above is donated", _fixed(3000),
    ),
    Setting(
        "coins_age", Group.POINTS, Kind.COUNT, 50, 100, "几岁起可用时间币", "Time coins are spent from age",
        "", "", _fixed(60),
    ),
    Setting(
        "coins_gift_year", Group.POINTS, Kind.COUNT, 0, 100000, "时间币赠亲属每年最多（半小时）", "Time coins given to kin a year, half hours",
        "400 即 200 小时", "400 are 200 hours", _fixed(400),
    ),
    Setting(
        "coins_fund_month", Group.POINTS, Kind.COUNT, 0, 100, "公益池每月发放（半小时）", "The fund gives a month, half hours",
        "给 80 岁以上独居老人；8 即 4 小时", "To elders over 80 who live alone; 8 are four hours", _fixed(8),
    ),
    Setting(
        "glass_hours", Group.PRIVACY, Kind.HOURS, 1, 24, "说明理由查看的时长", "Breaking the glass opens for",
        "说明理由后可以查看老人资料多久", "How long a stated reason opens an elder's profile", _fixed(1),
    ),
    Setting(
        "recording", Group.PRIVACY, Kind.SWITCH, 0, 1, "通话录音", "Conversations are recorded",
        "关闭后不再录音，也不再播放“本次通话会录音”；正在进行的通话不受影响",
        "Off: nothing is recorded and no notice is played; calls that go on stay as they are",
        _fixed(value=True),
    ),
    Setting(
        "recordings_kept", Group.PRIVACY, Kind.DAYS, 30, 3650, "录音保存", "Recordings are kept for",
        "到期自动删除，事件里仍留有记录", "Then they are deleted; the case still says that there was one", _fixed(731),
    ),
    Setting(
        "recordings_kept_sos", Group.PRIVACY, Kind.DAYS, 30, 3650, "紧急事件的录音保存", "Of emergencies (E0) for",
        "紧急（E0）事件的通话录音", "Recordings of cases and calls of class E0", _fixed(1827),
    ),
    Setting(
        "recordings_kept_orders", Group.PRIVACY, Kind.DAYS, 30, 3650, "有工单的录音保存", "Of cases with orders for",
        "下过工单的事件的通话录音", "Recordings of cases from which an order came", _fixed(1827),
    ),
    Setting(
        "cases_kept", Group.PRIVACY, Kind.DAYS, 365, 3650, "事件记录保存", "What is written on a case is kept for",
        "结束超过这么久的事件，时间线上的内容和备注会删除；事件本身和统计不受影响",
        "The timelines and notes of cases that ended longer ago are deleted; the case itself and figures stay", _fixed(1827),
    ),
    Setting(
        "audit_kept", Group.PRIVACY, Kind.DAYS, 365, 3650, "审计记录保存", "The audit is kept for",
        "谁看过、改过什么；超过后删除", "Who read and changed what; older lines are deleted", _fixed(1827),
    ),
    Setting(
        "sessions_kept", Group.PRIVACY, Kind.DAYS, 30, 730, "登录记录保存", "Sign-ins are kept for",
        "已过期的登录记录超过后删除；审计记录不受影响", "Ended sign-ins older than that are deleted; the audit stays", _fixed(90),
    ),
)  # fmt: skip

REGISTRY: dict[str, Setting] = {setting.key: setting for setting in _ALL}
# (earlier, later): steps that must not overtake each other
ORDERED = (("sos_supervisors", "sos_duty"), ("escalate_supervisors", "escalate_duty"))
