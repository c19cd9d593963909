"""Page code: what it holds, what it leaves out, and that it is safe as it stands."""

import json
from typing import Any

import jinja2
import pytest

from pinterest_destination import Conversion, Destination, SettingsError
from pinterest_destination.browser import code
from pinterest_destination.browser.escape import PageCode, literal, url_part

from .hostile import TEXTS
from .reading import calls, read

TAG = "2612345678901"
LOAD = [["load", TAG], ["page"]]
NOW = 1768478400
DESTINATION = Destination({"tag_id": TAG}, clock=lambda: NOW)
LEAD = ["track", "Lead", {"event_id": "m"}]
LDP = ["set", {"opt_out_type": "LDP", "st": "ab" * 32, "country": "cd" * 32}]
BLANKS = ["set", {"opt_out_type": "", "st": "", "country": ""}]


def event(**traits):
    return {"type": "track", "event": "Lead", "messageId": "m", "timestamp": NOW, "context": {"traits": traits}}


# -- what stands where


def test_the_base_code_is_as_the_page_shows():
    """To the letter: people compare it with what they have."""
    assert code.base(LOAD, "abc") == f"""\
<script nonce="abc">
(function (tags) {{
  if (tags["{TAG}"]) return;
  tags["{TAG}"] = true;
  if (typeof window.pintrk !== "function") {{
    window.pintrk = function () {{ window.pintrk.queue.push(Array.prototype.slice.call(arguments)); }};
    window.pintrk.queue = [];
    window.pintrk.version = "3.0";
    var own = document.currentScript, core = document.createElement("script");
    core.async = true;
    core.src = "https://s.pinimg.com/ct/core.js";
    if (own) core.nonce = own.nonce;
    document.head.appendChild(core);
  }}
  pintrk("load", "{TAG}");
  pintrk("page");
}})(window.pintrkTags = window.pintrkTags || {{}});
</script>
<noscript>
<img height="1" width="1" alt="" hidden src="https://ct.pinterest.com/v3/?event=init&amp;tid={TAG}&amp;noscript=1">
</noscript>"""


def test_an_event_is_a_script_and_an_image():
    """The script alone comes from the conversion, the image needs the tag's id and so the destination."""
    conversion = Conversion(pintrk=[LEAD])
    script = '<script>\npintrk("track", "Lead", {"event_id": "m"});\n</script>'

    assert conversion.script() == script
    assert DESTINATION.event_code(conversion) == script + (
        f'\n<noscript>\n<img height="1" width="1" alt="" hidden src="https://ct.pinterest.com/v3/?event=lead&amp;tid={TAG}&amp;ed[event_id]=m&amp;noscript=1">\n</noscript>'
    )


def test_an_event_of_which_the_tag_gets_nothing_has_no_code():
    """Nor does a page without events hold an empty script."""
    assert Conversion().script() == DESTINATION.event_code(Conversion()) == ""
    assert DESTINATION.page([]) == DESTINATION.page_code()
    assert DESTINATION.page([Conversion(), {"type": "group"}]) == DESTINATION.page_code()


def test_a_page_takes_events_and_what_they_have_become():
    """So that a server can send the API's half of the same conversion."""
    conversion = DESTINATION.transform(event())

    assert DESTINATION.page([event()]) == DESTINATION.page([conversion]) == "\n".join([DESTINATION.page_code(), DESTINATION.event_code(conversion)])


def test_what_identify_sets_has_no_image_but_is_on_those_that_follow():
    """As with the calls: `set` alone sends nothing."""
    identify = {"type": "identify", "messageId": "m-0", "traits": {"email": "ann@example.com"}}
    found = read(DESTINATION.page([identify, event()]))
    em = DESTINATION.transform(identify).pintrk[0][1]["em"]

    assert [image.get("pd[em]") for image in found.images] == [None, em]
    assert calls(found.scripts[1])[0] == ["set", {"em": em}]


@pytest.mark.parametrize("make", [lambda d: d.page_code(), lambda d: d.event_code(Conversion(pintrk=[LEAD])), lambda d: d.page([])])
def test_without_a_tag_id_the_setting_is_named(make):
    """The script of a conversion needs none."""
    destination = Destination({})

    with pytest.raises(SettingsError, match="/tag_id: found nothing"):
        make(destination)


@pytest.mark.parametrize("load", [[], [["setconsent", False]], [["page"]]])
def test_where_no_tag_is_loaded_there_is_no_code(load):
    """Calls of a tag that is not there would be errors."""
    assert code.base(load) == code.event(load, [LEAD]) == code.page(load, [[LEAD]]) == ""


