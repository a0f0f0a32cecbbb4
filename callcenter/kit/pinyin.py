"""Pinyin of names and places, without tones, for order (the embedded PostgreSQL has no ICU) and for search."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin

# Characters that sound otherwise as a surname.
SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren", "华": "hua", "盖": "ge", "区": "ou", "朴": "piao", "种": "chong",
    "缪": "miao", "员": "yun", "召": "shao", "覃": "qin", "冼": "xian", "洗": "xian", "翟": "zhai", "乐": "yue", "宁": "ning", "纪": "ji", "燕": "yan",
    "应": "ying", "黑": "he", "秘": "bi", "折": "she", "繁": "po", "那": "na", "能": "nai", "尉": "wei", "柏": "bai", "车": "che", "褚": "chu",
    "逄": "pang", "祭": "zhai", "谌": "chen", "牟": "mou", "隗": "wei", "宓": "mi", "莘": "shen", "盛": "sheng", "於": "yu", "乜": "nie", "郗": "xi",
    "郇": "xun", "曲": "qu", "葛": "ge", "干": "gan", "万": "wan", "卜": "bu", "瞿": "qu", "撒": "sa", "重": "chong", "幸": "xing",
    "尹": "yin", "贾": "jia", "沈": "shen", "石": "shi", "俞": "yu", "强": "qiang", "哈": "ha", "曹": "cao", "粘": "nian", "过": "guo",
}  # fmt: skip
COMPOUND_SURNAMES = {
    "欧阳": "ou yang", "司马": "si ma", "上官": "shang guan", "诸葛": "zhu ge", "夏侯": "xia hou", "东方": "dong fang", "皇甫": "huang fu",
    "尉迟": "yu chi", "公孙": "gong sun", "慕容": "mu rong", "司徒": "si tu", "令狐": "ling hu", "宇文": "yu wen", "长孙": "zhang sun",
    "端木": "duan mu", "南宫": "nan gong", "独孤": "du gu", "澹台": "tan tai", "万俟": "mo qi", "呼延": "hu yan", "申屠": "shen tu",
    "轩辕": "xuan yuan", "百里": "bai li", "闻人": "wen ren", "赫连": "he lian", "钟离": "zhong li", "淳于": "chun yu", "单于": "chan yu",
}  # fmt: skip


def surname(name: str) -> str:
    """王桂兰 → 王, 欧阳修 → 欧阳. A name of two characters that begins like a compound surname (司马, 东方) keeps its first only."""
    return name[:2] if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else name[:1]


@lru_cache(maxsize=65_536)
def of_name(name: str) -> str:
    """A person's name, syllables apart: 单雄信 → "shan xiong xin". Letters of other scripts stay, in small letters."""
    name = name.strip()
    if name.isascii():
        return name.lower()
    head = surname(name)
    if head in COMPOUND_SURNAMES:
        first = COMPOUND_SURNAMES[head].split()
    elif head in SURNAMES:
        first = [SURNAMES[head]]
    else:
        first = _syllables(head)
    return " ".join(first + _syllables(name[len(head) :]))


@lru_cache(maxsize=65_536)
def of_text(text: str) -> str:
    """A place or any other text: 施营 → "shi ying"."""
    return " ".join(_syllables(text.strip()))


def initials(pinyin: str) -> str:
    """ "wang gui lan" → "wgl"."""
    return "".join(syllable[0] for syllable in pinyin.split())


def _syllables(text: str) -> list[str]:
    if not text:
        return []
    return [part for syllable in lazy_pinyin(text, style=Style.NORMAL) for part in syllable.lower().split()]
