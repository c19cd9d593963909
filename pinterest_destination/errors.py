"""Everything that can be wrong, and how it is told: errors stop the program, problems only the event they belong to.

    PinterestDestinationError
    ├── SettingsError(ValueError)   the settings cannot be used: mend them
    ├── MappingError(ValueError)    a mapping document cannot be used: mend it
    ├── InputError(ValueError)      one record of the input is no event: it is left out, the rest goes on
    └── DeliveryError               conversions cannot be handed over; what Pinterest answers is no error, but an outcome
        ├── OutboxError             the outbox file cannot be used (none there, another version, damaged, locked): mend it
        └── OutboxFull              the outbox has reached its disk limit and stored nothing of this put: try again later

Neither an error nor a problem ever holds a personal value or a secret: they name the place and what was expected there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from attrs import frozen

Severity = Literal["error", "warning", "info"]
"""error: something that should be sent is not. warning: sent, with something repaired or left out. info: not meant to be sent."""

Channel = Literal["browser", "capi"]


@frozen
class Fault:
    """One thing wrong with a document: where it stands, what was found there, what would be right."""

    pointer: str
    """JSON pointer into the document, "" for the whole."""
    found: str
    """What stands there, in words; never the value of a secret."""
    expected: str
    """What would be accepted."""
    suggestion: str = ""
    """What was probably meant, e.g. the nearest known name."""
    file: str = ""
    """The document: a file, or "settings" when it came from memory."""

    def __str__(self) -> str:
        where = f"{self.file}#{self.pointer}" if self.file else f"#{self.pointer}"
        hint = f" (did you mean {self.suggestion!r}?)" if self.suggestion else ""
        return f"{where}: found {self.found}; expected {self.expected}{hint}"


class PinterestDestinationError(Exception):
    """The root of all errors that this package raises on purpose."""


class DocumentError(PinterestDestinationError, ValueError):
    """A JSON document cannot be used; `faults` lists everything that is wrong with it, in document order."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(tuple(faults))
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


class SettingsError(DocumentError):
    """The settings cannot be used, or lack what this use of them needs."""

    usable: Any = None
    """The `Settings` that all the rest makes, to look for more faults in; None where there is nothing to go on with."""


class MappingError(DocumentError):
    """A mapping document (catalogue, spec, channel) cannot be used."""


class InputError(PinterestDestinationError, ValueError):
    """One record of the input is no event: broken JSON, or JSON that is not an object."""


