"""Documents and settings in, a `Plan` of generated functions out. All that can be decided is decided here."""

from __future__ import annotations

import functools
import hashlib
import linecache
import weakref
from collections.abc import Callable, Iterable, Mapping
from types import CodeType, MappingProxyType
from typing import Any

from attrs import evolve, fields, frozen

from ..errors import Channel, Fault, MappingError, SettingsError
from ..rules import load
from ..rules.model import ChannelDocument, Entry, ItemEntries, ItemsSource, OutputObject, Spec
from ..settings.events import standard_events
from ..settings.model import Settings
from . import emit, validate
from .consent import consent
from .custom import custom_fields, whole_persons
from .model import CALLS, ConsentingPlan, Plan
from .names import event_map, routes
from .personal import constant_problems, event_id_problems
from .resolve import FieldPlan, ObjectPlan, Resolver
from .stage import StagedPlan, compile_stage
from .stage_problems import stage_problems
from .writer import Function, Module

HEAD = ("call_type", "event_name")
"""The fields that decide which rule applies."""


APART = ("ad_account_id", "conversion_token", "delivery", "log", "strict", "problems")
"""Settings that no shipped document asks for: plans that differ in these alone do the same."""

_ABSENT: Mapping[str, Any] = MappingProxyType({each.name: each.default for each in fields(Settings) if each.name in APART})


def compile_plan(settings: Settings) -> Plan:
    """Build the plan for *settings*, or give the one that settings with the same rules have, for another account.

    Raises `MappingError` for a rule that names an unknown transform, field or event (file and pointer told),
    `SettingsError` for settings that no plan can follow.
    """
    if settings.overrides is not None or settings.subscriptions is not None or settings.spec not in load.shipped_specs():
        return _built(settings)  # documents of the user's own: they may ask for anything, and be changed at any time
    plan = _shared(evolve(settings, **_ABSENT))
    return evolve(plan, settings=settings, problems=(*settings.problems, *plan.problems))


def _built(settings: Settings) -> Plan:
    channels = (load.channel("pintrk"), load.channel(f"capi-{settings.api_version}"))
    spec = _usable(settings, channels)
    standard = standard_events()
    mapped, problems = event_map(settings.event_map, standard, settings.file)
    builder, custom = _builder(settings, spec, channels)
    functions, source = builder.functions()
    plan = Plan(
        settings=settings,
        spec=builder.resolver.spec,
        channels=builder.channels,
        routes={call: routes(spec.events, call, standard) for call in CALLS},
        event_map=mapped,
        standard=standard,
        unmapped=builder.resolver.setting("unmapped"),
        functions=functions,
        source=source,
        problems=(*settings.problems, *problems, *event_id_problems(settings, spec), *constant_problems(settings, spec), *custom),
    )
    return plan if settings.consent is None and settings.subscriptions is None else _guarded(plan, spec)


_shared = functools.lru_cache(maxsize=64)(_built)
"""The plans of the settings that were used last."""


def _guarded(plan: Plan, spec: Spec) -> ConsentingPlan:
    """Put the question of consent, and the stage of the subscriptions, before the rules of *plan*."""
    settings = plan.settings
    parts = {each.name: getattr(plan, each.name) for each in fields(Plan)}
    parts["consent"] = None if settings.consent is None else consent(settings.consent, spec, settings.file)
    if settings.subscriptions is None:
        return ConsentingPlan(**parts)
    stage = compile_stage(settings, spec)
    return StagedPlan(**{**parts, "problems": (*plan.problems, *stage_problems(stage, settings, spec))}, stage=stage)


def _usable(settings: Settings, channels: tuple[ChannelDocument, ...]) -> Spec:
    """Give the spec with a field for everything that the channels take. Raises with every fault of documents and settings."""
    if settings.overrides is None and settings.spec in load.shipped_specs():
        spec, wrong = _shipped(settings.spec, settings.api_version)
    else:
        spec, wrong = _checked(settings.spec, settings.overrides, settings.file, channels)
    refused = whole_persons(settings, spec)
    if wrong:
        raise MappingError([*load.in_order(wrong, settings.overrides), *refused])
    if refused:
        raise SettingsError(refused)
    return spec


def _checked(name: str, overrides: load.Json | None, file: str, channels: tuple[ChannelDocument, ...]) -> tuple[Spec, tuple[Fault, ...]]:
    """Give the spec *name*, completed, and every fault of the documents that it is made of."""
    found, faults = load.found_spec(name, overrides, file)
    spec = validate.completed(found, channels)
    return spec, (*faults, *validate.faults(spec, channels, whole=not faults))


