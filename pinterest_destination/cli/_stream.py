"""A stream of bytes, unzipped if need be, that ends where it cannot be read any further."""

from __future__ import annotations

import gzip
import io
import zlib

from attrs import define

CHUNK = 64 * 1024
GZIP = b"\x1f"
"""The first byte of gzip data, which no JSON text starts with."""


@define
class Stream:
    """Bytes to read; no more of them mean the end, and `damage` tells when it came too early."""

    file: io.BufferedIOBase
    damage: str = ""

    @classmethod
    def of(cls, file: io.BufferedReader) -> Stream:
        """Make the stream of *file*, by its first byte, not by its name: so standard input may be zipped, too."""
        return cls(gzip.GzipFile(fileobj=file) if file.peek(1)[:1] == GZIP else file)

    @property
    def is_zipped(self) -> bool:
        """Tell whether what is read is unzipped on the way."""
        return isinstance(self.file, gzip.GzipFile)

    def read(self, least: int = 1) -> bytes:
        """Read what is there; wait only while there are not at least so many bytes. Fewer mean the end."""
        pieces = []
        while least > 0 and (piece := self._piece()):
            pieces.append(piece)
            least -= len(piece)
        return b"".join(pieces)

    def _piece(self) -> bytes:
        try:
            return self.file.read1(CHUNK)  # never more than one read, so that none of it is lost when the next one fails
        except EOFError:
            self.damage = "the gzip data ends in the middle"
        except (gzip.BadGzipFile, zlib.error):
            self.damage = "the gzip data is damaged"
        except OSError as error:
            self.damage = f"the input cannot be read any further ({error.strerror})"
        return b""
