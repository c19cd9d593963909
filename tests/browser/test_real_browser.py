"""Page code in a real browser: what `transform` gave arrives at the tag, unchanged and in order, and nothing else runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from pinterest_destination import Conversion, Destination
from pinterest_destination.browser.escape import literal

from .hostile import TEXTS, conversions
from .reading import flat

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = 1768478400
TAG = "2612345678901"
TRAITS = {"email": "ann@example.com"}
DESTINATION = Destination({"tag_id": TAG}, clock=lambda: NOW)


def document(*parts: str, head: str = "") -> str:
    """A page that holds *parts*."""
    return f"<!doctype html><html><head><meta charset=utf-8><title>Shop</title>{head}</head><body>{''.join(parts)}</body></html>"


def as_js(value: Any) -> str:
    """JSON text with every number as JavaScript has it, which knows but one kind; for comparison."""
    return json.dumps(json.loads(json.dumps(value), parse_int=float), sort_keys=True)


def order(number: int, **context: Any) -> dict[str, Any]:
    """An order."""
    return {
        "type": "track", "event": "Order Completed", "messageId": f"m-{number}", "timestamp": NOW, "context": context,
        "properties": {"order_id": f"O-{number}", "revenue": "35.50", "currency": "USD", "products": [{"product_id": "P-1", "price": 10, "quantity": 2}]},
    }  # fmt: skip


@pytest.fixture(scope="module")
def shop():
    """The destination of the examples, and what the events of a visit become."""
    destination = Destination.from_file(EXAMPLES / "settings.json", clock=lambda: NOW)
    events = [json.loads(line) for line in (EXAMPLES / "shop-visit.jsonl").read_text("utf-8").splitlines()]
    return destination, [destination.transform(event) for event in events]


def calls_of(made):
    return [call for conversion in made for call in conversion.pintrk]


# -- calls


def test_calls_arrive_in_order_with_exactly_what_transform_gave(visit, shop):
    """A whole visit on one page: the start of the tag, then each event; the tag's requests carry the same data."""
    destination, visited = shop
    calls = [*destination.page_load(TRAITS), *calls_of(visited)]

    seen = visit(document(destination.page(visited, TRAITS)))

    assert as_js(seen.calls) == as_js(calls)
    assert [image["event"] for image in seen.images] == ["init", *(call[1] for call in calls if call[0] == "track")]
    assert [as_js(json.loads(image["ed"])) for image in seen.images[1:]] == [as_js(call[2]) for call in calls if call[0] == "track"]
    assert (seen.cores, seen.strays, seen.errors) == (1, [], [])


@pytest.mark.parametrize("late", [False, True], ids=["before the library is there", "after"])
def test_an_event_may_come_before_and_after_the_library(visit, late):
    """The stub queues calls in the first case; in the second the library is called itself."""
    conversion = DESTINATION.transform(order(1))
    between = '<script src="/after-page.js"></script>' if late else ""

    seen = visit(document(between, conversion.script(), head=DESTINATION.page_code(TRAITS)))

    assert as_js(seen.calls) == as_js([*DESTINATION.page_load(TRAITS), *conversion.pintrk])
    assert seen.errors == []


def test_each_event_may_have_its_own_code(visit):
    """`page_code` and then `event_code` of each do what `page` does."""
    orders = [DESTINATION.transform(order(number)) for number in range(3)]

    apart = visit(document(*map(DESTINATION.event_code, orders), head=DESTINATION.page_code()))
    together = visit(document(DESTINATION.page(orders)))

    assert apart.calls == together.calls
    assert [call[0] for call in apart.calls] == ["load", "page", "track", "track", "track"]
    assert apart.images == together.images


def test_limited_data_processing_ends_with_its_event(visit):
    """The tag keeps what was set; `page` takes it back before the next event."""
    limited = order(1, traits={"optOutType": "LDP", "state": "CA", "country": "US"})

    seen = visit(document(DESTINATION.page([order(0), limited, order(2)])))
    partners = [json.loads(image["pd"]) for image in seen.images]

    assert [partner.get("opt_out_type") for partner in partners] == [None, None, "LDP", ""]
    assert (partners[3]["st"], partners[3]["country"]) == ("", "")


