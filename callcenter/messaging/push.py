"""Web push without a carrier's library: a browser's subscription, the encryption of RFC 8291 (aes128gcm of RFC 8188), VAPID of RFC 8292."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from callcenter.kit.errors import Invalid
from callcenter.settings import Settings

RECORD = 4096  # octets; a push service need not take more (RFC 8030 §7.2)
MAX_PAYLOAD = RECORD - 86 - 16 - 1  # header, tag, delimiter
_CURVE = ec.SECP256R1()


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser's PushManager.subscribe() gave: `PushSubscription.toJSON()` with its keys beside the endpoint."""

    endpoint: str
    p256dh: str
    auth: str

    def as_text(self) -> str:
        return orjson.dumps({"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": self.auth}).decode()


def parse_subscription(text: str, settings: Settings) -> Subscription:
    """`as_text`, or the browser's own JSON. Invalid `bad_subscription` for what is none, or points anywhere but to a push service: whoever may
    subscribe would else choose where our server knocks."""
    try:
        given = orjson.loads(text)
        keys = given.get("keys", given)
        made = Subscription(given["endpoint"], keys["p256dh"], keys["auth"])
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, unb64(made.p256dh))
        good = len(unb64(made.auth)) == 16 and len(made.endpoint) <= 1000 and is_push_service(made.endpoint, settings)
    except (ValueError, KeyError, TypeError, AttributeError):
        good = False
    if not good:
        raise Invalid("this is no subscription of a push service that we know", code="bad_subscription")
    return made


def is_push_service(endpoint: str, settings: Settings) -> bool:
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    if settings.mode in ("demo", "test") and host == "127.0.0.1":
        return True
    if parts.scheme != "https" or parts.port not in (None, 443) or parts.username is not None:
        return False
    try:
        ip_address(host)
        return False
    except ValueError:
        known = [name.strip() for name in settings.push_hosts.split(",") if name.strip()]
        return any(host.endswith(name) if name.startswith(".") else host == name for name in known)


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """ValueError when it is no P-256 key."""
    raw = unb64(text)
    if len(raw) != 32:
        raise ValueError("a P-256 private key is 32 bytes, base64url")
    return ec.derive_private_key(int.from_bytes(raw), _CURVE)


def public_key(settings: Settings) -> str:
    """`applicationServerKey` for the browser; "" without web push."""
    secret = settings.vapid_private_key.get_secret_value()
    return b64(point(private_key(secret).public_key())) if secret else ""


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def encrypt(payload: bytes, to: Subscription, *, salt: bytes | None = None, ours: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    """RFC 8291 §4: one record for this browser only. `salt` and `ours` are fresh unless the RFC's own example is made."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a push message holds {MAX_PAYLOAD} bytes at most")
    salt, ours = salt or os.urandom(16), ours or ec.generate_private_key(_CURVE)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, unb64(to.p256dh))
    our_point = point(ours.public_key())
    shared = ours.exchange(ec.ECDH(), theirs)
    secret = _derive(shared, unb64(to.auth), b"WebPush: info\0" + point(theirs) + our_point, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4) + bytes([len(our_point)]) + our_point
    return header + AESGCM(key).encrypt(nonce, payload + b"\x02", None)


def vapid(endpoint: str, key: ec.EllipticCurvePrivateKey, subject: str, *, expires: int) -> str:
    """The Authorization header of RFC 8292. `expires`: seconds since 1970, a day ahead at most, by the real clock."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": expires, "sub": subject}
    signed = f"{b64(orjson.dumps({'typ': 'JWT', 'alg': 'ES256'}))}.{b64(orjson.dumps(claims))}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"vapid t={signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}, k={b64(point(key.public_key()))}"