class DeliveryError(PinterestDestinationError):
    """Conversions cannot be handed over: this side lacks something, whatever Pinterest might answer."""

    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later, without anybody mending anything."""


class OutboxError(DeliveryError):
    """The outbox file cannot be used: none there, another version, damaged, or locked for too long."""


class OutboxFull(DeliveryError):
    """The outbox has reached its disk limit. Nothing of the refused put was stored; once events are delivered there is room."""

    retryable: ClassVar[bool] = True


@frozen
class ProblemKind:
    """What a problem code means, as docs/problems.md tells it."""

    severity: Severity
    meaning: str
    remedy: str


@frozen
class Problem:
    """Something about one event, or about the plan, that its owner should know."""

    severity: Severity
    code: str
    path: str
    """Dot-path in the event (or setting), as the mapping document spells it; "" for the whole."""
    message: str
    channel: Channel | None = None
    """The channel it is about; None for both."""


def problem(code: str, path: str = "", message: str = "", channel: Channel | None = None) -> Problem:
    """Make the `Problem` of a known *code*; its severity, and its text unless *message* is given, are the code's own.

    Raises `KeyError` for a code that `PROBLEMS` does not list.
    """
    kind = PROBLEMS[code]
    return Problem(kind.severity, code, path, message or kind.meaning, channel)


def _kinds(severity: Severity, **texts: tuple[str, str]) -> dict[str, ProblemKind]:
    return {code: ProblemKind(severity, meaning, remedy) for code, (meaning, remedy) in texts.items()}


PROBLEMS: Mapping[str, ProblemKind] = MappingProxyType(
    _kinds(
        "error",
        invalid_input=(
            "The line or record of the input is not JSON, or not a JSON object.",
            "Look at the line named; one event is one JSON object.",
        ),
        invalid_event=(
            "The event is not a JSON object.",
            "Pass one event as a mapping with a `type`.",
        ),
        invalid_type=(
            "The event's `type` is missing or is no call type: track, page, screen or identify, in any case.",
            "Send one of these as `type`.",
        ),
        missing_event_name=(
            "A track or screen call names no event.",
            "Give the name as text in `event` (or `name`).",
        ),
        invalid_event_name=(
            "The event's name cannot be sent: Pinterest takes ASCII letters, digits, `_` and `-`, at most 100 characters.",
            "Map it with `event_map`, or rename it at the source.",
        ),
        missing_identity=(
            "The Conversions API needs `em`, or `hashed_maids`, or IP address and user agent together; the event has none of these.",
            "Send an e-mail address, a mobile advertising id, or `context.ip` with `context.userAgent`.",
        ),
        invalid_event_time=(
            "The Conversions API needs the time of the event, and no usable one was found.",
            "Send `timestamp` in ISO 8601, or as epoch seconds or milliseconds.",
        ),
        invalid_action_source=(
            "Nothing in the event tells whether it happened on the web, in an app or offline.",
            "Send `action_source`, or the device's type or OS, or set `action_source` in the settings.",
        ),
        excessive_mapping=(
            "The mapping of a subscription would make too much of the event, because it uses over and over what it has made; nothing of it is sent.",
            "Look at the place in the mapping: take out what repeats, or give it less to repeat.",
        ),
        invalid_payload=(
            "In strict mode: the schema of the payload refuses it, and it is not sent.",
            "Look at the place that the message names; a mapping or the event gives something there that Pinterest does not take.",
        ),
        internal_error=(
            "The plugin failed on this event; this is a bug in it.",
            "Report the event's shape (not its values) and the name of the exception.",
        ),
    )
    | _kinds(
        "warning",
        missing_event_id=(
            "The event has no id of its own; a digest of what identifies it is sent, so that a repeat still matches.",
            "Send `messageId`, or name another path in `event_id`.",
        ),
        event_time_out_of_window=(
            "The event lies more than 5 minutes in the future or more than 7 days back; Pinterest may refuse it.",
            "Check the clock of the source, and send events soon after they happen.",
        ),
        unusable_value=(
            "A value has the wrong type or form, and was left out.",
            "Send what the message says is expected at that path.",
        ),
        invalid_currency=(
            "The currency is no ISO 4217 code, and was left out; Pinterest then takes the ad account's own.",
            "Send a three-letter code such as USD.",
        ),
        unusable_match_key=(
            "A value that should identify the person cannot be normalised by Pinterest's rule, and was left out.",
            "Send what the message says is expected at that path.",
        ),
        clear_match_key=(
            "With `identity` \"hashed\" only SHA-256 digests may leave; a value in clear was left out.",
            "Hash at the source, or set `identity` to \"auto\".",
        ),
        hashed_personal_data=(
            "A value that is not meant for personal data held an e-mail address; its SHA-256 digest was sent in its place.",
            "Take the address out of that property at the source.",
        ),
        invalid_item=(
            "A row of the product list is no object, or says nothing that Pinterest knows; it was left out.",
            "Send products as objects with product_id, price, quantity.",
        ),
        more_problems=(
            "There is more to tell about this event than fits; only errors are still told.",
            "Mend what is told, and look again.",
        ),
        unknown_setting=(
            "The settings of another tool hold a key that this plugin does not know; it has no effect.",
            "Remove it, or check its spelling.",
        ),
        changed_setting=(
            "A setting of another tool is understood differently here, or cannot be used.",
            "Read the message; adjust the setting if the old way is wanted.",
        ),
        odd_subscription=(
            "A part of a subscription is read otherwise than it looks, or is not read at all.",
            "Read the message; correct the trigger or the mapping.",
        ),
        risky_mapping=(
            "A mapping puts personal data, or what may hold some, into a payload field that is not hashed; only a digest of it is sent, and nothing where a digest cannot stand, as in a URL.",
            "Fill the field with something else; the fields of `user_data` carry what identifies the person.",
        ),
        harmful_default=(
            "A default of Segment's own form harms; the message says how, and whether it is mended or kept.",
            "Correct the mapping, or set `preset_defaults` to \"original\" if the old way is wanted.",
        ),
        misspelt_event=(
            "An `event_map` target is sent as an advertiser-defined event, but looks like a misspelt standard event.",
            "Correct the spelling if the standard event is meant.",
        ),
        ignored_custom_property=(
            "A custom property has the name of an id, a time or a list that the plan makes itself; it is not sent.",
            "Give it another name, or change the source of that field with `overrides`.",
        ),
        risky_custom_property=(
            "A custom property names a place that holds personal data; only a digest of it is sent.",
            "Remove it from `custom_properties`; the match keys carry that value already.",
        ),
        risky_event_id=(
            "An `event_id` path names a place that holds personal data; a digest of it is sent, the same on both channels.",
            "Name the id of the order or the event, which says nothing about the person.",
        ),
    )
    | _kinds(
        "info",
        unsupported_call=(
            "Pinterest has no use for this call type.",
            "Nothing to do.",
        ),
        not_subscribed=(
            "No subscription is for this event.",
            "Nothing to do; `subscribe` of the subscriptions decides.",
        ),
        not_for_channel=(
            "The event is not meant for this channel.",
            "Nothing to do; `channels` of the event's rule decides.",
        ),
        consent_denied=(
            "The visitor did not consent: the event is sent on neither channel, and the tag is told so.",
            "Nothing to do; the `consent` setting decides what is asked for.",
        ),
        google_digest=(
            "Google's own digests are not used: it normalises phone numbers, names and addresses differently, so that they match nobody at Pinterest.",
            "Send the value itself, or a digest made by Pinterest's rules, under the name without `sha256_`.",
        ),
        unmapped_event=(
            "No rule names this event: it is sent under its own name (a standard event's, or an advertiser-defined one), or as the `unmapped` setting says.",
            "Map it with `event_map`, or define it in Pinterest's Ads Manager.",
        ),
        assumed_action_source=(
            "Nothing in the event tells where it happened; web was assumed.",
            "Send `action_source`, or set it in the settings.",
        ),
        missing_secret=(
            "The settings refer to a secret that is not there.",
            "Set the environment variable, or write the file, before events are delivered.",
        ),
        browser_only_property=(
            "A custom property has no documented place in the Conversions API and goes to the tag only.",
            "Give it a `to` among the documented fields, or `channels: [\"browser\"]`.",
        ),
    )
)
"""Every code there is. docs/problems.md lists them; a test keeps both equal."""
