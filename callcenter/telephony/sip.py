"""SIP messages as text, and the proof that a secret is known: what the softphone needs of RFC 3261 and RFC 2617."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    404: "Not Found",
    481: "No Such Call",
    486: "Busy Here",
    487: "Cancelled",
    603: "Decline",
}


@dataclass
class Message:
    """A SIP message: first line, headers in order, body."""

    line: str
    headers: list[tuple[str, str]]
    body: str = ""

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[tuple[str, str]]:
        return [(key, value) for key, value in self.headers if key.lower() == name.lower()]

    @property
    def status(self) -> int:
        """0 for a request."""
        return int(self.line.split()[1]) if self.line.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        return self.get("CSeq").split()[-1] if self.status else self.line.split()[0]

    def encode(self) -> bytes:
        body = self.body.encode()
        lines = [self.line, *(f"{key}: {value}" for key, value in self.headers), f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(lines).encode() + body

    @classmethod
    def parse(cls, data: bytes) -> Message:
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        line, *rest = head.split("\r\n")
        headers = [(k.strip(), v.strip()) for k, colon, v in (r.partition(":") for r in rest) if colon and k.lower() != "content-length"]
        return cls(line, headers, body)


def proof_of(challenge: str, name: str, secret: str, method: str, uri: str) -> str:
    """The Authorization header that answers a Digest challenge (MD5, as Asterisk asks for it). KeyError for a challenge that is none."""
    asked = {key: value.strip('"') for key, value in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', challenge)}
    once = secrets.token_hex(8)
    own, target = _md5(f"{name}:{asked['realm']}:{secret}"), _md5(f"{method}:{uri}")
    qop = f":00000001:{once}:auth" if "qop" in asked else ""
    fields = {"username": name, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri}
    fields["response"] = _md5(f"{own}:{asked['nonce']}{qop}:{target}")
    fields |= {"opaque": asked["opaque"]} if "opaque" in asked else {}
    tail = f', qop=auth, nc=00000001, cnonce="{once}"' if qop else ""
    return "Digest " + ", ".join(f'{key}="{value}"' for key, value in fields.items()) + ", algorithm=MD5" + tail


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
