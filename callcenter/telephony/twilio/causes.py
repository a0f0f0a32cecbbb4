"""Twilio's words for how a call ended or why a request was refused, as the port's. Sources: Twilio's "Call status values", "Error and warning
dictionary"; RFC 3261 for the SIP codes that it passes on.
"""

from __future__ import annotations

from callcenter.telephony.port import CarrierDown, ChannelGone, CommandRejected, HangupCause, TelephonyError

ENDS = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_BY_STATUS = {
    "completed": HangupCause.NORMAL,
    "canceled": HangupCause.NORMAL,
    "busy": HangupCause.BUSY,
    "no-answer": HangupCause.NO_ANSWER,
}
_BY_SIP = {
    403: HangupCause.REJECTED,
    404: HangupCause.UNREACHABLE,
    408: HangupCause.NO_ANSWER,
    410: HangupCause.UNREACHABLE,
    480: HangupCause.UNREACHABLE,
    484: HangupCause.UNREACHABLE,
    486: HangupCause.BUSY,
    487: HangupCause.NORMAL,
    500: HangupCause.CARRIER_DOWN,
    502: HangupCause.CARRIER_DOWN,
    503: HangupCause.CARRIER_DOWN,
    504: HangupCause.CARRIER_DOWN,
    600: HangupCause.BUSY,
    603: HangupCause.REJECTED,
    604: HangupCause.UNREACHABLE,
}

GONE = frozenset({20404, 21218, 21219, 21220})  # no such call, or it is not in progress
BAD_NUMBER = frozenset({13223, 13224, 21201, 21211, 21214, 21217, 21401, 21421, 21614})
REFUSED_NUMBER = frozenset({13225, 13226, 13227, 21215, 21216, 32205})  # geographic permissions, blocked or unsafe numbers
NOT_OUR_NUMBER = frozenset({21210, 21212, 21606})  # the calling number is none of the account's
ACCOUNT = frozenset({10001, 20003, 20005, 20006, 20403, 30002})  # suspended, wrong credentials, not allowed


def cause_of(status: str, sip_code: str = "") -> HangupCause:
    """Of a status callback that ends a call."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return _BY_SIP.get(int(sip_code), HangupCause.FAILED) if sip_code.isdigit() else HangupCause.FAILED


def error_of(status: int, code: int | None, wanted: str) -> TelephonyError:
    """Of a REST request that was refused for good. The text names what is wrong, never a number that was dialled."""
    if status == 404 or code in GONE:
        return ChannelGone(f"{wanted}: not there (any more) [{code or status}]")
    if code in BAD_NUMBER:
        return CommandRejected(f"{wanted}: bad_number [{code}]")
    if code in REFUSED_NUMBER:
        return CarrierDown(f"{wanted}: refused_number: Twilio does not call there [{code}]")
    if code in NOT_OUR_NUMBER:
        return CarrierDown(f"{wanted}: not_our_number: the calling number is none of this account's [{code}]")
    if code in ACCOUNT or status in (401, 403):
        return CarrierDown(f"{wanted}: account: Twilio does not let this account in [{code or status}]")
    return CommandRejected(f"{wanted}: refused [{code or status}]")
