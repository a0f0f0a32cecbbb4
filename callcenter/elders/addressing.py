"""How an elder is addressed aloud: by her surname, as a neighbour's child would. Pure.

More of her name is never said by a program: whoever picks up may be somebody else. A name that may be read another way (of another people, in other
letters, under a rare surname) is not said at all, for a wrong name is worse than none.
"""

from __future__ import annotations

from datetime import date

from callcenter.elders.models import Sex
from callcenter.elders.rules import age_on
from callcenter.kit.pinyin import COMPOUND_SURNAMES, surname

GRAND = 75  # years: 奶奶, 爷爷 from then on
_FORMS = {(Sex.FEMALE, False): "阿姨", (Sex.FEMALE, True): "奶奶", (Sex.MALE, False): "叔叔", (Sex.MALE, True): "爷爷"}
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾萧肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫段雷"
    "侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆"
    "蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞"
    "敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储芮靖楚嵇来闻谌晋平步都花强湛沃厉裘屠别冼庹佐庾鄢昌濮鲜占揭练郜阚宛訾习"
)
# A surname that the voice would read as the word it also is, written as it sounds.
SOUNDS_LIKE = {
    "曾": "增", "肖": "消", "任": "认", "覃": "秦", "葛": "舸", "翟": "宅", "单": "善", "解": "谢", "缪": "庙", "华": "话", "仇": "求", "查": "渣", "乐": "月",
    "都": "督", "阚": "看", "卜": "补", "占": "沾",
}  # fmt: skip


def form_of_address(name: str, sex: Sex, born: date | None, today: date) -> str:
    """王桂兰, a woman of 68 → 王阿姨. "" when nobody can be sure: the greeting goes without."""
    name = name.strip()
    family, most = surname(name), 4
    if family not in COMPOUND_SURNAMES:
        most = 3
        if family not in SURNAMES:
            return ""
    if not 2 <= len(name) <= most or not all("\u4e00" <= letter <= "\u9fff" for letter in name):
        return ""
    form = _FORMS.get((sex, (age_on(born, today) or 0) >= GRAND))
    return f"{family}{form}" if form else ""


def as_spoken(form: str) -> str:
    """What the voice is given, so that 单 is not read as "one"."""
    family = form[:-2]
    return SOUNDS_LIKE.get(family, family) + form[-2:] if form else ""
