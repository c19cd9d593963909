"""What the user decides: settings as one frozen value, the same whatever dialect they came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from ..errors import Channel, Problem
from .secret import Secret

BOTH: tuple[Channel, ...] = ("browser", "capi")


@frozen
class EventMapRow:
    """One row of `event_map`: the source's *event* becomes the Pinterest event *target*, spelt as the user spelt it."""

    event: str
    target: str
    pointer: str
    """Where the target stands in the settings, for messages."""


@frozen
class CustomProperty:
    """One custom property: the value at *path* goes out as *name*."""

    path: str
    name: str
    type: Literal["auto", "text", "number", "boolean", "json"] = "auto"
    """auto: booleans, numbers and text pass as they are, objects and lists do not."""
    channels: tuple[Channel, ...] = BOTH
    pointer: str = ""


@frozen
class Subscription:
    """One row of `subscriptions`, as it was written: what a preset gives is not filled in."""

    preset: str = ""
    name: str = ""
    subscribe: str = ""
    """The trigger; "" only with a preset."""
    mapping: Mapping[str, Any] = field(factory=dict, hash=False, repr=lambda value: "{...}" if value else "{}")
    """Too long to be shown; and a constant in it may be somebody's."""
    enabled: bool = True
    pointer: str = ""
    """Where the row stands in the settings, for messages."""


@frozen
class ConsentSettings:
    """Which consent events need; without it nothing is sent on either channel."""

    categories: tuple[str, ...] = ()
    """The categories of the consent platform that Pinterest belongs to."""
    match: Literal["all", "any"] = "all"
    unknown: Literal["denied", "granted"] = "denied"
    """What counts where an event does not tell."""
    paths: tuple[str, ...] | None = None
    """Where events tell; None: where the spec says."""


@frozen
class DeliverySettings:
    """How Conversions API events are delivered. Times are in seconds."""

    base_url: str | None = None
    """Another server than Pinterest's, without a slash at the end; for tests."""
    max_batch_bytes: int = 2_000_000
    horizon: float = 86_400
    """How long after its first put an event is sent again."""
    connect_timeout: float = 5
    read_timeout: float = 30
    """For sending a request, and again for the whole answer to it."""
    calls_per_minute: int = 4500
    environment_proxies: bool = False
    max_outbox_bytes: int = 2**30
    keep_delivered: float = 172_800
    """How long the ids of delivered events are remembered; never shorter than the horizon."""

    def __attrs_post_init__(self) -> None:
        """Keep ids as long as repeats may come; what has been forgotten would be sent again."""
        object.__setattr__(self, "keep_delivered", max(self.keep_delivered, self.horizon))


@frozen
class Settings:
    """One destination's settings. Make it with `Settings.load` or `Settings.from_file`; every fault is told at once."""

    tag_id: str | None = None
    ad_account_id: str | None = None
    conversion_token: Secret | None = None
    advertiser_id: str | None = None
    app_id: str | None = None
    api_version: Literal["v5", "v3"] = "v5"
    spec: str = "ecommerce"
    """Name of a shipped spec, or absolute path of a document of the user's own."""
    overrides: Mapping[str, Any] | None = field(
        default=None, hash=False, repr=lambda value: "{...}" if value else "None"
    )
    """A spec document on top; too long to be shown with the rest."""
    event_map: tuple[EventMapRow, ...] = ()
    custom_properties: tuple[CustomProperty, ...] = ()
    subscriptions: tuple[Subscription, ...] | None = None
    """None: events go to the rules as they are."""
    preset_defaults: Literal["mended", "original"] = "mended"
    event_id: tuple[str, ...] = ()
    enhanced_match: tuple[str, ...] = ("em",)
    identity: Literal["auto", "hashed"] = "auto"
    send_external_id: bool = True
    content_id: Literal["product_id", "sku", "variant"] | None = None
    """None: as the spec says."""
    unmapped: Literal["pass", "custom", "drop"] | None = None
    """None: as the spec says."""
    action_source: Literal["web", "app_ios", "app_android", "offline"] | None = None
    test_mode: bool = False
    limited_data_processing: bool = False
    advertiser_tracking_enabled: bool = False
    """Send the field of that name, which the OpenAPI 5.23 does not list but some accounts accept."""
    consent: ConsentSettings | None = None
    """None: nobody asks for consent here."""
    log: Literal["none", "debug", "always"] = "none"
    """Whether what becomes of each event is logged: never, for test events only, always."""
    strict: bool = False
    """Hold every payload against its schema, and send none that is refused."""
    partner_name: str | None = None
    np: str | None = None
    delivery: DeliverySettings = DeliverySettings()
    dialect: str = "native"
    """The dialect the settings came in."""
    file: str = "settings"
    """Where they came from, for messages."""
    problems: tuple[Problem, ...] = ()
    """What translating them from another dialect left to be told."""

    @property
    def logs(self) -> bool:
        """Tell whether what becomes of each event is logged."""
        return self.log == "always" or (self.log == "debug" and self.test_mode)

    @classmethod
    def load(cls, document: Mapping[str, Any], dialect: str | None = None, *, local: bool = True) -> Settings:
        """Read settings from *document*, in *dialect* or in the one recognised by its keys.

        *local* says that the document comes from the host's own files or code: only then are
        secrets read from the environment or from files, and specs from paths.

        Raises `SettingsError` with every fault: JSON pointer, what was found, what would be right.
        """
        from .load import load_settings

        return load_settings(document, dialect, local=local)

    @classmethod
    def from_file(cls, path: str | Path, dialect: str | None = None) -> Settings:
        """Read settings from a JSON file; paths in it are relative to its folder.

        Raises `SettingsError` for faults, `OSError` when the file cannot be read.
        """
        from .load import load_settings_file

        return load_settings_file(Path(path), dialect)
