"""Mapping documents as frozen values. Every rule knows the file and the JSON pointer it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Factory, field, frozen

from ..errors import Channel
from .path import Path


@frozen
class Origin:
    """Where a rule stands: a file and a JSON pointer into it."""

    file: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.file}#{self.pointer}"


# -- conditions


@frozen
class Condition:
    """Something an event must show: a value present (or not) at a path, or one of some values there."""

    path: Path
    present: bool | None = None
    is_one_of: tuple[str | bool, ...] = ()
    """Text is compared without case and outer spaces, booleans as they are."""


# -- sources: where a field may find its value, tried in order


@frozen
class PathSource:
    """The value at a dot-path, taken through a transform."""

    path: Path
    transform: str
    of: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Words that the transform knows, each with its other spellings."""
    limit: int | None = None
    quiet: bool = False
    calls: tuple[str, ...] = ()
    """Only for these call types; empty: for all."""
    prefix: str = ""
    """What is put before the text found."""
    events: tuple[str, ...] = ()
    """Only where the event becomes one of these Pinterest events; empty: for all."""


@frozen
class SettingSource:
    """The value of a setting."""

    name: str


@frozen
class PathsSetting:
    """The paths that a setting lists."""

    name: str
    transform: str


@frozen
class ItemsSource:
    """Something of all items: the sum or the list of one of their fields, or how many items there are."""

    operation: Literal["sum", "list", "count"]
    of: str


@frozen
class DigestSource:
    """A digest of the scalars at some paths, with a problem that says so."""

    paths: tuple[Path, ...]
    problem: str


@frozen
class NowSource:
    """The present time."""


@frozen
class GiveSource:
    """A constant, where all of `when` hold and none of `unless`, and where the setting, if one is named, is on.

    It is read like a value found in an event, once, when the plan is built.
    """

    value: Any
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    setting: str | None = None
    problem: str | None = None
    transform: str = "any"
    of: tuple[tuple[str, tuple[str, ...]], ...] = ()
    limit: int | None = None


Source = PathSource | SettingSource | PathsSetting | ItemsSource | DigestSource | NowSource | GiveSource


# -- the spec document


@frozen
class Field:
    """One named value: its sources in order of preference."""

    name: str
    sources: tuple[Source, ...]
    origin: Origin
    default: int | None = None
    transform: str = "any"
    """How its sources are read unless they say so themselves."""
    prefer: Mapping[str, tuple[PathSource, ...]] = Factory(dict)
    """Sources by preference name; the settings choose which goes first."""


@frozen
class Target:
    """A Pinterest event (or an advertiser's own) that an event becomes, and the channels it goes to."""

    event: str
    channels: tuple[Channel, ...] = ("browser", "capi")
    own: bool = False
    """An advertiser-defined event: not one of Pinterest's, and not a misspelt one."""


@frozen
class EventRule:
    """Events of these types and names, under these conditions, become these targets. No names: any event of the type."""

    types: tuple[str, ...]
    names: tuple[str, ...]
    when: tuple[Condition, ...]
    targets: tuple[Target, ...]
    origin: Origin


@frozen
class OwnNamed:
    """More groups of paths that make the event itself a product, if its name (at *path*) is one of *names*, folded."""

    path: Path
    names: frozenset[str]
    any: tuple[tuple[Path, ...], ...]


@frozen
class Items:
    """Where the products are, and what each holds."""

    paths: tuple[Path, ...]
    own_root: Path | None
    """The object that is itself the only product, when it names one."""
    own_any: tuple[tuple[Path, ...], ...]
    """It does when all paths of one of these are present below it."""
    fields: Mapping[str, Field]
    named: OwnNamed | None = None
    """Groups that count in events of certain names only: elsewhere a `name` may be a person's."""


