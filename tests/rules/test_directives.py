"""Mapping directives: what each gives, what is refused, and that nothing is raised or changed."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.errors import MappingError
from pinterest_destination.rules import _js, _work
from pinterest_destination.rules._directive_faults import CHECKS, MAX_DEPTH
from pinterest_destination.rules.directives import ABSENT, ROOT, TooMuch, compile_mapping, mapping_faults, paths_read

EVENT: dict[str, Any] = {
    "type": "track",
    "n": None,
    "zero": 0,
    "text": "a.b.c",
    "blank": "",
    "on": True,
    "price": 10.0,
    "rows": [{"id": "p-1", "n": None}, None, 7, "abc"],
    "deep": {"a": {"b": [1, {"c": 2}], "e": {}}, "d": None},
    "names": ["Ann", None, ["Bo"]],
    "json": '{"a": [1]}',
    "sp ace": {"x": 1},
}


def made(mapping, event=EVENT):
    """Resolve one value of a mapping; ABSENT where it gives none."""
    return compile_mapping({"value": mapping})(event).get("value", ABSENT)


P = {"@path": "$.text"}


@pytest.mark.parametrize(
    ("mapping", "value"),
    [
        ({"@path": "$.deep.a.b[0]"}, 1),
        ({"@path": "deep['a'].b.1.c"}, 2),
        ({"@path": "$.n.x"}, None),
        ({"@path": "$.zero.x"}, 0),
        ({"@path": "$.missing.x"}, ABSENT),
        ({"@path": "$"}, ABSENT),
        ({"@path": "$.sp ace.x"}, 1),
        ({"@path": "$.rows.length"}, 4),
        ({"@path": "$.text.length"}, 5),
        ({"@path": "$.text[0]"}, "a"),
        ({"@path": "$.text.9"}, ABSENT),
        ({"@path": "$.text.01"}, ABSENT),
        ({"@path": "$.rows.9"}, ABSENT),
        ({"@path": "$.rows.-1"}, ABSENT),
        ({"@path": "$.price.length"}, ABSENT),
        ({"@path": "$.text.constructor.name"}, ABSENT),
        ({"@path": {"@template": "{{type}}"}}, ABSENT),
        ({"@path": {"@path": "$.price"}}, ABSENT),
        ({"@template": "{{type}}:{{{ deep.a.b.0 }}}:{{n}}:{{missing}}:{{price}}:{{on}}"}, "track:1:::10:true"),
        ({"@template": "{{$.type}}{{}}{{type"}, "{{}}{{type"),
        ({"@template": "{{names}} {{deep}}"}, "Ann,,Bo [object Object]"),
        ({"@template": {"@path": "$.text"}}, "a.b.c"),
        ({"@template": {"@path": "$.price"}}, ABSENT),
        ({"@if": {"exists": {"@path": "$.n"}, "then": 1, "else": 2}}, 2),
        ({"@if": {"exists": {"@path": "$.zero"}, "then": 0}}, 0),
        ({"@if": {"exists": {"@path": "$.n"}, "then": 1}}, ABSENT),
        ({"@if": {"exists": {"@path": "$.n"}, "then": 1, "else": 0}}, ABSENT),
        ({"@if": {"exists": {"@path": "$.blank"}, "blank": {"@path": "$.blank"}, "then": 1, "else": 2}}, 1),
        ({"@if": {"blank": {"@path": "$.blank"}, "then": 1, "else": 2}}, 2),
        ({"@if": {"blank": {"@literal": [""]}, "then": 1, "else": 2}}, 2),
        ({"@if": {"blank": {"@literal": [1]}, "then": 1, "else": 2}}, 1),
        ({"@if": {"blank": {"@path": "$.deep.a.e"}, "then": 1, "else": 2}}, 1),
        ({"@case": {"operator": "upper", "value": "straße"}}, "STRASSE"),
        ({"@case": {"operator": "lower", "value": 0}}, ABSENT),
        ({"@case": {"operator": "lower"}}, ABSENT),
        ({"@case": {"operator": "lower", "value": {"a": {"@path": "$.missing"}}}}, {}),
        ({"@replace": {"pattern": ".", "replacement": "$&$$", "value": P}}, "a.$b.$c"),
        ({"@replace": {"pattern": "b", "replacement": "[$`$']", "value": P}}, "a.[a..c].c"),
        ({"@replace": {"pattern": "b", "replacement": "$1", "value": P}}, "a.$1.c"),
        ({"@replace": {"pattern": "B", "ignorecase": True, "pattern2": ".", "replacement2": "-", "global": False, "value": P}}, "a-.c"),
        ({"@replace": {"pattern": "1", "replacement": "2", "value": {"@path": "$.price"}}}, "20"),
        ({"@replace": {"pattern": "1", "value": {"@path": "$.rows"}}}, ""),
        ({"@arrayPath": ["$.rows", {"id": {"@path": "$.id"}}]}, [{"id": "p-1"}, {"id": None}, {}, {}]),
        ({"@arrayPath": ["$.rows", {"@path": "$.id"}]}, ["p-1", None, None, None]),
        ({"@arrayPath": ["$.deep", {"d": {"@path": "$.d"}}]}, [{"d": None}]),
        ({"@arrayPath": ["$.text", {"a": 1}]}, "a.b.c"),
        ({"@arrayPath": ["$.missing", {"a": 1}]}, ABSENT),
        ({"@arrayPath": ["$.rows", {}]}, EVENT["rows"]),
        ({"@arrayPath": [{"@path": "$.rows"}]}, EVENT["rows"]),
        ({"@literal": {"a": {"@path": "$.type"}, "b": {"@path": "$.missing"}}}, {"a": "track"}),
        ({"@flatten": {"separator": "_", "value": {"@path": "$.deep"}}}, {"a_b_0": 1, "a_b_1_c": 2, "d": None}),
        ({"@flatten": {"separator": "_", "value": {"@path": "$.deep"}, "omitArrays": True}}, {"a_b": [1, {"c": 2}], "d": None}),
        ({"@flatten": {"separator": "_", "value": 5}}, {"": 5}),
        ({"@flatten": {"separator": "_", "value": {"@path": "$.missing"}}}, {}),
        ({"@json": {"mode": "encode", "value": {"a": 10.0, "b": ["é\ud800", None, True], "c": {"@path": "$.missing"}}}}, '{"a":10,"b":["é\\ud800",null,true]}'),
        ({"@json": {"mode": "decode", "value": {"@path": "$.json"}}}, {"a": [1]}),
        ({"@json": {"mode": "decode", "value": {"@path": "$.zero"}}}, 0),
        ({"@json": {"mode": "decode", "value": "NaN"}}, "NaN"),
        ({"@json": {"mode": "Encode", "value": 1}}, ABSENT),
        ({"@merge": {"direction": "right", "objects": [{"a": 1, "b": 2}, {"a": {"@path": "$.missing"}}, None, {"@path": "$.missing"}]}}, {"b": 2}),
        ({"@merge": {"direction": "left", "objects": [{"a": 1}, {"a": 2, "c": 3}]}}, {"a": 1, "c": 3}),
        ({"@merge": {"direction": "right", "objects": ["ab", ["x"], {"@path": "$.price"}]}}, {"0": "x", "1": "b"}),
        ({"@merge": {"direction": "right", "objects": [{"a": 1}, {"@merge": {"direction": "right", "objects": [{"a": {"@path": "$.missing"}}]}}]}}, {}),
        ({"@merge": {"direction": "right", "objects": [{"a": 1}, {"@if": {"exists": P, "then": {"a": {"@path": "$.missing"}}}}]}}, {}),
        ({"@transform": {"apply": {"x": P}, "mapping": {"y": {"@path": "$.x"}, "z": {"@path": "$.type"}}}}, {"y": "a.b.c"}),
        ({"@excludeWhenNull": {"@path": "$.n"}}, ABSENT),
        ({"@excludeWhenNull": {"@path": "$.deep"}}, {"a": EVENT["deep"]["a"]}),
        ({"@excludeWhenNull": {"@path": "$.rows"}}, EVENT["rows"]),
        ([{"@path": "$.missing"}, {"@path": "$.type"}], [None, "track"]),
        ({"@template": "{{type}}", "_metadata": {"label": "x"}}, "track"),
    ],
)
def test_a_directive_gives_what_segments_gives(mapping, value):
    """One value of a mapping, for one event."""
    found = made(mapping)

    assert found == value
    assert type(found) is type(value)


def test_a_directive_for_the_root_takes_the_rest_in():
    """Its mapping is all that stands beside it."""
    mapping = {"__segment_internal_directive": {"@transform": {"apply": {"x": {"@path": "$.type"}}}}, "y": {"@path": "$.x"}}

    assert compile_mapping(mapping)(EVENT) == {"y": "track"}
    assert [fault.pointer for fault in mapping_faults({**mapping, "z": {"@pth": 1}}, "/m")] == ["/m/z/@pth"]
    assert [fault.pointer for fault in mapping_faults({"__segment_internal_directive": 5}, "/m")] == ["/m/__segment_internal_directive"]
    assert [fault.pointer for fault in mapping_faults({"a": {"@transform": {"apply": {"__segment_internal_directive": None}, "mapping": {}}}})] == ["/a/@transform/apply/__segment_internal_directive"]
    assert [fault.pointer for fault in mapping_faults({"__segment_internal_directive": {"@transform": {}}})] == ["/__segment_internal_directive/@transform/apply"]


def nested(levels):
    """A mapping of that many levels."""
    mapping: dict[str, Any] = {}
    for _ in range(levels):
        mapping = {"a": mapping}
    return mapping


@pytest.mark.parametrize(
    ("mapping", "faults"),
    [
        ({"@pth": "x"}, ["/m/@pth: the unknown directive @pth (@path)"]),
        ({"a": [{"@liquid": "x"}]}, ["/m/a/0/@liquid: the directive @liquid, which is not run here"]),
        ({"a/b": {"@path": 5}, "c": {"@template": {}}}, ["/m/a~1b/@path: a number", "/m/c/@template: an object"]),
        ({"a": {"@path": "x", "other": 1}}, ["/m/a: the directive @path beside other"]),
        ({"a": {"@if": {"then": 1}}}, ["/m/a/@if: neither exists nor blank"]),
        ({"a": {"@if": {"exists": 0, "blank": ""}}}, ["/m/a/@if: neither exists nor blank"]),
        ({"a": {"@if": []}}, ["/m/a/@if: a list"]),
        ({"a": {"@case": {"operator": "uper"}}}, ["/m/a/@case/operator: 'uper' (upper)"]),
        ({"a": {"@case": {"value": 1}}}, ["/m/a/@case/operator: nothing"]),
        ({"a": {"@case": {"operator": 1}}}, ["/m/a/@case/operator: a number"]),
        ({"a": {"@case": {"@path": "x"}}}, ["/m/a/@case: the directive @path"]),
        ({"a": {"@replace": {"pattern": "", "replacement": "x" * 11, "global": 1}}}, ["/m/a/@replace/pattern: text of 0 characters", "/m/a/@replace/value: nothing", "/m/a/@replace/replacement: text of 11 characters", "/m/a/@replace/global: a number"]),
        ({"a": {"@replace": {"pattern": None, "value": 1}}}, ["/m/a/@replace/pattern: null"]),
        ({"a": {"@arrayPath": []}}, ["/m/a/@arrayPath: an empty list"]),
        ({"a": {"@arrayPath": "x"}}, ["/m/a/@arrayPath: text"]),
        ({"a": {"@arrayPath": [True, {"b": {"@pth": 1}}]}}, ["/m/a/@arrayPath/0: a boolean", "/m/a/@arrayPath/1/b/@pth: the unknown directive @pth (@path)"]),
        ({"a": {"@flatten": {"separator": ""}}}, ["/m/a/@flatten/separator: text of 0 characters", "/m/a/@flatten/value: nothing"]),
        ({"a": {"@json": {"mode": "oops", "value": 1}}}, ["/m/a/@json/mode: 'oops'"]),
        ({"a": {"@merge": {"objects": [1, {}, False], "direction": "up"}}}, ["/m/a/@merge/objects/0: a number", "/m/a/@merge/objects/2: a boolean", "/m/a/@merge/direction: 'up'"]),
        ({"a": {"@merge": {"objects": {}}}}, ["/m/a/@merge/objects: an object", "/m/a/@merge/direction: nothing"]),
        ({"a": {"@transform": {"apply": 1, "mapping": {"b": {"@path": 1}}}}}, ["/m/a/@transform/apply: a number", "/m/a/@transform/mapping/b/@path: a number"]),
        ({"a": object}, ["/m/a: a Python type"]),
        (nested(MAX_DEPTH), [f"/m{'/a' * MAX_DEPTH}: nesting of more than 64 levels"]),
    ],
)
def test_every_fault_of_a_mapping_is_told_with_its_place(mapping, faults):
    """Before any event comes: pointer, what stands there, and what was probably meant."""
    told = mapping_faults(mapping, "/m")

    assert [f"{fault.pointer}: {fault.found}" + (f" ({fault.suggestion})" if fault.suggestion else "") for fault in told] == faults
    with pytest.raises(MappingError):
        compile_mapping(mapping, "/m")


def test_a_fault_holds_no_value_of_the_mapping():
    """A constant may be somebody's address."""
    told = mapping_faults({"a": {"@replace": {"pattern": "jane@example.com", "value": {"@path": ["jane@example.com"]}}}})

    assert told
    assert "jane" not in str(told)


