"""Whether the ports of a run are free, said in words that help."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from callcenter.settings import Settings


@dataclass(frozen=True, slots=True)
class Port:
    number: int
    kind: int  # socket.SOCK_STREAM or SOCK_DGRAM
    host: str
    use: str
    variable: str


def needed(settings: Settings) -> list[Port]:
    """Those that we open ourselves; an Asterisk given by ARI_URL brings its own."""
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    ports = [
        Port(settings.http_port, tcp, settings.host, "the console", "ONEKEY_HTTP_PORT"),
        Port(settings.stores_port, tcp, settings.host, "the stores' app", "ONEKEY_STORES_PORT"),
        Port(settings.public_port, tcp, settings.host, "what strangers reach (crews, callbacks)", "ONEKEY_PUBLIC_PORT"),
    ]
    if not settings.ari_url:
        ports += [
            Port(settings.sip_port, udp, settings.sip_host or settings.host, "the SIP trunk", "ONEKEY_SIP_PORT"),
            Port(settings.ari_port, tcp, settings.ari_host, "Asterisk's HTTP (ARI and browser telephones)", "ONEKEY_ARI_PORT"),
        ]
    return ports


def is_free(port: Port) -> bool:
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    with socket.socket(family, port.kind) as s:
        if port.kind == socket.SOCK_STREAM:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of the last run that linger are no obstacle
        try:
            s.bind((port.host, port.number))
        except OSError:
            return False
    return True


def problems(settings: Settings) -> list[str]:
    """A line for each port that is taken, or asked for twice."""
    found: list[str] = []
    seen: dict[tuple[int, int], Port] = {}
    for port in needed(settings):
        twin = seen.setdefault((port.number, port.kind), port)
        protocol = "TCP" if port.kind == socket.SOCK_STREAM else "UDP"
        if twin is not port:
            found.append(f"port {port.number} is set for both {twin.use} ({twin.variable}) and {port.use} ({port.variable})")
        elif not is_free(port):
            advice = f"free it, or choose another, e.g. {port.variable}={port.number + 10}"
            found.append(f"{protocol} port {port.number} for {port.use} is taken (or not allowed): {advice}")
    return found