# -- consent


@pytest.mark.parametrize(
    ("load", "images"),
    [
        ([["setconsent", True], *LOAD], ["init", "lead"]),
        ([["setconsent", False], *LOAD], []),
        ([LOAD[0], ["setconsent", False], LOAD[1]], []),
        ([*LOAD, ["setconsent", False]], ["init"]),
        ([["setconsent", "true"], *LOAD], []),
    ],
)
def test_without_consent_there_is_no_image(load, images):
    """An image cannot ask; the scripts hold every call, in order."""
    found = read(code.page(load, [[LEAD]]))

    assert [image["event"] for image in found.images] == images
    assert [call for script in found.scripts for call in calls(script)] == [*load, LEAD]


def test_consent_given_on_the_way_counts_from_there():
    """Here within the page's events."""
    found = read(code.page([["setconsent", False], *LOAD], [[LEAD], [["setconsent", True]], [LEAD]]))

    assert [image["event"] for image in found.images] == ["lead"]


# -- limited data processing


@pytest.mark.parametrize(
    ("load", "events", "expected"),
    [
        (LOAD, [[LEAD], [LEAD]], [LEAD, LEAD]),
        (LOAD, [[LDP, LEAD], [LEAD], [LEAD]], [LDP, LEAD, BLANKS, LEAD, LEAD]),
        (LOAD, [[LDP, LEAD, LEAD], [LDP, LEAD]], [LDP, LEAD, LEAD, LDP, LEAD]),
        (LOAD, [[LDP, LEAD], [], [LEAD]], [LDP, LEAD, BLANKS, LEAD]),
        (LOAD, [[LDP], [["set", {"em": "ab" * 32}]], [LEAD]], [LDP, BLANKS, ["set", {"em": "ab" * 32}], LEAD]),
        (LOAD, [[LDP, LEAD], [BLANKS, LEAD], [LEAD]], [LDP, LEAD, BLANKS, LEAD, LEAD]),
        ([["load", TAG, LDP[1]], ["page"]], [[LEAD], [LDP, LEAD], [LEAD]], [LEAD, LDP, LEAD, LEAD]),
    ],
    ids=["never", "once", "again", "nothing between", "identify", "taken back already", "from the start"],
)
def test_limited_data_processing_is_taken_back_before_an_event_without_it(load, events, expected):
    """With three blanks, once; never where the page has started with it."""
    found = read(code.page(load, events))

    assert calls(found.scripts[1]) == expected
    limited = load[0][2:] != []
    for call in expected:
        limited = call[1]["opt_out_type"] == "LDP" if "opt_out_type" in call[1] else limited
    assert ("pd[opt_out_type]" in found.images[-1]) is limited


# -- nonce


def test_a_nonce_stays_in_its_attribute():
    """Whatever it holds, on both scripts; a template's placeholder, too."""
    for nonce in (*TEXTS, "{{ csp_nonce }}"):
        assert read(DESTINATION.page([event()], nonce=nonce)).nonces == [nonce, nonce]


@pytest.mark.parametrize(
    "make",
    [
        lambda nonce: DESTINATION.page_code(nonce=nonce),
        lambda nonce: DESTINATION.page([], nonce=nonce),
        lambda nonce: DESTINATION.event_code(Conversion(pintrk=[LEAD]), nonce=nonce),
        lambda nonce: DESTINATION.event_code(Conversion(), nonce=nonce),
        lambda nonce: Conversion(pintrk=[LEAD]).script(nonce),
        lambda nonce: Conversion().script(nonce),
        lambda nonce: code.event([], [], nonce),
    ],
    ids=["page_code", "page", "event_code", "event_code of nothing", "script", "script of nothing", "no tag"],
)
@pytest.mark.parametrize(
    ("nonce", "found"),
    [
        ("", "blank text"), (" ", "blank text"), (b"abc", "bytes"), (False, "bool"), (1, "int"), (jinja2.Undefined(), "Undefined"), (Conversion().script, "method"),
        ("a\ud800", r"text that is no Unicode \(a lone surrogate\)"), ("\udfffa", r"text that is no Unicode \(a lone surrogate\)"),
    ],
)  # fmt: skip
def test_a_nonce_that_is_none_is_refused(make, nonce, found):
    """It would let nothing run, and stands there because something is missing or mistaken; also where there is no script now."""
    with pytest.raises(ValueError, match=f"^nonce: found {found}; expected the text "):
        make(nonce)


