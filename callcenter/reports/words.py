"""Each figure in words, Chinese and English: its name, its formula, where its target comes from. docs/figures.md repeats them, and a test compares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    zh: str
    en: str

    def of(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


OURS = Words("本中心目标", "the centre's own")
GB = Words("GB/T 33358-2016", "GB/T 33358-2016")
NFPA = Words("NFPA 1225（2022）", "NFPA 1225 (2022)")
TSA = Words("英国 TSA 审核标准", "UK TSA audit")

SHORT_HANG_UP = Words("接通前 5 秒内自行挂断", "hung up by themselves within 5 s, before a person joined")
STILL_WAITING = Words("还在等待，未到时限", "still waiting, the limit not yet reached")
NO_NUMBER = Words("没有号码，无法回拨", "no number to call back")


def answered_within(line_zh: str, line_en: str, seconds: int) -> tuple[Words, Words]:
    return (
        Words(f"{line_zh} {seconds} 秒内接通", f"{line_en} answered within {seconds} s"),
        Words(
            f"分子：{line_zh}来电中，收到后 {seconds} 秒内有人接通的；分母：收到的全部{line_zh}来电，除去接通前 5 秒内自行挂断的（另列），"
            f"以及还在等待且未满 {seconds} 秒的。由交换机直接转接的来电同样计入。",
            f"Calls of the line that a person joined at most {seconds} s after they were received, of all that were received, without those whose "
            f"caller hung up within 5 s (shown apart) and those still waiting for less than {seconds} s. Calls that the PBX brought to a person by "
            "itself count as well.",
        ),
    )


CONNECTED = (
    Words("服务来电接通率", "Service calls answered at all"),
    Words(
        "分子：服务来电中有人接通的；分母：收到的全部服务来电，除去接通前 5 秒内自行挂断的（另列），以及还在等待的。",
        "Service calls that a person joined, of all that were received, without those whose caller hung up within 5 s (shown apart) and those "
        "still waiting.",
    ),
)
CALLED_BACK = (
    Words("SOS 未接通 60 秒内回拨", "Missed SOS called back within 60 s"),
    Words(
        "分子：没有接通就结束的 SOS 中，结束后 60 秒内开始回拨、或老人再次来电被接通的；分母：没有接通就结束的全部 SOS（包括 5 秒内挂断的），"
        "除去没有号码的，以及刚结束不满 60 秒、还没有回拨的。",
        "SOS presses that ended before a person joined and were called back, or answered when pressed again, within 60 s of their end, of all that "
        "ended so (those of under 5 s too), without those that have no number and those that ended less than 60 s ago and wait for their call-back.",
    ),
)
