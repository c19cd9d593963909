"""Write what a plan does as code: fields, items, and the objects of each channel.

In the code a field's value has the field's own name; what the engine needs begins with an underscore,
constants are in capitals, transforms begin with `as_`.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import groupby
from types import MappingProxyType
from typing import Any

from ..errors import Channel, problem
from ..rules.model import (
    Condition,
    DigestSource,
    Entry,
    GiveSource,
    ItemEntries,
    Items,
    ItemsSource,
    Note,
    NowSource,
    OutputObject,
    SettingSource,
)
from ..rules.transforms import OUTPUTS
from ..rules.values import is_blank
from . import runtime
from .resolve import FieldPlan, ObjectPlan, Resolver, Step
from .runtime import Way
from .writer import Function


def local(field: str) -> str:
    """The local variable of a field: its name, unless the code needs that for something else. No field's name ends in an underscore."""
    taken = keyword.iskeyword(field) or field in CALLED or field.startswith(("as_", "find_", "write_")) or field.endswith("_dotted")
    return f"{field}_" if taken else field


RUNTIME: Mapping[str, Any] = MappingProxyType(
    {
        **{name: getattr(runtime, name) for name in ("NOTHING", "again", "at", "an_object", "says", "digest_of", "collect", "each", "total", "beside", "tracks", "events")},
        **{f"write_{name}": function for name, function in OUTPUTS.items()},
        "is_blank": is_blank,
        "int": int,
        "isinstance": isinstance,
        "dict": dict,
        "len": len,
        "list": list,
        "zip": zip,
    }
)
"""What generated code calls."""

CALLED = frozenset({*RUNTIME, "item"})


# -- fields


def field(code: Function, plan: FieldPlan, resolver: Resolver, item_parts: Sequence[str] = ()) -> None:
    """Write how *plan*'s value is found: step by step, until one gives a value."""
    name = local(plan.name)
    code.line(f"# {plan.name}")
    for n, steps in enumerate(_together(plan.steps)):
        if n == 0:
            _step(code, name, steps, resolver, item_parts, first=True)
        else:
            with code.block(f"if {name} is None:"):
                _step(code, name, steps, resolver, item_parts)
    if not plan.steps:
        code.line(f"{name} = None")
    if plan.default is not None:
        code.line(f"if {name} is None: {name} = {plan.default!r}")


Together = tuple[Way, ...] | list[GiveSource] | SettingSource | ItemsSource | DigestSource | NowSource
"""A step, or all constants that follow each other."""


def _together(steps: Iterable[Step]) -> Iterator[Together]:
    """Yield the steps in order, constants that follow each other as one."""
    for _, group in groupby(steps, lambda step: isinstance(step, GiveSource)):
        members = list(group)
        gives = [step for step in members if isinstance(step, GiveSource)]
        yield from [gives] if gives else [step for step in members if not isinstance(step, GiveSource)]


def _step(code: Function, name: str, step: Together, resolver: Resolver, item_parts: Sequence[str], *, first: bool = False) -> None:
    if isinstance(step, list):
        _gives(code, name, step, first=first)
    elif isinstance(step, tuple) and step[0].events:
        _for_events(code, name, step, first=first)
    elif isinstance(step, tuple):
        _ways(code, name, step, first=first)
    elif isinstance(step, NowSource):
        code.line(f"{name} = int(_now)")
    elif isinstance(step, SettingSource):
        code.line(f"{name} = {code.module.constant(step.name.upper(), resolver.setting(step.name))}")
    elif isinstance(step, ItemsSource):
        code.line(f"{name} = {_of_items(step, item_parts)} if _items else None")
    else:
        _digest(code, name, step)


def _ways(code: Function, name: str, ways: tuple[Way, ...], *, first: bool) -> None:
    """Take the first value that is present; where it cannot be used as it stands, go the slow way through all of them."""
    made = ways[0].transform
    apply = code.module.constant(f"as_{made.name}", made.apply, f"takes {made.expects}")
    code.open_any([test for place, group in groupby((code.get(way.path) for way in ways), _place) for test in _present(place, list(group))])
    code.depth += 1
    code.line(f"{name} = {apply}(_raw)")
    if not made.quiet:
        constant = code.module.constant(f"{name.upper()}_WAYS", ways)
        code.line(f"if {name} is None: {name} = again({constant}, {code.root}, _problems{code.where})")
    code.depth -= 1
    if first:
        code.line(f"else: {name} = None")


