"""Ports of the loopback for what a test starts."""

from __future__ import annotations

import socket

_given: set[int] = set()


def free_port() -> int:
    """Free just now for TCP and for UDP, and not given to anybody of this run before: what asks for several must not get one twice."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = int(tcp.getsockname()[1])
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port
