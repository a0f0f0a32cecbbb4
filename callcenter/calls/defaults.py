"""What every centre starts with: its lines, the words for outcomes and pauses. Editable afterwards; never overwritten."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Line, OptionRow
from callcenter.calls.states import CallKind

DEFAULT_LINES = (("12349", CallKind.SERVICE, "服务热线"), ("1234900", CallKind.SOS, "紧急呼叫"))

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
PAUSE_REASONS = (
    ("break", "休息", "Break"),
    ("meal", "用餐", "Meal"),
    ("training", "培训", "Training"),
    ("paperwork", "处理工单", "Paperwork"),
    ("meeting", "开会", "Meeting"),
)


_LOCK = 0xDEFA  # transaction-scoped advisory lock: two starts at once must not fill a table twice


async def seed_defaults(session: AsyncSession) -> None:
    """Fills what is empty: lines, outcomes, pause reasons, each by itself. What a centre has changed or taken out does not come back."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    if (await session.execute(select(Line.number).limit(1))).first() is None:
        for number, line_kind, label in DEFAULT_LINES:
            session.add(Line(number=number, kind=line_kind, label=label))
    for options, kind in ((OUTCOMES, "outcome"), (PAUSE_REASONS, "pause_reason")):
        if (await session.execute(select(OptionRow.code).where(OptionRow.kind == kind).limit(1))).first() is None:
            for position, (code, zh, en) in enumerate(options):
                session.add(OptionRow(kind=kind, code=code, position=position, label_zh=zh, label_en=en))
    await session.flush()
