"""Laws of page code: for any calls at all, what stands in it gives back these calls, and nothing else."""

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination import Destination
from pinterest_destination.browser import code
from pinterest_destination.browser.image import MAX_URL, image_url

from ..property.strategies import NOW, SETTINGS, events
from .hostile import PIECES, TEXTS
from .reading import calls, flat, read

pytestmark = pytest.mark.property

texts = st.text(max_size=12) | st.sampled_from(TEXTS) | st.lists(st.sampled_from(PIECES), max_size=3).map("".join)
numbers = st.integers(-(10**20), 10**20) | st.floats(-1e15, 1e15)
scalars = texts | numbers | st.booleans()
data = st.dictionaries(texts, scalars | st.lists(st.dictionaries(texts, scalars, max_size=3), max_size=3), max_size=5)
track = st.tuples(st.just("track"), texts, data).map(list)
visitor = st.tuples(st.just("set"), st.dictionaries(st.sampled_from(["em", "np", "ph"]), texts, max_size=3)).map(list)
streams = st.lists(st.lists(track | visitor, max_size=3), max_size=3)
nonces = st.none() | texts.filter(str.strip)
LOAD: list[list[Any]] = [["load", "2612345678901", {"em": "ab" * 32}], ["page"]]
DESTINATIONS = {name: Destination({**document, "tag_id": "2612345678901"}, clock=lambda: NOW) for name, document in SETTINGS.items() if "Config" not in document}


@given(streams, nonces)
def test_a_page_gives_its_calls_back(stream, nonce):
    """HTML's reading of the page, and JSON's of its scripts, find exactly the calls, and no other element."""
    made = code.page(LOAD, stream, nonce)
    found = read(made)
    wanted = [call for event in stream for call in event]

    assert made.isascii() or nonce
    assert [calls(script) for script in found.scripts] == [LOAD, wanted] if wanted else [LOAD]
    assert not set("<>&") & set("".join(found.scripts))


names = texts.filter(lambda name: not set("[]") & set(name))  # with brackets it might be that of another value's part
plain = st.dictionaries(names, texts | st.booleans() | st.integers(-(10**20), 10**20) | st.lists(st.dictionaries(names, texts, max_size=3), max_size=3), max_size=5)


@given(texts, plain, st.integers(0, 200))
def test_an_image_says_the_same_or_leaves_out_whole_values(name, data, repeated):
    """What is on the URL is right; everything is on it, unless it would be too long."""
    data = {key: value * repeated if isinstance(value, str | list) else value for key, value in data.items()}
    url = image_url("2612345678901", name, data, {})
    image = {key: text for key, text in parse_qsl(url.partition("?")[2], keep_blank_values=True, strict_parsing=True) if key.startswith("ed[")}
    wanted = {key: text for key, text in flat("ed", data).items() if text}

    assert image.items() <= wanted.items()
    assert len(url) <= MAX_URL or not image
    if len("".join([name, *wanted, *wanted.values()]).encode()) * 3 < MAX_URL - 200:
        assert image == wanted
    for key in data:  # none is there in part
        parts = {part for part in wanted if part == f"ed[{key}]" or part.startswith(f"ed[{key}][")}
        assert parts <= set(image) or not parts & set(image)


@given(st.sampled_from(sorted(DESTINATIONS)), st.lists(events, max_size=3))
def test_any_events_make_a_page_that_gives_their_calls_back(name, stream):
    """Events as platforms send them, broken ones too, under all kinds of settings; with what ends limited data processing.

    The page is the same where the events have been transformed before, whatever they say of consent.
    """
    destination = DESTINATIONS[name]
    wanted = [call for event in stream for call in destination.transform(event).pintrk if call[0] != "setconsent"]

    found = read(destination.page(stream))
    made = [call for script in found.scripts[1:] for call in calls(script) if call != ["set", {"opt_out_type": "", "st": "", "country": ""}]]
    assert destination.page(map(destination.transform, stream)) == destination.page(stream)
    seen = [call for call in made if call[0] not in ("setconsent", "page")]

    assert seen == wanted
    if destination.settings.consent is None:
        assert [image["event"] for image in found.images[1:]] == [call[1].lower() for call in wanted if call[0] == "track"]