def test_a_second_copy_does_nothing(visit):
    """Wherever it stands, and whatever it says: one library, one `load`, one `page`."""
    seen = visit(document(DESTINATION.page_code(), DESTINATION.page_code(TRAITS), head=DESTINATION.page_code(TRAITS) * 2))

    assert seen.calls == DESTINATION.page_load(TRAITS)
    assert (seen.cores, len(seen.images), seen.errors) == (1, 1, [])


def test_two_tags_share_the_library(visit):
    """Each loads once; so it does beside a stub that other code has brought."""
    other = Destination({"tag_id": "2600000000002"})

    seen = visit(document(DESTINATION.page_code(), other.page_code(), other.page_code()))

    assert seen.calls == [*DESTINATION.page_load(), *other.page_load()]
    assert (seen.cores, seen.errors) == (1, [])


def test_an_element_named_like_the_tag_is_not_taken_for_it(visit):
    """Elements with an id are properties of the window."""
    seen = visit(document("<i id=pintrk></i><form id=pintrkTags></form>", DESTINATION.page_code()))

    assert seen.calls == DESTINATION.page_load()
    assert seen.errors == []


def test_the_code_works_where_a_tag_manager_puts_it(visit):
    """As such tools do: parsed apart from the page, its scripts made anew and put in."""
    code = DESTINATION.page([order(1)], TRAITS)
    manager = f"""<script>
    var box = document.createElement("div");
    box.innerHTML = {literal(code)};
    Array.prototype.forEach.call(box.querySelectorAll("script"), function (old) {{
      var script = document.createElement("script");
      script.text = old.text;
      document.body.appendChild(script);
    }});
    </script>"""

    seen = visit(document(manager))

    assert as_js(seen.calls) == as_js([*DESTINATION.page_load(TRAITS), *DESTINATION.transform(order(1)).pintrk])
    assert (seen.cores, seen.errors) == (1, [])


# -- consent


def test_consent_is_told_where_the_calls_have_it(visit):
    """Whatever calls there are, in their order."""
    conversion = Conversion(pintrk=[["setconsent", False], ["track", "Lead", {"event_id": "m"}], ["setconsent", True]])

    seen = visit(document(DESTINATION.page([conversion])))

    assert seen.calls[2:] == conversion.pintrk


# -- without JavaScript


@pytest.mark.parametrize("place", ["head", "body"])
def test_without_javascript_the_images_stand_in(visit, place):
    """Start and event, with the visitor's match keys on both; the element may stand in the head as well."""
    code = DESTINATION.page([order(1)], TRAITS)
    em = DESTINATION.page_load(TRAITS)[0][2]["em"]

    seen = visit(document(head=code) if place == "head" else document(code), javascript=False)

    assert seen.images == [
        {"event": "init", "tid": TAG, "pd[em]": em, "noscript": "1"},
        {
            "event": "checkout", "tid": TAG, "ed[event_id]": "m-1", "ed[value]": "35.5", "ed[currency]": "USD", "ed[order_id]": "O-1", "ed[order_quantity]": "2",
            "ed[line_items][0][product_id]": "P-1", "ed[line_items][0][product_price]": "10", "ed[line_items][0][product_quantity]": "2", "pd[em]": em, "noscript": "1",
        },
    ]  # fmt: skip
    assert (seen.calls, seen.cores, seen.strays) == ([], 0, [])


def test_without_javascript_each_event_of_a_visit_has_its_image(visit, shop):
    """With the data that its call has."""
    destination, visited = shop

    seen = visit(document(destination.page(visited)), javascript=False)
    data = [{name: text for name, text in image.items() if name.startswith("ed")} for image in seen.images[1:]]

    assert data == [flat("ed", call[2]) for call in calls_of(visited) if call[0] == "track"]
    assert seen.strays == []


def test_with_javascript_no_image_stands_in(visit):
    """What comes from the tag has no `noscript`."""
    seen = visit(document(DESTINATION.page([order(1)])))

    assert [image.get("noscript") for image in seen.images] == [None, None]


# -- hostile text