def test_there_are_thirteen_directives():
    """All of Segment's, the one that is refused included."""
    assert len(CHECKS) == 13


def test_what_becomes_text_may_be_hidden_before():
    """@json takes what the caller makes of a value, and gives nothing where that goes too deep; other directives take the value."""

    def hide(value):
        if value == "deep":
            raise RecursionError
        return "hidden"

    resolve = compile_mapping({"a": {"@json": {"mode": "encode", "value": {"@path": "$.x"}}}, "b": {"@path": "$.x"}}, hide=hide)

    assert resolve({"x": "phone"}) == {"a": '"hidden"', "b": "phone"}
    assert resolve({"x": "deep"}) == {"b": "deep"}


def test_a_mapping_says_what_it_reads():
    """Paths as they are written, in order."""
    mapping = {"a": {"@if": {"exists": {"@path": "$.x"}, "then": {"@template": "{{y}} {{{ z }}}"}}}, "b": [{"@arrayPath": ["$.rows", {"c": {"@path": "$.id"}}]}], "d": "text"}

    assert paths_read(mapping) == ["$.x", "y", "z", "$.rows", "$.id"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e21, "1e+21"), (1e-7, "1e-7"), (1.5e-7, "1.5e-7"), (1e16, "10000000000000000"), (0.00001, "0.00001"), (-0.0, "0"), (math.inf, "Infinity"), (-math.inf, "-Infinity"), (math.nan, "NaN"), (12345678901234567890, "12345678901234567890"), (10**400, "Infinity"), (-(10**400), "-Infinity"), (10**22, "1e+22"), (Decimal("10.50"), "10.5"), (ABSENT, "undefined"), (None, "null"), pytest.param(object(), "[object Object]", id="object")],
    ids=lambda value: str(value)[:30] if not isinstance(value, int) else "number",
)
def test_a_value_is_written_as_javascript_does(value, text):
    """But for whole numbers, which keep their digits where JavaScript rounds them."""
    assert _js.text(value) == text