def test_a_nonce_may_be_lazy():
    """As Django's is: an object that is text once it is asked, and says so."""

    class Lazy:
        __class__: Any = property(lambda _: str)

        def __str__(self):
            return "abc"

    lazy: Any = Lazy()

    assert DESTINATION.page_code(nonce=lazy) == DESTINATION.page_code(nonce="abc")


# -- safe as it stands


def test_templates_do_not_escape_it_again():
    """Jinja and Django ask `__html__`; what is added to the code counts as plain text again."""
    template = jinja2.Environment(autoescape=True).from_string("{{ code }}")

    assert template.render(code=DESTINATION.page_code()) == DESTINATION.page_code()
    assert all(isinstance(made, PageCode) for made in (DESTINATION.page_code(), DESTINATION.page([]), Conversion().script(), DESTINATION.event_code(Conversion(pintrk=[LEAD]))))
    assert template.render(code=DESTINATION.page_code() + "<b>").startswith("&lt;script&gt;")


def test_templates_and_tag_managers_find_no_variables_in_it():
    """Code that is pasted into a template means what it meant before: as a template it gives itself."""
    made = DESTINATION.page([Conversion(pintrk=[["track", text, {"event_id": text}] for text in TEXTS])])

    assert jinja2.Environment(autoescape=True).from_string(made).render() == made
    assert [mark for mark in ("{{", "${", "<%", "<?", "#{") if mark in made] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (35, "35"), (0.1, "0.1"), (True, "true"), (None, "null"), ([1, "a"], '[1, "a"]'), ((), "[]"), ({}, "{}"), ("é", '"\\u00e9"'), ("\ud800", '"\\ud800"'),
        ("</script>", '"\\u003c/script\\u003e"'), ("<!--", '"\\u003c!--"'), ("\u2028", '"\\u2028"'), ("a&b", '"a\\u0026b"'), ("{{a}}", '"\\u007b\\u007ba}}"'), ('"\'\\', '"\\"\'\\\\"'),
        ({"__proto__": {"a": 1}}, '{["__proto__"]: {"a": 1}}'),
    ],
)  # fmt: skip
def test_a_value_is_written_as_javascript(value, text):
    """JSON, in ASCII, without what HTML or templates might take for theirs."""
    assert literal(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"x", {1, 2}])
def test_what_json_has_not_is_refused(value):
    """`transform` gives none of it."""
    with pytest.raises((ValueError, TypeError)):
        literal(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [("a b&c=d", "a%20b%26c%3Dd"), ("é/", "%C3%A9%2F"), (True, "true"), (False, "false"), (10.0, "10"), (1e-7, "0.0000001"), (1e21, "1" + "0" * 21), (1e60, "1e%2B60"), ("\ud800", "%3F")],
)
def test_a_value_is_written_as_part_of_a_url(value, text):
    """UTF-8 percent-encoded; numbers as people write them, as long as that is short."""
    assert url_part(value) == text


# -- long URLs


def test_a_url_that_is_too_long_loses_the_products_first():
    """A part of them would be wrong; value and id still arrive."""
    data = {"event_id": "m", "value": 5, "search_query": "q", "line_items": [{"product_id": f"P-{number}"} for number in range(100)]}
    found = read(code.event(LOAD, [["track", "Checkout", data]]))

    assert found.images == [{"event": "checkout", "tid": TAG, "ed[event_id]": "m", "ed[value]": "5", "ed[search_query]": "q", "noscript": "1"}]
    assert calls(found.scripts[0]) == [["track", "Checkout", data]]


def test_then_the_longest_values_and_the_id_last():
    """Nothing is cut in two."""
    data = {"event_id": "m" * 1500, "a": "x" * 1600, "b": "y" * 300, "c": "z"}
    ids = [{name: len(text) for name, text in image.items() if name.startswith("ed")} for image in read(code.event(LOAD, [["track", "Lead", data]])).images]
    too_long = read(code.event(LOAD, [["track", "Lead", {"event_id": "m" * 2000}]])).images

    assert ids == [{"ed[event_id]": 1500, "ed[b]": 300, "ed[c]": 1}]
    assert too_long == [{"event": "lead", "tid": TAG, "noscript": "1"}]


def test_blanks_are_not_on_an_image():
    """Null, and text without content."""
    found = read(code.event(LOAD, [["track", "Lead", {"event_id": "m", "a": "", "b": None, "c": [], "d": 0}]]))

    assert json.dumps(found.images) == json.dumps([{"event": "lead", "tid": TAG, "ed[event_id]": "m", "ed[d]": "0", "noscript": "1"}])