@functools.cache
def _shipped(name: str, api_version: str) -> tuple[Spec, tuple[Fault, ...]]:
    """Give the shipped spec *name* as it stands, as `_checked` does: it is the same for all settings, and need not be checked for each."""
    return _checked(name, None, "", (load.channel("pintrk"), load.channel(f"capi-{api_version}")))


def _builder(settings: Settings, spec: Spec, channels: tuple[ChannelDocument, ...]) -> tuple[_Builder, tuple[Any, ...]]:
    """Add the custom properties to the documents, as fields and entries like any other."""
    tag, capi = (next(output for output in document.objects if output.custom) for document in channels)
    custom = custom_fields(settings, spec, tag, capi)
    spec = evolve(spec, fields={**spec.fields, **{field.name: field for field in custom.fields}})
    extended = tuple(evolve(doc, objects=tuple(_with_custom(out, custom.entries[doc.channel]) for out in doc.objects)) for doc in channels)
    return _Builder(Resolver(spec, settings), extended), custom.problems


def _with_custom(output: OutputObject, entries: tuple[Entry, ...]) -> OutputObject:
    return evolve(output, entries=(*output.entries, *entries)) if output.custom else output


@frozen
class _Call:
    """What one call type needs: its outputs, and which fields they take."""

    objects: Mapping[Channel, tuple[ObjectPlan, ...]]
    fields: Mapping[str, FieldPlan]
    rows: tuple[tuple[Channel, ItemEntries], ...]
    parts: tuple[str, ...]

    @property
    def absent(self) -> set[str]:
        """Fields that can have no value under these settings."""
        return {name for name, plan in self.fields.items() if not plan.steps and plan.default is None}

    def needs(self, channel: Channel) -> set[str]:
        """The fields that a channel's outputs take."""
        return {name for plan in self.objects[channel] for name in plan.takes()}


