"""Destinations by the content of their settings: hosts send the settings along with every event, and nobody compiles them twice."""

from __future__ import annotations

import functools
import hashlib
import json
import marshal
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field

from ..destination import Destination
from ..errors import DocumentError
from ..settings.model import Settings

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Destinations:
    """The *limit* destinations that were used last. Threads may share it; each destination is made once, whoever asks.

    *clock* gives epoch seconds to all of them, *strict* makes all of them strict, or none. What is kept of settings that cannot be used are their faults. Settings that
    an event had a part in are kept apart, a quarter as many, so that no stream of events pushes out everyone else's.
    """

    def __init__(self, limit: int = 256, *, clock: Callable[[], float] = time.time, strict: bool | None = None) -> None:
        if limit < 1:
            raise ValueError(f"found limit={limit}; expected 1 or more")
        self._clock, self._strict = clock, strict
        self._lock = threading.Lock()
        self._shelves = {passing: _Shelf(max(1, limit // 4) if passing else limit) for passing in (False, True)}

    def __len__(self) -> int:
        return sum(len(shelf.entries) for shelf in self._shelves.values())

    def get(self, config: Mapping[str, Any], *, local: bool = False, dialect: str | None = None, passing: bool = False) -> Destination:
        """Give the destination for the settings *config*, in *dialect* or in the one recognised by its keys.

        *local* says that they are the host's own: only then do references to its environment and files count. These are
        looked up once; a secret that is not there yet is looked up again. *passing* says that values of an event are in
        them. Raises `SettingsError` or `MappingError` with every fault.
        """
        key = digest([config, local, dialect])
        if key is None:  # no JSON, so no settings: reading them tells what is wrong
            return self._make(config, local, dialect)
        with self._lock:
            entry = self._shelves[passing].take(key)
        with entry.lock:
            made = entry.made or self._made(config, local, dialect)
            entry.made = made if not _lacks_secret(made) else None
        if isinstance(made, DocumentError):
            raise type(made)(made.faults)
        return made

    def _made(self, config: Mapping[str, Any], local: bool, dialect: str | None) -> Destination | DocumentError:
        try:
            return self._make(config, local, dialect)
        except DocumentError as error:
            return type(error)(error.faults)  # without the traceback, whose frames hold the settings

    def _make(self, config: Mapping[str, Any], local: bool, dialect: str | None) -> Destination:
        return Destination(Settings.load(config, dialect, local=local), clock=self._clock, strict=self._strict)


@define(eq=False)
class _Entry:
    """One destination: made under its own lock, so that those who ask for others do not wait."""

    lock: threading.Lock = field(factory=threading.Lock)
    made: Destination | DocumentError | None = None


@define(eq=False)
class _Shelf:
    """The entries that were used last, up to a limit."""

    limit: int
    entries: OrderedDict[bytes, _Entry] = field(factory=OrderedDict)

    def take(self, key: bytes) -> _Entry:
        """Give the entry of *key*, a new one if need be, and drop what was not used for longest."""
        entry = self.entries.setdefault(key, _Entry())
        self.entries.move_to_end(key)
        while len(self.entries) > self.limit:
            self.entries.popitem(last=False)
        return entry


def digest(document: Any) -> bytes | None:
    """Digest JSON by its content, whatever the order of its keys; None for what is no JSON, or nested too deep."""
    try:
        return hashlib.sha256(_encode(document).encode()).digest()
    except (TypeError, ValueError, RecursionError):
        return None


def exactly(document: Any) -> bytes | None:
    """Give bytes that only an equal document has, with keys in the same order; far quicker than a digest; None where there are none."""
    try:
        return _exact()(document)
    except (TypeError, ValueError, RecursionError):
        return None


@functools.cache
def _exact() -> Callable[[Any], bytes]:
    try:
        from orjson import dumps
    except ModuleNotFoundError:
        return lambda document: marshal.dumps(document, 2)  # the last format that does not depend on what else holds a part
    return dumps


def _lacks_secret(made: Destination | DocumentError) -> bool:
    token = made.settings.conversion_token if isinstance(made, Destination) else None
    return token is not None and token.fault is not None
