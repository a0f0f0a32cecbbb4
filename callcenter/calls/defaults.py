"""What every centre starts with: its lines, the words to choose from. Editable afterwards; never overwritten."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Line
from callcenter.calls.states import CallKind
from callcenter.centre.models import OptionKind, OptionRow

DEFAULT_LINES = (
    ("12349", CallKind.SERVICE, "服务热线"),
    ("1234900", CallKind.SOS, "紧急呼叫"),
    ("1234901", CallKind.JOB, "服务签到"),
)

OUTCOMES = (
    ("helped", "已帮到", "Helped"),
    ("information", "咨询已答复", "Information given"),
    ("emergency_passed_on", "已转120/110/119", "Passed on to 120/110/119"),
    ("family_told", "已通知家属", "Family informed"),
    ("call_back_later", "约定再联系", "To be called again"),
    ("false_alarm", "误按", "Pressed by mistake"),
    ("no_voice", "无人说话", "Nobody spoke"),
    ("test", "测试呼叫", "Test call"),
    ("wrong_number", "打错了", "Wrong number"),
    ("prank", "骚扰电话", "Prank call"),
)
NEED_NO_FOLLOW_UP = frozenset({"information", "test", "wrong_number", "prank"})  # docs/decisions.md §6
PAUSE_REASONS = (
    ("break", "休息", "Break"),
    ("meal", "用餐", "Meal"),
    ("training", "培训", "Training"),
    ("paperwork", "处理工单", "Paperwork"),
    ("meeting", "开会", "Meeting"),
)


SKILLS = (
    ("emergency", "急救指导", "First aid by telephone"),
    ("comfort", "心理安抚", "Comforting"),
    ("policy", "政策咨询", "Benefits and policy"),
)
# the code is the word that stands in elders' profiles
DIALECTS = (("襄阳话", "襄阳话", "Xiangyang dialect"), ("河南话", "河南话", "Henan dialect"), ("普通话", "普通话", "Mandarin"))
OPTIONS = {OptionKind.OUTCOME: OUTCOMES, OptionKind.PAUSE_REASON: PAUSE_REASONS, OptionKind.SKILL: SKILLS, OptionKind.DIALECT: DIALECTS}

_LOCK = 0xDEFA  # transaction-scoped advisory lock: two starts at once must not fill a table twice


async def seed_defaults(session: AsyncSession) -> None:
    """Fills what is empty: lines, and each kind of words to choose from. What a centre has changed or taken out does not come back."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    if (await session.execute(select(Line.number).limit(1))).first() is None:
        for number, line_kind, label in DEFAULT_LINES:
            session.add(Line(number=number, kind=line_kind, label=label))
    for kind, options in OPTIONS.items():
        if (await session.execute(select(OptionRow.code).where(OptionRow.kind == kind).limit(1))).first() is None:
            for position, (code, zh, en) in enumerate(options):
                closes = kind is OptionKind.OUTCOME and code in NEED_NO_FOLLOW_UP
                session.add(OptionRow(kind=kind, code=code, position=position, label_zh=zh, label_en=en, closes_case=closes))
    await session.flush()