def deep(levels):
    """An event of many levels."""
    value: dict[str, Any] = {"b": 1}
    for _ in range(levels):
        value = {"a": value}
    return value


EVERY: dict[str, Any] = {
    "path": {"@path": "$.a.a"},
    "template": {"@template": "{{a}} {{a.0}}"},
    "if": {"@if": {"blank": {"@path": "$.a"}, "then": {"@path": "$.a"}, "else": {"@path": "$.b"}}},
    "case": {"@case": {"operator": "upper", "value": {"@path": "$.a"}}},
    "replace": {"@replace": {"pattern": "a", "replacement": "$&", "value": {"@path": "$.a"}}},
    "array": {"@arrayPath": ["$.a", {"x": {"@path": "$.a"}, "y": {"@template": "{{b}}"}}]},
    "flatten": {"@flatten": {"separator": ".", "value": {"@path": ""}}},
    "encode": {"@json": {"mode": "encode", "value": {"@path": ""}}},
    "decode": {"@json": {"mode": "decode", "value": {"@path": "$.a"}}},
    "merge": {"@merge": {"direction": "left", "objects": [{"@path": "$.a"}, {"@path": "$.b"}]}},
    "transform": {"@transform": {"apply": {"a": {"@path": "$.b"}}, "mapping": {"b": {"@path": "$.a"}}}},
    "null": {"@excludeWhenNull": {"@path": ""}},
    "dynamic": {"@path": {"@path": "$.a"}},
    "dynamic template": {"@template": {"@path": "$.a"}},
}


