"""A directory of settings: a name stands for a JSON file in it, which is read anew when it, or a spec it names, has changed."""

from __future__ import annotations

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from attrs import frozen

from .. import _json
from ..destination import Destination
from ..errors import DocumentError, Fault, SettingsError
from ..rules.load import regular

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
"""What a name may be: nothing that a file system takes for a way out of the directory."""

_YOUNG = 2.0
"""Seconds in which a file may change twice without another time of change; until then its content is compared."""
_MAX_CHAIN = 16

Read = Literal["new", "changed", "refused"]


def unnamed(folder: Path) -> list[str]:
    """Give the JSON files in *folder* that no request can name, in order."""
    return sorted(path.name for path in folder.glob("*.json") if not NAME.fullmatch(path.stem))


@frozen
class _Stamp:
    """How a file looked when it was read."""

    path: Path
    status: tuple[int, ...] | None
    """Time of change, size and number; None where it was not to be read."""
    digest: bytes

    @classmethod
    def of(cls, path: Path) -> _Stamp:
        try:
            return cls(path, _status(path), hashlib.sha256(regular(path)).digest())
        except (OSError, ValueError):  # no file can have a name with NUL or half a character in it
            return cls(path, None, b"")

    def is_current(self, now: float) -> bool:
        """Tell whether the file still looks the same."""
        try:
            status = _status(self.path)
        except (OSError, ValueError):
            return self.status is None
        is_young = status[0] > (now - _YOUNG) * 1e9
        return status == self.status and (not is_young or self.digest == _Stamp.of(self.path).digest)


def _status(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


@frozen
class _Kept:
    """Settings that were read, or why they cannot be used, and the files that they came from."""

    made: Destination | DocumentError
    stamps: tuple[_Stamp, ...]


class SettingsFolder:
    """The settings in *folder*, which are the host's own: they may refer to its environment and files.

    At most *limit* stay compiled. *clock* gives epoch seconds, *strict* makes all of them strict, or none. *told* hears of every file that is read: its name, what
    became of it ("refused": it cannot be used), the error, and whether good settings from before stay in force. For one thread.
    """

    def __init__(
        self,
        folder: Path,
        limit: int = 256,
        *,
        clock: Callable[[], float] = time.time,
        told: Callable[[str, Read, DocumentError | None, bool], None] = lambda *_: None,
        strict: bool | None = None,
    ) -> None:
        self._folder, self._limit, self._clock, self._told, self._strict = folder, limit, clock, told, strict
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, name: str) -> Destination:
        """Give the destination that the settings *name* make.

        Raises `KeyError` where there is no such file, `DocumentError` with the newest faults, for settings that cannot be used and never could.
        """
        path = self._folder / f"{name}.json"
        if not NAME.fullmatch(name) or not path.is_file():
            self._kept.pop(name, None)
            raise KeyError(name)
        kept, now = self._kept.get(name), self._clock()
        if kept is None or not all(stamp.is_current(now) for stamp in kept.stamps):
            kept = self._kept[name] = self._read(name, path, kept)
        self._kept.move_to_end(name)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        if isinstance(kept.made, DocumentError):
            raise type(kept.made)(kept.made.faults)
        return kept.made

    def _read(self, name: str, path: Path, former: _Kept | None) -> _Kept:
        # The stamps come first: a change while the file is read leaves older ones, and is found the next time.
        stamps = tuple(map(_Stamp.of, (path, *_specs(path))))
        try:
            made = Destination.from_file(path, clock=self._clock, strict=self._strict)
        except (DocumentError, OSError) as error:
            why = _error(error)
            good = former.made if former and isinstance(former.made, Destination) else None
            self._told(name, "refused", why, good is not None)
            return _Kept(good or why, stamps)
        self._told(name, "changed" if former else "new", None, False)
        return _Kept(made, stamps)


def _error(error: DocumentError | OSError) -> DocumentError:
    """The same error without its traceback, whose frames hold the settings."""
    if isinstance(error, DocumentError):
        return type(error)(error.faults)
    return SettingsError([Fault("", f"no readable file ({error.strerror})", "an object with settings")])


def _specs(path: Path) -> Iterator[Path]:
    """Yield the spec documents of the user's own that settings, and then specs themselves, name."""
    key = "spec"
    for _ in range(_MAX_CHAIN):
        try:
            document = _json.parse(regular(path))
        except (OSError, ValueError):
            return
        name = document.get(key) if isinstance(document, dict) else None
        if not isinstance(name, str) or not name.endswith(".json"):
            return
        path, key = path.parent / name, "extends"
        yield path