@frozen
class Options:
    """What a spec decides once."""

    custom_property_names: Literal["exact", "any_case", "any_spelling"] = "any_case"
    custom_property_type: Literal["auto", "text"] = "auto"
    app_and_device: Literal["structured", "flat"] = "structured"
    content_id: Literal["product_id", "sku", "variant"] = "product_id"
    custom_property_roots: tuple[str, ...] = ("properties",)
    """Where the paths of custom properties begin, in order; "" is the event itself."""
    unmapped: Literal["pass", "custom", "drop"] = "pass"
    identify_match_keys: tuple[str, ...] = ()


@frozen
class ConsentSource:
    """One place that may tell whether the visitor consented.

    What stands there is an answer (yes or no), or an object from category to answer, or a list of categories.
    """

    path: Path
    lists: Literal["granted", "denied"] | None = None
    """It is always a list of categories, of these. None: an answer, answers by category, or a list of those granted."""
    complete: bool = False
    """A category that is not in the list has the other answer."""
    granted: tuple[str, ...] = ()
    """Words for yes, besides the usual ones; text is compared without case and outer spaces."""
    denied: tuple[str, ...] = ()


@frozen
class Note:
    """A problem to tell wherever something stands at a path."""

    path: Path
    problem: str
    origin: Origin


@frozen
class Spec:
    """How one source names events and where it keeps values, with all that it extends merged in."""

    name: str
    events: tuple[EventRule, ...]
    fields: Mapping[str, Field]
    items: Items
    options: Options
    files: tuple[str, ...]
    """The documents it was made from, parent first."""
    personal: tuple[Path, ...] = ()
    """Places that hold personal data though no field reads them."""
    consent: tuple[ConsentSource, ...] = ()
    """Where the visitor's consent is told."""
    notes: tuple[Note, ...] = ()


# -- the catalogue


@frozen
class StandardEvent:
    """One of Pinterest's own events."""

    name: str
    tag: str | None
    """Its name in the tag; None where only the API takes it."""
    recommended: tuple[str, ...] = ()


@frozen
class Catalogue:
    """Pinterest's standard events."""

    events: tuple[StandardEvent, ...]


# -- the channel document


@frozen
class Switch:
    """Something about settings or spec options, known when the plan is built."""

    kind: Literal["setting", "option"]
    name: str
    has: str | None = None
    equals: Any = None


@frozen
class Entry:
    """One key of an output: which field it takes, how it is written, and when it is there at all."""

    key: tuple[str, ...]
    take: str
    write: str | None
    when: tuple[Switch, ...]
    """Any of these; empty: always."""
    with_field: str | None
    """Only beside this field."""
    origin: Origin
    yields: bool = False
    """Gives way to a value that the key already has."""
    type: str = "text"
    """The kind of value that the key takes."""
    one_of: tuple[str, ...] = ()
    """The only words that the key takes; empty: any."""
    limit: int | None = None
    """The longest text, or the greatest number, that the key takes."""


@frozen
class ItemEntries:
    """One key of an output that lists the items."""

    key: tuple[str, ...]
    entries: tuple[Entry, ...]
    origin: Origin


@frozen
class Requirement:
    """What an output cannot do without: all fields of one of the groups."""

    any_of: tuple[tuple[str, ...], ...]
    problem: str


@frozen
class Window:
    """The time that an output's *take* should lie in, in seconds around now."""

    take: str
    past: int
    future: int
    problem: str


@frozen
class Rest:
    """An object whose values go out under their own names, beside and never over an output's own keys."""

    entry: Entry
    besides: tuple[str, ...] = ()
    """Names that never go out."""


@frozen
class OutputObject:
    """One object a channel sends for some call types."""

    command: str
    calls: tuple[str, ...]
    entries: tuple[Entry | ItemEntries, ...]
    required: tuple[Requirement, ...]
    windows: tuple[Window, ...]
    custom: bool
    """Custom properties go here."""
    origin: Origin
    rest: Rest | None = None


@frozen
class ChannelDocument:
    """Which values a channel takes, under which key and type."""

    name: str
    channel: Channel
    objects: tuple[OutputObject, ...]
    files: tuple[str, ...] = field(factory=tuple)