def test_a_value_that_is_too_deep_gives_nothing():
    """What walks the whole value stops; the rest of the mapping is made."""
    listed: list[Any] = []
    for _ in range(20_000):
        listed = [listed]
    made = compile_mapping(EVERY)(deep(20_000))

    assert {"flatten", "encode", "null"}.isdisjoint(made)
    assert {"path", "template", "if", "array"} <= {*made}
    assert compile_mapping(EVERY)({"a": listed})["template"] == " "
    assert made["decode"] is made["case"]
    assert compile_mapping(EVERY)({"a": "[" * 50_000})["decode"] == "[" * 50_000


TWICE = {"x": [{"@path": "$.x"}, {"@path": "$.x"}]}


def again(mapping, times):
    """A mapping that is given twice what it was given, so many times over."""
    for _ in range(times):
        mapping = {"@transform": {"apply": TWICE, "mapping": mapping}}
    return mapping


ENDLESS: dict[str, Any] = {
    "kept as it is": again({"y": {"@path": "$.x"}}, 20),
    "written as JSON": {"y": {"@json": {"mode": "encode", "value": again({"y": {"@path": "$.x"}}, 19)}}},
    "written as text": {"y": again({"@template": "{{x}}"}, 20)},
    "asked whether it is blank": {"y": again({"@if": {"blank": {"@path": "$.x"}, "then": 1}}, 20)},
    "flattened": {"y": {"@flatten": {"separator": "-", "value": again({"y": {"@path": "$.x"}}, 19)}}},
    "cleaned of nulls": {"y": {"@excludeWhenNull": {"@path": "$.shared"}}},
    "texts without end": {"y": {"@template": "{{long}}" * 500}},
    "replaced by all that follows": {"y": {"@replace": {"pattern": "a", "replacement": "$'$'$'$'$'", "value": {"@path": "$.long"}}}},
    "rows of rows": {"y": {"@arrayPath": ["$.rows", {"z": {"@arrayPath": ["$.rows", {"@literal": 1}]}}]}},
    "the same in many places": {"y": [{"@path": "$.long"}] * 1000},
}


