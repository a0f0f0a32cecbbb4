"""Telephones that measure: INVITEs are stamped by the kernel on arrival, so that this program's own slowness does not count."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import Any, Self

from callcenter.telephony.media import Media
from callcenter.telephony.sip import Message
from callcenter.telephony.softphone import Address, Softphone

SO_TIMESTAMPNS = 35  # Linux; the socket module has no name for it
_STAMP = struct.Struct("@qq")


class NoSound(Media):
    """Answers an RTP port and sends nothing: sound is not what is measured here."""

    def send_to(self, host: str, port: int) -> None:
        return None


class _Socket:
    """What Softphone needs of a transport, over a socket that stamps."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.closing = sock, False

    def sendto(self, data: bytes, address: Address) -> None:
        self.sock.sendto(data, address)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        if not self.closing:
            self.closing = True
            asyncio.get_running_loop().remove_reader(self.sock.fileno())
            self.sock.close()


class StampedPhone(Softphone):
    """`sent`: caller → ns when our INVITE left; `rung`: caller → ns when the first INVITE of that caller arrived."""

    media_class = NoSound

    def __init__(self, *, port: int = 0, name: str = "elder", secret: str = "", answer_after: float | None = None) -> None:
        super().__init__(port=port, name=name, secret=secret, answer_after=answer_after)
        self.sent: dict[str, int] = {}
        self.rung: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.bind((self.host, self.port))
        sock.setblocking(False)
        self.port = sock.getsockname()[1]
        transport: Any = _Socket(sock)
        self._transport = transport
        asyncio.get_running_loop().add_reader(sock.fileno(), self._arrived, sock)
        return self

    def _arrived(self, sock: socket.socket) -> None:
        while True:
            try:
                data, extra, _, address = sock.recvmsg(65_535, 64)
            except (BlockingIOError, OSError):
                return
            if data.startswith(b"INVITE "):
                stamp = next(
                    (_STAMP.unpack(raw) for level, kind, raw in extra if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS)), None
                )
                at = stamp[0] * 1_000_000_000 + stamp[1] if stamp else time.time_ns()
                self.rung.setdefault(_caller(Message.parse(data)), at)
            self.datagram_received(data, address)

    def send(self, message: Message, to: Address) -> None:
        if message.line.startswith("INVITE "):
            self.sent.setdefault(_caller(message), time.time_ns())
        super().send(message, to)


def _caller(invite: Message) -> str:
    return invite.get("From").partition("sip:")[2].partition("@")[0]