def _of_items(step: ItemsSource, item_parts: Sequence[str]) -> str:
    if step.operation == "count":
        return "len(_items)"
    column = f"_columns[{item_parts.index(step.of)}]"
    return f"total({column})" if step.operation == "sum" else f"[_value for _value in {column} if _value is not None] or None"


def _for_events(code: Function, name: str, ways: tuple[Way, ...], *, first: bool) -> None:
    """Go some ways only where the event becomes one of a few."""
    if first:
        code.line(f"{name} = None")
    tests = [f"{event.name!r} in _capi" for event in ways[0].events] + [f"{event.tag!r} in _browser" for event in ways[0].events if event.tag]
    with code.block(f"if {' or '.join(tests)}:"):
        _ways(code, name, ways, first=False)


OFTEN_THERE = ("", "_event", "_row", "_properties", "_context")
"""Objects that nearly every event has."""


def _place(expression: str) -> str:
    """The object that an expression looks into."""
    return expression.partition(".get(")[0] if ".get(" in expression else ""


def _present(place: str, expressions: list[str]) -> list[str]:
    """Test for the first value that is present; one look is enough for an object that an event often lacks."""
    tests = [f"(_raw := {expression}) is not None" for expression in expressions]
    return tests if place in OFTEN_THERE or len(tests) == 1 else [f"{place} and ({' or '.join(tests)})"]


def _gives(code: Function, name: str, steps: Sequence[GiveSource], *, first: bool) -> None:
    """Take the constant of the first of *steps* whose conditions hold; what follows one without conditions never counts."""
    if not _tests(code, steps[0]):
        _given(code, name, steps[0])
        return
    for n, step in enumerate(steps):
        tests = _tests(code, step)
        with code.block(f"{'elif' if n else 'if'} {' and '.join(tests)}:" if tests else "else:"):
            _given(code, name, step)
        if not tests:
            return
    if first:
        code.line(f"else: {name} = None")


def _tests(code: Function, step: GiveSource) -> list[str]:
    return [_condition(code, c) for c in step.when] + [f"not {_condition(code, c)}" for c in step.unless]


def _given(code: Function, name: str, step: GiveSource) -> None:
    code.line(f"{name} = {step.value!r}")
    if step.problem:
        code.line(f"_problems.append({code.module.constant(step.problem.upper(), problem(step.problem))})")


def _digest(code: Function, name: str, step: DigestSource) -> None:
    code.line(f"{name} = digest_of({code.root}, {code.module.constant(f'{name.upper()}_PARTS', step.paths)})")
    code.line(f"_problems.append({code.module.constant(step.problem.upper(), problem(step.problem))})")


def _condition(code: Function, condition: Condition) -> str:
    value = code.get(condition.path)
    if condition.is_one_of:
        return f"says({value}, {code.module.constant('WORDS', frozenset(condition.is_one_of))})"
    return f"not is_blank({value})" if condition.present else f"is_blank({value})"


def notes(code: Function, found: Iterable[Note]) -> None:
    """Write what there is to tell wherever something stands at a path."""
    for note in found:
        constant = code.module.constant(note.problem.upper(), problem(note.problem, note.path.text))
        code.line(f"if not is_blank({code.get(note.path)}): _problems.append({constant})")


# -- items


def collection(code: Function, items: Items) -> None:
    """Write how the products are collected: straight where they usually are, the slow way elsewhere; then field by field."""
    slow = f"collect({code.module.constant('ITEMS', items)}, item, {code.root}, _problems, _browser, _capi)"
    if items.paths:
        code.line(f"_rows = {code.get(items.paths[0])}")
        code.line(f"_items = each(_rows, {items.paths[0].text!r}, item, _problems, _browser, _capi) if isinstance(_rows, list) and _rows else {slow}")
    else:
        code.line(f"_items = {slow}")
    code.line("_columns = list(zip(*_items))")