def shared(levels):
    """An object that holds another twice, which holds another twice, and so on."""
    node: dict[str, Any] = {"n": 1}
    for _ in range(levels):
        node = {"a": node, "b": node}
    return node


PLACES = {
    "written as JSON": "/y/@json",
    "flattened": "/y/@flatten",
    "cleaned of nulls": "/y/@excludeWhenNull",
    "texts without end": "/y/@template",
    "replaced by all that follows": "/y/@replace",
    "rows of rows": "/y/@arrayPath/1/z/@arrayPath",
    "the same in many places": "/y",
    "by the root's directive": "/y/@template",
    "in what the root's directive applies": f"/{ROOT}/@transform/apply/y/@template",
}
ENDLESS |= {
    "by the root's directive": {ROOT: {"@transform": {"apply": {"long": {"@path": "$.long"}}}}, "y": {"@template": "{{long}}" * 500}},
    "in what the root's directive applies": {ROOT: {"@transform": {"apply": {"y": {"@template": "{{long}}" * 500}}}}, "y": 1},
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_would_never_end_is_stopped(name, monkeypatch):
    """However a mapping makes much of a small event; with the next event it begins anew. (The limit is a lower one, for a short test.)"""
    monkeypatch.setattr(_work, "MAX_WORK", 50_000)
    rows: list[Any] = [{"n": n} for n in range(3000)]
    for row in rows:
        row["rows"] = rows
    resolve = compile_mapping(ENDLESS[name], "/m")

    with pytest.raises(TooMuch, match="more than 50,000 rows") as error:
        resolve({"x": [1, 2], "long": "a" * 10_000, "rows": rows, "shared": shared(60)})
    assert error.value.place == f"/m{PLACES[name]}" if name in PLACES else error.value.place.startswith("/m")
    assert (ROOT not in ENDLESS[name] and "@transform" in repr(ENDLESS[name])) or "y" in resolve({"long": "", "rows": [], "shared": {}})


def test_a_root_that_grows_is_stopped_at_the_root():
    """A directive of the root may give a list, which has no keys to be told by."""
    resolve = compile_mapping({ROOT: {"@json": {"mode": "decode", "value": again({"@path": "$.x"}, 20)}}})

    with pytest.raises(TooMuch) as error:
        resolve({"x": [1, 2]})
    assert error.value.place == ""


def test_a_large_order_is_not_too_much():
    """Of thousands of products, each with its texts."""
    products = [{"product_id": f"p-{n}", "name": "x" * 60, "price": 1.5} for n in range(5000)]
    contents = {"@arrayPath": ["$.properties.products", {"id": {"@path": "$.product_id"}, "item_name": {"@path": "$.name"}, "item_price": {"@path": "$.price"}}]}

    assert len(compile_mapping({"contents": contents})({"properties": {"products": products}})["contents"]) == 5000


def test_threads_do_not_take_from_each_other():
    """Each event may take all the work that there is, wherever it is worked at."""
    resolve = compile_mapping({"y": {"@template": "{{long}}" * 100}})
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(resolve, [{"long": "a" * 6000}] * 40))

    assert {type(each) for each in made} == {dict}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0", "@path", "length"]), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.property