@frozen
class _Builder:
    """Writes the functions of a plan."""

    resolver: Resolver
    channels: tuple[ChannelDocument, ...]

    def functions(self) -> tuple[dict[str, Callable[..., Any]], str]:
        """Give the function of each call type, and their source."""
        module = Module(emit.RUNTIME)
        calls = {name: self.call(name) for name in (*CALLS, "load")}
        self._write(module, calls, dotted=False)
        twins = functools.cache(lambda: self._dotted(calls))
        for name in ("head", "item", *calls):
            module.names[f"{name}_dotted"] = functools.partial(_twin, twins, name)
        source = run(module.text, module.names)
        return {name: module.names[name] for name in ("head", *calls)}, source

    def _dotted(self, calls: Mapping[str, _Call]) -> dict[str, Any]:
        """Build the twins for events with dotted keys; only the first such event needs them."""
        module = Module(emit.RUNTIME)
        self._write(module, calls, dotted=True)
        run(module.text, module.names)
        return module.names

    def _write(self, module: Module, calls: Mapping[str, _Call], *, dotted: bool) -> None:
        self._head(module, dotted)
        with_rows = next((call for call in calls.values() if call.rows), None)
        if with_rows:
            self._item(module, with_rows, dotted)
        for name, call in calls.items():
            self._call(module, name, call, dotted)

    def call(self, name: str) -> _Call:
        """Gather what the call type *name* needs."""
        objects: dict[Channel, tuple[ObjectPlan, ...]] = {
            doc.channel: tuple(self.resolver.object_plan(doc.channel, output) for output in doc.objects if name in output.calls) for doc in self.channels
        }
        needed = {take for plans in objects.values() for plan in plans for take in plan.takes()}
        fields = {field.name: self.resolver.field_plan(field, name) for field in self.resolver.spec.fields.values() if field.name in needed}
        rows = tuple((plan.channel, entry) for plans in objects.values() for plan in plans for entry in plan.entries if isinstance(entry, ItemEntries))
        parts = dict.fromkeys(step.of for plan in fields.values() for step in plan.steps if isinstance(step, ItemsSource) and step.of)
        return _Call(objects, fields, rows, tuple(parts))

    def _head(self, module: Module, dotted: bool) -> None:
        code = Function(module, "head", ("_event", "_problems"), dotted=dotted)
        for name in HEAD:
            emit.field(code, self.resolver.field_plan(self.resolver.spec.fields[name], ""), self.resolver)
        code.line(f"return {', '.join(HEAD)}")
        code.finish()

    def _item(self, module: Module, call: _Call, dotted: bool) -> None:
        code = Function(module, "item", ("_row", "_where", "_problems", "_browser", "_capi"), root="_row", dotted=dotted)
        plans = [self.resolver.field_plan(field, "") for field in self.resolver.spec.items.fields.values()]
        plans = [plan for plan in plans if plan.steps or plan.default is not None or plan.name in call.parts]
        emit.items(code, plans, call.rows, call.parts, self.resolver)
        code.finish()

    def _call(self, module: Module, name: str, call: _Call, dotted: bool) -> None:
        code = Function(module, name, ("_event", "_browser", "_capi", "_now", "_problems"), dotted=dotted)
        browser, capi = call.needs("browser"), call.needs("capi")
        emit.notes(code, self.resolver.spec.notes if name in CALLS else ())
        if call.rows:
            emit.collection(code, self.resolver.spec.items)
        self._fields(code, call, browser & capi)
        code.line("_calls = []")
        with code.block("if _browser:"):
            self._fields(code, call, browser - capi)
            for plan in call.objects["browser"]:
                self._browser(code, call, plan)
        code.line("_api_events = []")
        if call.objects["capi"]:
            with code.block("if _capi:"):
                self._fields(code, call, capi - browser)
                for plan in call.objects["capi"]:
                    self._capi(code, call, plan)
        code.line("return _calls, _api_events")
        code.finish()

    def _fields(self, code: Function, call: _Call, names: set[str]) -> None:
        taken = names - call.absent
        for name, plan in call.fields.items():
            if name in taken:
                emit.field(code, plan, self.resolver, call.parts)

    def _browser(self, code: Function, call: _Call, plan: ObjectPlan) -> None:
        if plan.output.command != "track" and not emit.filled(plan, call.absent):
            return
        emit.output(code, plan, "_data", call.rows, len(call.parts), call.absent)
        if plan.output.command == "track":
            code.line("_calls += tracks(_browser, _data)")
        else:
            code.line(f"if _data: _calls.append([{plan.output.command!r}, _data])")

    def _capi(self, code: Function, call: _Call, plan: ObjectPlan) -> None:
        emit.requirements(code, plan, call.absent)
        with code.block("if _able:"):
            emit.output(code, plan, "_data", call.rows, len(call.parts), call.absent)
            code.line("_api_events = events(_capi, _data)")


def sources(resolver: Resolver, channels: tuple[ChannelDocument, ...], calls: Iterable[str], *, dotted: bool) -> Module:
    """Write `head`, `item` and the functions of *calls* as *resolver* decides, and run nothing; if *dotted*, the twins for events with dotted keys."""
    module, builder = Module(emit.RUNTIME), _Builder(resolver, channels)
    builder._write(module, {name: builder.call(name) for name in calls}, dotted=dotted)
    return module


def _twin(twins: Callable[[], Mapping[str, Any]], name: str, *arguments: Any) -> Any:
    return twins()[name](*arguments)


@frozen(eq=False)
class _Compiled:
    """Compiled source; as long as it is held, tracebacks and debuggers can show its lines."""

    source: str
    code: CodeType

    def __attrs_post_init__(self) -> None:
        name = self.code.co_filename
        entry = (len(self.source), None, self.source.splitlines(keepends=True), name)
        linecache.cache[name] = entry
        weakref.finalize(self, _forget, name, entry)


def _forget(name: str, entry: object) -> None:
    """Take an entry out of `linecache`, unless the same source was compiled again in the meantime."""
    if linecache.cache.get(name) is entry:
        del linecache.cache[name]


def run(source: str, names: dict[str, Any]) -> str:
    """Run generated *source* with *names*, which then hold its functions; give the one copy of it that all plans like it share."""
    compiled = _compiled(source)
    names["_compiled"] = compiled
    exec(compiled.code, names)  # noqa: S102  # the text is ours: event content never gets into it, and names from documents only as literals
    return compiled.source


@functools.lru_cache(maxsize=64)
def _compiled(source: str) -> _Compiled:
    """Compile *source*. Settings that differ in values only lead to the same code, and share it."""
    filename = f"<pinterest_destination plan {hashlib.sha256(source.encode()).hexdigest()[:12]}>"
    return _Compiled(source, compile(source, filename, "exec", dont_inherit=True))
