"""What moved, in words that are read aloud to her. Pure."""

from __future__ import annotations

from datetime import date

from callcenter.points.ledger.kinds import EntryKind, Ledger

DEEDS = {
    "earn_bill": "在服务商处消费得积分", "earn_purchase": "购物得积分", "earn_daily": "报平安得积分", "earn_week": "连续报平安加分",
    "earn_follow_up": "接听回访得积分", "earn_referral": "介绍老人得积分", "earn_volunteering": "志愿服务所得", "earn": "得积分",
    "release": "积分到账", "reserve": "抵扣服务费", "reserve_goods": "兑换商品", "void": "退回", "spend": "使用", "give": "家人之间赠送",
    "donate": "捐给公益池", "grant": "公益池发放", "expire": "到期", "freeze": "冻结", "unfreeze": "解冻", "inherit": "继承", "merge": "档案合并转入",
    "reverse": "冲销",
}  # fmt: skip
BY_PREFIX = {"bill": "earn_bill", "purchase": "earn_purchase", "daily": "earn_daily", "week": "earn_week", "follow-up": "earn_follow_up",
             "followup": "earn_follow_up", "follow_up": "earn_follow_up", "referral": "earn_referral", "volunteering": "earn_volunteering",
             "vol": "earn_volunteering", "hours": "earn_volunteering"}  # fmt: skip


def deed_of(kind: EntryKind, key: str) -> str:
    """Of an entry: a key of DEEDS. What was earned says by the second word of its key for what."""
    if kind is EntryKind.EARN:
        _, _, rest = key.partition(":")
        return BY_PREFIX.get(rest.partition(":")[0], "earn")
    if kind is EntryKind.RESERVE and key.startswith(("goods:", "redeem:", "order:")):
        return "reserve_goods"
    return kind.value if kind.value in DEEDS else "spend"


def sentence(day: date, deed: str, amount: int, ledger: Ledger, *, pending: bool) -> str:
    """What the agent reads to her."""
    many = f"{abs(amount)}分" if ledger is Ledger.PT else hours(abs(amount))
    way = "增加" if amount > 0 else "减少"
    return f"{day.month}月{day.day}日，{DEEDS[deed]}，{way}{many}" + ("，待生效" if pending and amount > 0 else "")


def hours(half_hours: int) -> str:
    """3 → "1.5小时"."""
    return f"{half_hours // 2}{'.5' if half_hours % 2 else ''}小时"