def items(code: Function, plans: Iterable[FieldPlan], rows: Sequence[tuple[Channel, ItemEntries]], parts: Sequence[str], resolver: Resolver) -> None:
    """Write the function that reads one product: it gives the values of *parts*, then one object for each of *rows*.

    That of a channel without the event stays empty. *plans* are those that can give something, and those of *parts*.
    """
    plans = tuple(plans)
    known = {plan.name for plan in plans}
    for plan in plans:
        field(code, FieldPlan(plan.name, plan.steps), resolver)
    nothing = " and ".join(f"{local(plan.name)} is None" for plan in plans)
    code.line(f"if {nothing or True}:")
    code.line("    return None")
    for plan in plans:
        if plan.default is not None:
            code.line(f"if {local(plan.name)} is None: {local(plan.name)} = {plan.default!r}")
    for n, (channel, row) in enumerate(rows):
        code.line(f"_object_{n} = {{}}")
        entries = [entry for entry in row.entries if entry.take in known]
        if entries:
            with code.block(f"if _{channel}:"):
                for entry in entries:
                    _put(code, f"_object_{n}", entry)
    code.line("return " + ", ".join([*map(local, parts), *(f"_object_{n}" for n in range(len(rows)))]) + ",")


# -- outputs


def written(entry: Entry) -> str:
    """Give the expression of the value that *entry* writes."""
    return f"write_{entry.write}({local(entry.take)})" if entry.write else local(entry.take)


def _put(code: Function, target: str, entry: Entry) -> None:
    tests = [f"{local(entry.take)} is not None"]
    if entry.with_field:
        tests.append(f"{local(entry.with_field)} is not None")
    if entry.yields:
        tests.append(f"{entry.key[-1]!r} not in {target}")
    code.line(f"if {' and '.join(tests)}: {target}[{entry.key[-1]!r}] = {written(entry)}")


def output(code: Function, plan: ObjectPlan, target: str, rows: Sequence[tuple[Channel, ItemEntries]], parts: int, absent: Set[str]) -> None:
    """Write how the object *target* is built: parts of it first, what is not there left out."""
    code.line(f"{target} = {{'event_name': _capi[0]}}" if plan.channel == "capi" else f"{target} = {{}}")
    entries = filled(plan, absent)
    parents = list(dict.fromkeys(entry.key[0] for entry in entries if len(entry.key) == 2))
    for parent in parents:
        code.line(f"_out_{parent} = {{}}")
    for entry in entries:
        place = f"_out_{entry.key[0]}" if len(entry.key) == 2 else target
        if isinstance(entry, ItemEntries):
            code.line(f"if _items: {place}[{entry.key[-1]!r}] = list(_columns[{parts + rows.index((plan.channel, entry))}])")
        else:
            _put(code, place, entry)
    for parent in parents:
        code.line(f"if _out_{parent}: {target}[{parent!r}] = _out_{parent}")
    if plan.output.rest and plan.output.rest.entry.take not in absent:
        name = local(plan.output.rest.entry.take)
        code.line(f"if {name} is not None: beside({target}, {name}, {code.module.constant('TAKEN', taken(plan.output))})")


def filled(plan: ObjectPlan, absent: Set[str]) -> list[Entry | ItemEntries]:
    """Give the entries of *plan* that can have a value."""
    return [entry for entry in plan.entries if isinstance(entry, ItemEntries) or absent.isdisjoint((entry.take, entry.with_field))]


def taken(made: OutputObject) -> frozenset[str]:
    """Name what the rest of an object never is: its own keys, whether they are there or not, and what is forbidden."""
    return frozenset({entry.key[0] for entry in made.entries} | set(made.rest.besides if made.rest else ()))


def requirements(code: Function, plan: ObjectPlan, absent: Set[str]) -> None:
    """Write what an object cannot do without, and the times it should lie between."""
    code.line("_able = True")
    for row in plan.output.required:
        groups = [group for group in row.any_of if absent.isdisjoint(group)]
        lacking = " and ".join("(" + " or ".join(f"{local(name)} is None" for name in group) + ")" for group in groups)
        with code.block(f"if {lacking or True}:"):
            code.line("_able = False")
            code.line(f"_problems.append({code.module.constant(row.problem.upper(), problem(row.problem, channel=plan.channel))})")
    for window in plan.output.windows:
        if window.take in absent:
            continue
        name = local(window.take)
        with code.block(f"if {name} is not None and not _now - {window.past} <= {name} <= _now + {window.future}:"):
            code.line(f"_problems.append({code.module.constant(window.problem.upper(), problem(window.problem, channel=plan.channel))})")