@given(json_values)
def test_a_mapping_never_raises_for_an_event_and_never_changes_it(event):
    """Whatever the event is; and what comes out has no value that JSON lacks."""
    resolve = compile_mapping(EVERY)
    before = deepcopy(event)
    result = resolve(event)

    assert repr(event) == repr(before)
    assert result is ABSENT or json.dumps(result)


PARTS = ["@path", "@template", "@if", "@case", "@replace", "@arrayPath", "@literal", "@flatten", "@json", "@merge", "@transform", "@excludeWhenNull", "@liquid", "@oops"]
KEYS = ["exists", "blank", "then", "else", "operator", "value", "pattern", "replacement", "separator", "mode", "objects", "direction", "apply", "mapping", "_metadata", "__segment_internal_directive", "a"]
mappings = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["$.a", "$.b.0", "{{a}}", "lower", "upper", "encode", "decode", "left", "right", "x", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4) | st.tuples(st.sampled_from(PARTS), inner | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)).map(lambda pair: {pair[0]: pair[1]}),
    max_leaves=12,
)


@pytest.mark.property
@given(mappings, json_values)
def test_any_json_is_a_mapping_or_has_faults(mapping, event):
    """A mapping without faults compiles, and what it gives for any event is JSON; one with faults does not compile."""
    faults = mapping_faults(mapping, "/m")
    if faults:
        assert all(fault.pointer.startswith("/m") for fault in faults)
        with pytest.raises(MappingError):
            compile_mapping(mapping)
    else:
        before = deepcopy([mapping, event])
        result = compile_mapping(mapping)(event)

        assert repr([mapping, event]) == repr(before)
        assert result is ABSENT or json.dumps(result)