def test_hostile_text_in_every_field_arrives_unchanged_and_never_runs(visit):
    """500 texts that try to break out, as ids, names, searches, products and custom properties of events on one page."""
    made = conversions()
    calls = calls_of(made)

    seen = visit(document(DESTINATION.page(made)))

    assert len(TEXTS) == 500
    assert len(calls) >= 400  # events whose name is such text are not sent
    assert as_js(seen.calls[2:]) == as_js(calls)
    assert [call[2]["event_id"] for call in seen.calls[2:]] == [text for text, conversion in zip(TEXTS, made, strict=True) if conversion.pintrk]
    assert (seen.strays, seen.errors, seen.scripts) == ([], [], 3)  # two of ours, and the library


def test_calls_that_are_hostile_altogether_never_run(visit):
    """Names of events and keys of data, too, which settings and mappings decide: escaping relies on none of them."""
    calls = [["track", text, {text: text, "line_items": [{text: text}], "__proto__": text}] for text in TEXTS]

    seen = visit(document(DESTINATION.page([Conversion(pintrk=calls)])))

    assert as_js(seen.calls[2:]) == as_js(calls)
    assert (seen.strays, seen.errors, seen.scripts) == ([], [], 3)


def test_hostile_text_arrives_unchanged_without_javascript(visit):
    """500 texts as values, keys and ids in the URLs of images; nothing becomes markup, or another parameter."""
    calls = [["track", "Lead", {"event_id": text, "line_items": [{"product_id": text}], f"k{number}": text}] for number, text in enumerate(TEXTS)]

    seen = visit(document(DESTINATION.page([Conversion(pintrk=calls)])), javascript=False)

    assert seen.images[1:] == [{"event": "lead", "tid": TAG, **flat("ed", call[2]), "noscript": "1"} for call in calls]
    assert (seen.strays, seen.errors) == ([], [])


# -- Content-Security-Policy

NONCE = "R4nd0m+/Nonce=="
POLICIES = {
    "hosts": f"default-src 'none'; script-src 'nonce-{NONCE}' https://s.pinimg.com; img-src https://ct.pinterest.com",
    "strict-dynamic": f"default-src 'none'; script-src 'nonce-{NONCE}' 'strict-dynamic'; img-src https://ct.pinterest.com",
    "nonce alone": f"default-src 'none'; script-src 'nonce-{NONCE}'; img-src https://ct.pinterest.com",
}


@pytest.mark.parametrize("policy", POLICIES)
def test_the_code_works_under_a_strict_policy(visit, policy):
    """With its nonce, which the library's script gets as well."""
    seen = visit(document(DESTINATION.page([order(1)], TRAITS, nonce=NONCE)), csp=POLICIES[policy])

    assert [call[0] for call in seen.calls] == ["load", "page", "track"]
    assert (len(seen.images), seen.errors) == (2, [])


@pytest.mark.parametrize("nonce", [None, "another", NONCE.lower()])
def test_nothing_runs_without_the_nonce(visit, nonce):
    """The browser blocks both scripts, and says so."""
    seen = visit(document(DESTINATION.page([order(1)], nonce=nonce)), csp=POLICIES["hosts"])

    assert (seen.calls, seen.images, seen.cores) == ([], [], 0)
    assert len([error for error in seen.errors if "Content Security Policy" in error]) == len(seen.errors) == 2


def test_images_need_no_nonce(visit):
    """A policy rules them by their host; nor do they need an inline style."""
    seen = visit(document(DESTINATION.page([order(1)])), csp=POLICIES["hosts"], javascript=False)

    assert [image["event"] for image in seen.images] == ["init", "checkout"]
    assert seen.errors == []


# -- the proof itself


def test_whatever_runs_or_leaves_would_be_seen(visit):
    """The tests above rely on it: a script that breaks out, a request to another host, and an error are told."""
    seen = visit(document('<script>pwned(1); fetch("https://evil.example/"); alert("hey"); throw new Error("oh")</script><img src="https://evil.example/x">'))

    assert sorted(seen.strays) == ["https://evil.example/", "https://evil.example/x"]
    assert {"pwned (1,)", "dialog hey", "oh"} <= set(seen.errors)
