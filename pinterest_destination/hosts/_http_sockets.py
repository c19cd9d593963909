"""Sockets that listen: one for each worker where the system shares connections out among them, else one for all."""

from __future__ import annotations

import errno
import socket
import sys

_BACKLOG = 2048
_SHARES = sys.platform == "linux"
"""Elsewhere SO_REUSEPORT is missing, or gives everything to one socket."""


def listen(host: str, port: int, count: int = 1) -> list[socket.socket]:
    """Open *count* sockets on one port; 0 is any that is free. Raises `OSError` that names the address."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        if not _SHARES or count == 1:
            return [_bound(family, address, shares=False)] * count
        # Sockets that share a port would share it with those of another service as well, and nobody would be told.
        with _bound(family, address, shares=False) as probe:
            address = (address[0], probe.getsockname()[1], *address[2:])
        return [_bound(family, address, shares=True) for _ in range(count)]
    except OSError as error:
        words = str(error.strerror).partition(" (while ")[0]
        other = "port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "address or port"
        raise OSError(error.errno, f"{words}; choose another {other}", f"{host}:{port}") from None


def _bound(family: int, address: tuple[object, ...], *, shares: bool) -> socket.socket:
    # With the protocol named, asyncio sends small answers at once (TCP_NODELAY), and not after 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(address)
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def url(listener: socket.socket) -> str:
    """The URL at which *listener* is reached."""
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"
