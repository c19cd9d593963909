"""Whose event it is: the `Config` that comes with it, its templates filled in, as a destination and an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from ..delivery.request import target
from ..destination import Destination
from ..errors import DocumentError, SettingsError
from ..settings._schema import schema
from ..settings.model import Settings
from ._dynamic import fill, has_templates
from ._refusals import Refusal, missing_setting, unusable_settings
from .cache import Destinations, digest, exactly

DIALECT = "rudderstack"


@frozen
class Tenant:
    """Where the events of one `Config` go, and what makes them. Make it with `tenant`."""

    destination: Destination
    endpoint: str
    """The address, without what stands in `params`."""
    headers: Mapping[str, str] = field(repr=False)
    """The only place where the token is shown, because the host posts with it."""
    params: Mapping[str, bool]
    limit: int
    """The most events of one request."""


def tenant(destination: Destination) -> Tenant | Refusal:
    """Give the tenant of *destination*, or say which setting its deliveries lack."""
    settings: Settings = destination.settings
    try:
        to = target(settings)
    except SettingsError as error:
        return missing_setting(error.faults)
    token = settings.conversion_token if to.api_version == "v5" else None
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token.reveal()}"} if token else {})}
    return Tenant(destination, evolve(to, test=False).url, headers, {"test": True} if to.test else {}, to.limit)


@frozen
class Owned:
    """An event's destination, read."""

    tenant: Tenant | Refusal
    key: bytes
    """Tells settings apart by their content, usable or not."""
    message: Any = field(repr=False)
    """The event's message, without the values that the settings took from it."""
    echo: Any = field(repr=False)
    """The host's destination, its `Config` filled in."""


@frozen
class _Known:
    """Settings that an earlier event of the request came with."""

    config: dict[str, Any] = field(repr=False)
    """Held, so that no other settings get its place in memory."""
    key: bytes
    tenant: Tenant | Refusal | None
    """None: it has templates, to be filled in for each event."""


class Tenants:
    """The tenants of one request of the host."""

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations
        self._same: dict[tuple[int, bool], _Known] = {}
        self._equal: dict[tuple[bytes, bool], _Known] = {}

    def of(self, event: Mapping[str, Any]) -> Owned:
        """Read the destination of *event*. Never raises, whatever stands there."""
        echo, message = event.get("destination"), event.get("message")
        if not isinstance(echo, dict) or not isinstance(echo.get("Config"), dict):
            place = "destination.Config" if isinstance(echo, dict) else "destination"
            return Owned(Refusal(f"{place}: expected an object", "configuration"), b"", message, echo)
        config, fixed = echo["Config"], echo.get("hasDynamicConfig") is False
        known = self._same.get((id(config), fixed)) or self._known(config, fixed)
        if known.tenant is not None:
            return Owned(known.tenant, known.key, message, echo)
        filled, message = fill(config, event)
        return Owned(self._load(filled, passing=True), digest(filled) or b"", message, {**echo, "Config": filled})

    def _known(self, config: dict[str, Any], fixed: bool) -> _Known:
        """Look settings up by what they hold, which costs a tenth of working out anything about them."""
        exact = exactly(config)
        known = self._equal.get((exact, fixed)) if exact else None
        if known is None:
            tenant = None if not fixed and has_templates(config) else self._load(config)
            known = _Known(config, digest(config) or b"", tenant)
            if exact:
                self._equal[exact, fixed] = known
        self._same[id(config), fixed] = evolve(known, config=config)
        return known

    def _load(self, config: dict[str, Any], *, passing: bool = False) -> Tenant | Refusal:
        try:
            destination = self._destinations.get(config, dialect=_dialect(config), passing=passing)
        except DocumentError as error:
            return unusable_settings(error)
        return tenant(destination)


def _dialect(config: Mapping[str, Any]) -> str | None:
    """Take the host's own dialect, unless the settings have keys of ours."""
    return None if set(config) & set(schema()["properties"]) else DIALECT
