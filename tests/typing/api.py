"""The public API as users write it: type-checked, never run."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_type

import pinterest_destination
from pinterest_destination import (
    Conversion,
    Delivery,
    DeliveryError,
    Destination,
    Fault,
    InputError,
    MappingError,
    Outbox,
    OutboxError,
    OutboxFull,
    Outcome,
    PinterestDestinationError,
    Problem,
    Settings,
    SettingsError,
)
from pinterest_destination.delivery.client import Client
from pinterest_destination.hosts import rudderstack


def read_settings(document: dict[str, Any]) -> Settings | None:
    try:
        settings = Settings.load(document)
        assert_type(settings, Settings)
        assert_type(Settings.load(document, dialect=None), Settings)
        return Settings.load(document, dialect="rudderstack")
    except SettingsError as error:
        faults: Sequence[Fault] = error.faults
        print(*(f"{fault.pointer}: {fault.found}, {fault.expected}, {fault.suggestion}" for fault in faults))
        return None
    except (MappingError, InputError) as error:
        as_built_in: ValueError = error
        as_ours: PinterestDestinationError = error
        print(as_built_in, as_ours)
        return None


def make_destinations(settings: Settings) -> Iterable[Destination]:
    yield Destination(settings)
    yield Destination({"tag_id": "2612345678901"})
    yield Destination(settings, clock=time.time)
    yield Destination.from_file("settings.json")


def convert(destination: Destination, event: Mapping[str, Any], events: Iterable[Mapping[str, Any]]) -> bool:
    conversion = destination.transform(event)
    assert_type(conversion, Conversion)
    calls: Sequence[Sequence[Any]] = conversion.pintrk
    objects: Sequence[Mapping[str, Any]] = conversion.capi
    problems: Sequence[Problem] = [*conversion.problems, *destination.problems]
    for problem in problems:
        print(problem.severity, problem.code, problem.path, problem.message, problem.channel)
    for each in destination.transform_all(events):
        assert_type(each, Conversion)
    print(calls, objects, destination.explain(event))
    assert_type(conversion.consent, bool | None)
    return assert_type(conversion.ok, bool)


def load_page(destination: Destination, traits: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    return [*destination.page_load(), *destination.page_load(traits), *destination.page_load(traits=None), *destination.page_load(traits, consent=True), *destination.page_load(consent={"context": {}})]


def render(destination: Destination, events: Sequence[Mapping[str, Any]], conversion: Conversion) -> str:
    traits = {"email": "ann@example.com"}
    parts: Sequence[str] = [
        destination.page_code(),
        destination.page_code(traits, nonce="abc"),
        destination.page_code(traits, consent=False),
        destination.event_code(conversion),
        destination.event_code(conversion, traits, nonce="abc"),
        conversion.script(),
        conversion.script("abc"),
        destination.page(iter(events)),
        destination.page([*events, conversion], traits, nonce=None),
    ]
    return "".join(parts) + destination.page_code().__html__()


def deliver(destination: Destination, events: Sequence[Mapping[str, Any]], outbox: Outbox) -> bool:
    counted: list[Outcome] = []
    try:
        with Delivery(destination, "outbox.sqlite3", on_outcomes=counted.extend).start() as delivery:
            delivery.put(events)
            print(delivery.flush(10.0), delivery.left(), delivery.pause)
        with Delivery(destination, outbox) as kept, Delivery(destination) as direct:
            outcomes: Sequence[Outcome] = [*kept.send(events), *direct.send(events, patience=60)]
    except (OutboxFull, OutboxError) as error:
        as_one: DeliveryError = error
        return assert_type(as_one.retryable, bool)
    for outcome in outcomes:
        print(outcome.status, outcome.event_id, outcome.event_name, outcome.code, outcome.message, outcome.wait)
    return all(outcome.status == "delivered" for outcome in outcomes)


# A name that is not public is not one for type checkers either: this line must need its "ignore".
pinterest_destination.Nonsense  # type: ignore[attr-defined]  # noqa: B018
version: str = pinterest_destination.__version__


def answer_rudderstack(events: list[dict[str, Any]], body: dict[str, Any]) -> int:
    destinations = rudderstack.Destinations(limit=100, clock=time.time)
    assert_type(destinations.get({"tag_id": "1"}, local=True), Destination)
    assert_type(rudderstack.process(events, destinations=destinations, features={"filter-code": True}), list[dict[str, Any]])
    assert_type(rudderstack.route(rudderstack.expand(body), destinations=destinations), dict[str, Any])
    with Client() as client:
        told, status = rudderstack.deliver(body, version=1, client=client, base_url=None)
        assert_type(told, dict[str, Any])
        return status
