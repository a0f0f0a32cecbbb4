"""The sound of a demo and test telephone: G.711 A-law over RTP on a UDP port, twenty milliseconds at a time."""

from __future__ import annotations

import array
import asyncio
import math
import random
import struct
import time
import wave
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from callcenter.telephony.sound import RATE

FRAME = 160  # samples in a packet: 20 ms
ALAW, EVENTS = 8, 101  # payload types
SILENCE = b"\xd5" * FRAME
KEYS = "0123456789*#ABCD"


def _decode(code: int) -> int:
    """ITU-T G.711, A-law: 8 bits to 16."""
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    value = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if code & 0x80 else -value


DECODED = [_decode(code) for code in range(256)]
# the code whose decoded value is nearest, for every 13-bit sample
_BY_VALUE = sorted(range(256), key=lambda code: DECODED[code])


def _nearest() -> bytes:
    table = bytearray(8192)
    position = 0
    for index in range(8192):
        sample = (index - 4096) * 8
        while position < 255 and abs(DECODED[_BY_VALUE[position + 1]] - sample) <= abs(DECODED[_BY_VALUE[position]] - sample):
            position += 1
        table[index] = _BY_VALUE[position]
    return bytes(table)


ENCODED = _nearest()


def encode(samples: array.array[int]) -> bytes:
    return bytes(ENCODED[(sample >> 3) + 4096] for sample in samples)


def tone_frames(frequency: float, level: float = 0.3) -> Iterator[bytes]:
    """An endless sine; `level` 1.0 is full scale."""
    period = array.array("h", (int(32767 * level * math.sin(2 * math.pi * frequency * n / RATE)) for n in range(RATE)))
    coded = encode(period)  # a whole second holds whole periods of any whole frequency
    while True:
        yield from (coded[n : n + FRAME] for n in range(0, RATE, FRAME))


def wav_frames(path: Path) -> Iterator[bytes]:
    """A WAV of 8 kHz, mono, 16 bit, once. ValueError for any other."""
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise ValueError(f"{path}: a WAV of 8 kHz, one channel, 16 bit is needed")
        samples = array.array("h", file.readframes(file.getnframes()))
    coded = encode(samples)
    for n in range(0, len(coded), FRAME):
        yield coded[n : n + FRAME].ljust(FRAME, SILENCE[:1])


class Media(asyncio.DatagramProtocol):
    """One RTP stream both ways. Sends silence until told otherwise."""

    def __init__(self) -> None:
        self.received = 0  # packets
        self.sent = 0
        self.digits = ""  # keys heard as RFC 4733 events
        self._heard: deque[int] = deque(maxlen=RATE)  # the last second, coded
        self._heard_at = 0.0
        self._source: Iterator[bytes] = iter(())
        self._peer: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._sender: asyncio.Task[None] | None = None
        self._sequence, self._time, self._ssrc = random.getrandbits(15), random.getrandbits(31), random.getrandbits(32)
        self._event_time = -1

    async def open(self, host: str) -> int:
        """Bind an even port and return it."""
        for _ in range(200):
            port = 2 * random.randint(8_000, 10_400)  # below the PBX's own range and below the kernel's ephemeral ports
            with suppress(OSError):
                self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=(host, port))
                return port
        raise OSError("no free UDP port for sound")

    def close(self) -> None:
        if self._sender:
            self._sender.cancel()
            self._sender = None
        if self._transport:
            self._transport.close()
            self._transport = None

    def send_to(self, host: str, port: int) -> None:
        self._peer = (host, port)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all())

    def play_tone(self, frequency: float, level: float = 0.3) -> None:
        self._source = tone_frames(frequency, level)

    def play_wav(self, path: Path) -> None:
        self._source = wav_frames(path)

    def be_silent(self) -> None:
        self._source = iter(())

    def level(self, frequency: float) -> float:
        """Amplitude of that frequency in what was heard during the last second, 1.0 = full scale (Goertzel)."""
        if time.monotonic() - self._heard_at > 1.0:
            return 0.0
        heard = [DECODED[code] for code in self._heard]
        if len(heard) < RATE // 10:
            return 0.0
        factor = 2 * math.cos(2 * math.pi * frequency / RATE)
        last = before = 0.0
        for sample in heard:
            last, before = sample + factor * last - before, last
        power = last * last + before * before - factor * last * before
        return 2 * math.sqrt(max(power, 0.0)) / len(heard) / 32768

    def forget(self) -> None:
        """Measure afresh from now on."""
        self._heard.clear()

    async def press(self, keys: str, seconds: float = 0.12) -> None:
        """Telephone keys, as RFC 4733 events."""
        for key in keys:
            start, frames = self._time, max(3, int(seconds / 0.02))
            for n in range(1, frames + 3):
                done = n >= frames
                payload = struct.pack("!BBH", KEYS.index(key), 0x8A if done else 0x0A, min(n, frames) * FRAME)
                self._packet(EVENTS, payload, start, marker=n == 1)
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.06)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        kind = data[1] & 0x7F
        if kind == ALAW:
            self.received += 1
            self._heard.extend(data[12:])
            self._heard_at = time.monotonic()
        elif kind == EVENTS and len(data) >= 16:
            began = struct.unpack_from("!I", data, 4)[0]
            if began != self._event_time and data[12] < len(KEYS):
                self._event_time = began
                self.digits += KEYS[data[12]]

    def _packet(self, kind: int, payload: bytes, at: int, marker: bool = False) -> None:
        if self._transport is None or self._peer is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), self._sequence, at & 0xFFFFFFFF, self._ssrc)
        self._transport.sendto(head + payload, self._peer)

    async def _send_all(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._packet(ALAW, next(self._source, SILENCE), self._time)
            self.sent += 1
            self._time = (self._time + FRAME) & 0xFFFFFFFF
            due = max(due + 0.02, loop.time() - 0.2)  # after a long stall no burst
            await asyncio.sleep(due - loop.time())
