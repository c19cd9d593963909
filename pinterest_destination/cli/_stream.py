"""A stream of bytes, unzipped if need be, that ends where it cannot be read any further."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable

from attrs import define

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

    def readline(self, limit: int) -> bytes:
        """Read up to the end of the line, but at most *limit* bytes."""
        return self._try(self.file.readline, limit)

    def read(self, size: int) -> bytes:
        """Read *size* bytes, fewer only at the end."""
        return self._try(self.file.read, size)

    def read1(self, size: int) -> bytes:
        """Read what is there, at most *size* bytes; wait only if there is nothing."""
        return self._try(self.file.read1, size)

    def _try(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            return read(size)
        except EOFError:
            self.damage = "the gzip data ends in the middle"
        except (gzip.BadGzipFile, zlib.error):
            self.damage = "the gzip data is damaged"
        except OSError as error:
            self.damage = f"the input cannot be read any further ({error.strerror})"
        return b""
