"""What every centre starts with: its lines, the words for outcomes and pauses. Editable afterwards; never overwritten."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Line, OptionRow
from callcenter.calls.states import CallKind

DEMO_LINES = (("12349", CallKind.SERVICE, "服务热线"), ("1234900", CallKind.SOS, "紧急呼叫"))

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


async def seed_defaults(session: AsyncSession) -> None:
    for number, kind, label in DEMO_LINES:
        await session.execute(pg_insert(Line).values(number=number, kind=kind, label=label).on_conflict_do_nothing())
    for options, of in ((OUTCOMES, "outcome"), (PAUSE_REASONS, "pause_reason")):
        for position, (code, zh, en) in enumerate(options):
            await session.execute(
                pg_insert(OptionRow).values(kind=of, code=code, position=position, label_zh=zh, label_en=en).on_conflict_do_nothing()
            )
