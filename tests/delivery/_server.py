"""A server on loopback made of bare sockets: it does to a connection whatever a test says, HTTP or not."""

import atexit
import functools
import shutil
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import trustme


@functools.cache
def certificate() -> Path:
    """The file of a certificate for 127.0.0.1 that nobody trusts, with its key and its authority, made for this run."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "localhost.pem"))
    authority.cert_pem.write_to_path(str(folder / "localhost.pem"), append=True)
    return folder / "localhost.pem"


_PATIENCE = 20.0  # seconds until a stuck test fails


class Peer:
    """One connection, as the server sees it. What is done to it gives the peer again."""

    def __init__(self, sock: socket.socket, requests: list[bytes]) -> None:
        self.sock = sock
        self._requests = requests
        self._file = sock.makefile("rb")

    def head(self) -> bytes:
        """Read a request as far as its blank line; b"" when the client has gone."""
        lines = []
        while (line := self._file.readline()) not in (b"", b"\r\n"):
            lines.append(line)
        return b"".join(lines)

    def request(self) -> bytes:
        """Read a whole request."""
        head = self.head()
        length = next((int(line[15:]) for line in head.splitlines() if line.lower().startswith(b"content-length:")), 0)
        request = head and head + b"\r\n" + self._file.read(length)
        self._requests += [request] if request else []
        return request

    def send(self, data: bytes) -> Self:
        """Send bytes as they are."""
        self.sock.sendall(data)
        return self

    def answer(self, status: int = 200, body: bytes = b"{}", **headers: str) -> Self:
        """Send a whole answer; headers are named as in Python, and may replace those of the server."""
        named = {"content-length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        return self.send(f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body)

    def reset(self) -> Self:
        """Break the connection, without a word."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()
        return self

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self.sock.close()


Turn = Callable[[Peer], object]


class Server:
    """Gives each connection its turn, and further ones the last turn again; with *tls* by its untrusted certificate."""

    def __init__(self, *turns: Turn, tls: bool = False) -> None:
        self._turns = list(turns)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._peers: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._closing = False
        self.connections = 0
        self.requests: list[bytes] = []
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        socket.create_connection(self._listener.getsockname()).close()  # the one way to end an accept on every system
        self._threads[0].join(_PATIENCE)
        for sock in self._peers:
            with suppress(OSError):  # it may be closed already
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE)
            assert not thread.is_alive()
        for sock in self._peers:
            sock.close()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._closing:
                return sock.close()
            sock.settimeout(_PATIENCE)
            turn = self._turns[min(self.connections, len(self._turns) - 1)]
            self.connections += 1
            self._peers.append(sock)
            thread = threading.Thread(target=self._serve, args=(turn, sock))
            self._threads.append(thread)
            thread.start()

    def _serve(self, turn: Turn, sock: socket.socket) -> None:
        """Give a connection its turn; that the client goes away, or does not like the certificate, is no fault here."""
        try:
            if self._tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate())
                sock = context.wrap_socket(sock, server_side=True)
                self._peers.append(sock)
            peer = Peer(sock, self.requests)
            try:
                turn(peer)
            finally:
                peer.close()
        except OSError:
            sock.close()
