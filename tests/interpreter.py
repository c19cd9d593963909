"""The mapping documents, read slowly and plainly: what a plan must do, without any of the code that makes a plan.

`convert` walks the raw JSON anew for every event. It shares the transforms and the problems with the package, and
nothing else. Where it and a plan disagree, one of them reads the documents wrongly.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from pinterest_destination._resources import mappings, read_json
from pinterest_destination.errors import Channel, Problem, problem
from pinterest_destination.identity import KEYS
from pinterest_destination.rules import transforms
from pinterest_destination.rules.values import kind_of, number_text

CALLS = ("track", "page", "screen", "identify")
DEFAULTS = {
    "custom_property_names": "any_case",
    "custom_property_type": "auto",
    "app_and_device": "structured",
    "custom_property_roots": ["properties"],
    "content_id": "product_id",
    "unmapped": "pass",
    "identify_match_keys": [],
}
CUSTOM_TYPES = {"auto": "custom", "text": "custom_text", "number": "custom_number", "boolean": "boolean", "json": "custom_json"}


def convert(settings, event, now):
    """Give pintrk calls, Conversions API events and problems of *event*, *now* being epoch seconds."""
    return Interpreter(settings).convert(event, now)


# -- documents


def spec_document(name, overrides=None):
    """Give spec *name* with what it extends, and *overrides* on top: events whole, everything else name by name."""
    path = Path(name)
    document = json.loads(path.read_text("utf-8")) if path.suffix == ".json" else read_json(mappings() / "specs" / f"{name}.json")
    merged = spec_document(document["extends"]) if "extends" in document else {"events": [], "fields": {}, "items": {"fields": {}}, "options": DEFAULTS}
    return laid_over(laid_over(merged, document), overrides or {})


def laid_over(below, above):
    """Give spec *below* with *above* on top."""
    items = {**below["items"], **above.get("items", {})}
    rows = above.get("items", {}).get("fields", {})
    items["fields"] = {**below["items"]["fields"], **{name: read_like(row, below["items"]["fields"].get(name, {})) for name, row in rows.items()}}
    return {
        "events": above.get("events", below["events"]),
        "fields": {**below["fields"], **{name: read_like(row, below["fields"].get(name, {})) for name, row in above.get("fields", {}).items()}},
        "personal": [*below.get("personal", []), *above.get("personal", [])],
        "consent": above.get("consent", below.get("consent", [])),
        "notes": [*below.get("notes", []), *above.get("notes", [])],
        "items": items,
        "options": {**below["options"], **above.get("options", {})},
    }


def read_like(field, parent):
    """Give a field, read as its parent's unless it says how itself."""
    return field if "as" in field else {**{key: parent[key] for key in ("as", "of", "max", "quiet") if key in parent}, **field}


def channel_document(name):
    """Give the objects of a channel, with those it extends; objects of the same command and calls are one."""
    document = read_json(mappings() / "channels" / f"{name}.json")
    objects = channel_document(document["extends"])["objects"] if "extends" in document else []
    for extra in document["objects"]:
        same = next((each for each in objects if (each["command"], each["calls"]) == (extra["command"], extra["calls"])), None)
        if same:
            same |= {**extra, "fields": {**same["fields"], **extra["fields"]}}
        else:
            objects.append(extra)
    return {"channel": document["channel"], "objects": objects}


def many(value):
    """Give a list, or a single value as a list of one."""
    return value if isinstance(value, list) else [value]


# -- paths and words


def split(path):
    r"""Split a dot-path; `\.` is a dot within a name."""
    return [name.replace("\\.", ".") for name in re.split(r"(?<!\\)\.", path)]


def fold(name, spelling):
    """Give *name* as it compares under a *spelling*."""
    if spelling == "any_case":
        return name.casefold()
    return re.sub(r"[^a-z0-9]", "", name.lower()) if spelling == "any_spelling" else name


def key_of(node, name, spelling):
    """List the key of *node* that is spelt like *name*: at most one, the exact one first."""
    if name in node:
        return [name]
    return [key for key in node if fold(key, spelling) == fold(name, spelling)][:1] if spelling != "exact" else []


def walk(node, names, spelling="exact"):
    """Give the value at *names* below *node*; a literal dotted key wins over nesting, `*` is every element of a list."""
    if not names:
        return node
    if isinstance(node, dict):
        for key in key_of(node, ".".join(names), spelling) if len(names) > 1 else []:
            return node[key]
        for key in key_of(node, names[0], spelling):
            return walk(node[key], names[1:], spelling)
        if names[0] == "*":
            return walk(node, names[1:], spelling)
    if isinstance(node, list) and names[0] == "*":
        return [value for row in node if (value := walk(row, names[1:], spelling)) is not None] or None
    if isinstance(node, list) and re.fullmatch(r"[0-9]{1,9}", names[0]) and int(names[0]) < len(node):
        return walk(node[int(names[0])], names[1:], spelling)
    return None


def blank(value):
    """Tell whether *value* counts as absent."""
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


def squeezed(name):
    """Give a name as names in documents compare."""
    return re.sub(r"[ _-]", "", name.lower()).strip()


# -- events


class Interpreter:
    """One set of settings, and the documents that they choose."""

    def __init__(self, settings):
        self.settings = settings
        self.spec = spec_document(settings.spec, settings.overrides)
        self.channels = [channel_document("pintrk"), channel_document(f"capi-{settings.api_version}")]
        self.standard = {squeezed(name): row for row in read_json(mappings() / "pinterest.json")["events"] for name in (row["name"], row["tag"]) if name}
        self.extra = []
        self.add_custom_properties()

    def setting(self, name):
        """Give a setting, or the spec's option where the settings leave it to the spec."""
        value = getattr(self.settings, name)
        return self.spec["options"].get(name) if value is None else value

    def convert(self, event, now):
        """Turn one event into payloads."""
        problems: list[Problem] = []
        self.now, self.spelt = now, {}
        if self.settings.consent and (refused := self.refused(event)):
            return [["setconsent", False]], [], [refused]
        head = [self.spec["fields"][name] for name in ("call_type", "event_name")]
        call, name = (self.field(field, event, "", problems) for field in head)
        self.no_objects(event, head, "", problems)
        call = (call or "").strip().lower()
        if call not in CALLS:
            problems.append(problem("unsupported_call" if call in ("group", "alias") else "invalid_type", "type"))
            return [], [], problems
        names = self.names(call, name, event, problems)
        if names is None:
            return [], [], problems
        self.spelt = names
        for path, code in ((path, row["problem"]) for row in self.spec["notes"] for path in row["at"]):
            if not blank(walk(event, split(path))):
                problems.append(problem(code, path))
        return *self.payloads(call, names, event, now, problems), problems

    # consent

    def refused(self, event):
        """Give the problem that keeps an event back for want of consent, or None."""
        wanted = self.settings.consent
        direct: list[tuple[str, bool]] = []
        granted: set[str] = set()
        denied: dict[str, str] = {}
        known = {place["path"]: place for place in self.spec["consent"] if not isinstance(place, str)}
        places = [known.get(place, {"path": place}) if isinstance(place, str) else place for place in wanted.paths or self.spec["consent"]]
        for row in places:
            value = walk(event, split(row["path"]))
            if blank(value) and not (isinstance(value, list | dict) and self.is_whole(row) and not self.nobody_asked(row, places, event)):
                continue
            answer = None if "lists" in row else said(value, row)
            if answer is not None:
                direct.append((row["path"], answer))
            elif isinstance(value, dict) and "lists" not in row:
                answers = {plain_name(name): said(answer, row) for name, answer in value.items()}
                granted |= {name for name, answer in answers.items() if answer is True}
                denied = {name: row["path"] for name, answer in answers.items() if answer is False} | denied
            elif isinstance(value, str | list | dict):
                listed = {plain_name(name) for name in listed_names(value)}
                others = {plain_name(name) for name in wanted.categories} - listed if row.get("complete") else set()
                yes, no = (others, listed) if row.get("lists") == "denied" else (listed, others)
                granted |= yes
                denied = dict.fromkeys(no, row["path"]) | denied
        return self.verdict(direct, dict.fromkeys(map(plain_name, wanted.categories)), granted, denied)

    def is_whole(self, row):
        """Tell whether a place lists everything that is granted."""
        return row.get("complete") and row.get("lists") != "denied"

    def nobody_asked(self, row, places, event):
        """Tell whether the list of what is denied, in the same object, is there and empty as well."""
        beside = [place["path"] for place in places if place.get("lists") == "denied" and split(place["path"])[:-1] == split(row["path"])[:-1]]
        return any(walk(event, split(path)) in ([], {}) for path in beside)

    def verdict(self, direct, wanted, granted, denied):
        """Put the answers together: one refusal is enough; silence counts as the setting says."""
        refused = [denied[name] for name in wanted if name in denied]
        enough = len(refused) == len(wanted) if self.settings.consent.match == "any" else True
        for path in [*(path for path, answer in direct if not answer), *(refused if enough else [])]:
            return problem("consent_denied", path)
        given = granted - denied.keys()
        agreed = bool(wanted.keys() & given) if self.settings.consent.match == "any" else bool(wanted) and wanted.keys() <= given
        if agreed or direct or self.settings.consent.unknown == "granted":
            return None
        return problem("consent_denied", "", 'nothing in the event tells of consent, and `consent.unknown` is "denied"')

    # names

    def names(self, call, name, event, problems):
        """Give the names on each channel, or None where nothing may be sent."""
        if call == "identify":
            problems.append(problem("not_for_channel", "type", "identify tells the tag who the visitor is; the Conversions API has no such event", "capi"))
            return {"browser": ["set"], "capi": []}
        mine = [row.target for row in self.settings.event_map if name is not None and call != "page" and row.event.strip().casefold() == name.strip().casefold()]
        if mine:
            return self.targets(mine, problems)
        for rule in self.spec["events"]:
            if self.applies(rule, call, name, event):
                return self.targets(many(rule["to"]), problems)
        return self.unmapped(name, problems)

    def applies(self, rule, call, name, event):
        """Tell whether an event rule matches."""
        if call not in many(rule["type"]) or not all(self.holds(condition, event) for condition in rule.get("when", [])):
            return False
        return "event" not in rule or (name is not None and squeezed(name) in map(squeezed, many(rule["event"])))

    def unmapped(self, name, problems):
        """Treat an event that no rule names as the setting says."""
        if name is None:
            problems.append(problem("missing_event_name", "event"))
            return None
        if self.setting("unmapped") == "drop":
            problems.append(problem("unmapped_event", "event", 'no rule names this event, and `unmapped` is "drop"'))
            return None
        names = self.targets(["custom" if self.setting("unmapped") == "custom" else name], problems)
        problems.append(problem("unmapped_event") if names else problem("invalid_event_name", "event"))
        return names

    def targets(self, targets, problems):
        """Give the names of *targets* on each channel; None where one has no name that can be sent."""
        names: dict[Channel, list[str]] = {"browser": [], "capi": []}
        told = []
        for target in targets:
            row = target if isinstance(target, dict) else {"event": target}
            standard = self.standard.get(squeezed(row["event"]))
            own = re.sub(r"\s", "", row["event"])
            if not standard and not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", own):
                return None
            spelt = {"browser": standard["tag"], "capi": standard["name"]} if standard else {"browser": own, "capi": own}
            for channel in row.get("channels", ["browser", "capi"]):
                if spelt[channel] and spelt[channel] not in names[channel]:
                    names[channel].append(spelt[channel])
                if not spelt[channel]:
                    told.append(problem("not_for_channel", "", f"{row['event']} exists in the Conversions API only", "browser"))
        told += [problem("not_for_channel", channel=channel) for channel in names if not names[channel] and channel not in {each.channel for each in told}]
        problems += dict.fromkeys(told)
        return names

    # values

    def holds(self, condition, event):
        """Tell whether the event meets a condition."""
        value = walk(event, split(condition["path"]))
        if "is" not in condition:
            return blank(value) is not condition["present"]
        words = [word.strip().casefold() if isinstance(word, str) else word for word in condition["is"]]
        return (value.strip().casefold() if isinstance(value, str) else value) in words if isinstance(value, str | bool) else False

    def is_personal(self, path):
        """Tell whether a path names a person's data, or something within it: read as a match key or an IP address, or listed."""
        places = [place for place in self.spec["personal"] if not place.startswith("*.")]
        for field in self.spec["fields"].values():
            for source in field.get("from", []):
                row = {"path": source} if isinstance(source, str) else source
                if "path" in row and row.get("as", field.get("as")) in {*KEYS, "ip"}:
                    places.append(row["path"])
        names = {fold(place[2:], "any_spelling") for place in self.spec["personal"] if place.startswith("*.")}
        steps = split(path)
        inward = {fold("".join(steps[:n]), "any_spelling") for n in range(1, len(steps) + 1)}
        return bool(inward & {fold("".join(split(place)), "any_spelling") for place in places} or names & {fold(step, "any_spelling") for step in steps})

    def personal_names(self, path):
        """Name what is personal under any object, and right below a path: where the spec reads match keys, and what it lists."""
        names = {fold(place[2:], "any_spelling") for place in self.spec["personal"] if place.startswith("*.")}
        read = [row["path"] for row in self.path_sources() if row["as"] in {*KEYS, "ip"}] if path else []
        places = [fold("".join(split(place)), "any_spelling") for place in [*read, *(place for place in self.spec["personal"] if path and not place.startswith("*."))]]
        above = fold("".join(split(path)), "any_spelling")
        return names | {place.removeprefix(above) for place in places if place.startswith(above) and place != above}

    def sources(self, field, call):
        """Give the sources of a field that count under these settings and for this call type, each as an object."""
        chosen = self.setting("content_id")
        prefer = field.get("prefer", {})
        paths = [path for key in sorted(prefer, key=lambda key: key != chosen) for path in prefer[key]]
        for source in [*paths, *field.get("from", [])]:
            row = {"path": source} if isinstance(source, str) else source
            if "paths_setting" in row:
                for path in getattr(self.settings, row["paths_setting"]):
                    yield {"path": path, "as": "custom_digest"} if self.is_personal(path) else {"path": path}
            elif ("calls" in row and call not in row["calls"]) or ("give" in row and self.constant({**field, **row}) is None):
                continue
            elif "setting" not in row or self.setting(row["setting"]) not in (None, False):
                yield row

    def field(self, field, root, call, problems, where="", items=()):
        """Give the first usable value that the sources of *field* find, or None."""
        for source in self.sources(field, call):
            if "events" in source and not self.becomes(source["events"]):
                continue
            value = self.value({**field, **source}, source, root, problems, where, items)
            if value is not None:
                return value
        return None

    def value(self, asked, source, root, problems, where, items):
        """Give what one source finds."""
        if "path" in source:
            return self.transformed(asked, walk(root, split(source["path"]), source.get("spelling", "exact")), problems, where)
        if "give" in source:
            return self.constant(asked) if self.given(source, root, problems) else None
        if "now" in source:
            return int(self.now)
        if "setting" in source:
            return self.setting(source["setting"])
        if source.get("items") == "count":
            return len(items) or None
        if "items" in source:
            values = [item[source["of"]] for item in items if item[source["of"]] is not None]
            if source["items"] == "sum" and sum(values) > 2**63 - 1:
                return None
            return (sum(values) if source["items"] == "sum" else values) if values else None
        problems.append(problem(source["problem"]))
        found = [walk(root, split(path)) for path in source["digest"]]
        parts = [raw if isinstance(raw, str) else number_text(raw) for raw in found]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def transformed(self, asked, raw, problems, where):
        """Take a raw value through the transform that is asked for."""
        if raw is None:
            return None
        value, complaints = self.transform(asked).salvage(raw)
        problems += [problem(code, where + asked["path"], message) for code, message in complaints]
        return value

    def transform(self, asked):
        """Give the transform that is asked for."""
        of = asked.get("of", [])
        words = tuple((word, tuple(of[word]) if isinstance(of, dict) else ()) for word in of)
        if asked.get("as") in transforms.HIDING:
            words = tuple((word, ()) for word in sorted(self.personal_names("" if asked["as"] == "url" else asked.get("path", ""))))
        more = {"quiet": asked.get("quiet", False), "hashed_only": self.settings.identity == "hashed", "prefix": asked.get("prefix", "")}
        return transforms.transform(asked.get("as", "any"), of=words, limit=asked.get("max"), **more)

    def constant(self, asked):
        """Give a constant, read like a value found in an event; a word among several is taken as it is."""
        if asked.get("as") in transforms.FACTORIES:
            return asked["give"]
        return self.transform({word: asked[word] for word in ("as", "of", "max") if word in asked}).salvage(asked["give"])[0]

    def given(self, source, event, problems):
        """Tell whether the conditions of a constant hold."""
        if not all(self.holds(c, event) for c in source.get("when", [])) or any(self.holds(c, event) for c in source.get("unless", [])):
            return False
        if "problem" in source:
            problems.append(problem(source["problem"]))
        return True

    def becomes(self, events):
        """Tell whether the event becomes one of Pinterest's *events*, on either channel."""
        rows = [self.standard[squeezed(event)] for event in events]
        return any(row["name"] in self.spelt.get("capi", []) or (row["tag"] and row["tag"] in self.spelt.get("browser", [])) for row in rows)

    # products

    def items(self, event, problems):
        """Read the products: rows of the first list that has any, else the event itself when it names a product."""
        for path in self.spec["items"].get("from", []):
            rows = walk(event, split(path))
            rows = [rows] if isinstance(rows, dict) and rows else rows
            if isinstance(rows, list) and rows:
                items = [self.item(row, f"{path}.{n}.", problems) for n, row in enumerate(rows)]
                problems += [problem("invalid_item", f"{path}.{n}") for n, item in enumerate(items) if item is None]
                return [item for item in items if item is not None]
            if not blank(rows):
                problems.append(problem("unusable_value", path, f"expected a list of objects, found {kind_of(rows)}"))
        own = self.spec["items"].get("own")
        root = walk(event, split(own["root"])) if own else None
        if not isinstance(root, dict):
            return []
        groups = list(own["any"])
        if "if_named" in own:
            name = walk(event, split(own["if_named"]["path"]))
            if isinstance(name, str) and squeezed(name) in [squeezed(known) for known in own["if_named"]["names"]]:
                groups += own["if_named"]["any"]
        if not any(all(not blank(walk(root, split(path))) for path in group) for group in groups):
            return []
        item = self.item(root, f"{own['root']}.", problems)
        return [item] if item else []

    def item(self, row, where, problems):
        """Read one product; None when it says nothing."""
        if not isinstance(row, dict):
            return None
        fields = self.spec["items"]["fields"]
        self.no_objects(row, fields.values(), "", problems, where)
        found = {name: self.field(field, row, "", problems, where) for name, field in fields.items()}
        if all(value is None for value in found.values()):
            return None
        return {name: fields[name].get("default") if value is None else value for name, value in found.items()}

    # payloads

    def payloads(self, call, names, event, now, problems):
        """Make the payloads of both channels."""
        objects = {doc["channel"]: [obj for obj in doc["objects"] if call in obj["calls"]] for doc in self.channels}
        takes = {channel: {take for obj in objs for take in self.takes(obj)} for channel, objs in objects.items()}
        fields = {name: field for name, field in self.spec["fields"].items() if name in takes["browser"] | takes["capi"]}
        self.no_objects(event, fields.values(), call, problems, notes=[path for row in self.spec["notes"] for path in row["at"]])
        listed = any(isinstance(row, dict) and "items" in row for objs in objects.values() for obj in objs for row in obj["fields"].values())
        items = self.items(event, problems) if listed else []
        wanted = (takes["browser"] & takes["capi"]).union(*(takes[channel] for channel in takes if names[channel]))
        values = {name: self.field(field, event, call, problems, items=items) for name, field in fields.items() if name in wanted}
        calls = self.calls(objects["browser"], names["browser"], values, items) if names["browser"] else []
        events = self.events(objects["capi"], names["capi"], values, items, now, problems) if names["capi"] else []
        return calls, events

    def calls(self, objects, names, values, items):
        """Make the pintrk calls."""
        made = []
        for obj in objects:
            if obj["command"] == "track":
                made += [["track", name, self.data(obj, values, items)] for name in names]
            elif data := self.data(obj, values, items):
                made.append([obj["command"], data])
        return made

    def events(self, objects, names, values, items, now, problems):
        """Make the Conversions API events, unless something is missing that they need."""
        made = []
        for obj in objects:
            missing = [row for row in obj.get("required", []) if not any(all(values.get(name) is not None for name in group) for group in row["any"])]
            problems += [problem(row["problem"], channel="capi") for row in missing]
            for window in obj.get("windows", []):
                value = values.get(window["take"])
                if value is not None and not now - window["past"] <= value <= now + window["future"]:
                    problems.append(problem(window["problem"], channel="capi"))
            if not missing:
                made += [{"event_name": name, **self.data(obj, values, items)} for name in names]
        return made

    def entries(self, obj):
        """Give key, row and whether it gives way, for each entry of an object that the settings let through."""
        for key, rows in obj["fields"].items():
            for row in many(rows):
                if not row.get("when") or any(self.is_on(switch) for switch in row["when"]):
                    yield key.split("."), row, False
        if obj.get("custom"):
            channel = "browser" if obj["command"] == "track" else "capi"
            yield from ((key, {"take": take, **more}, True) for where, key, take, more in self.extra if where == channel)

    def is_on(self, switch):
        """Tell whether a setting or option is as a switch wants it."""
        value = self.setting(switch["setting"]) if "setting" in switch else self.spec["options"][switch["option"]]
        return switch["has"] in value if "has" in switch else value == switch["is"]

    def takes(self, obj):
        """Name the fields that an object needs."""
        for _, row, _ in self.entries(obj):
            yield from (row[word] for word in ("take", "with") if word in row)
        if "rest" in obj:
            yield obj["rest"]["take"]
        yield from (name for row in obj.get("required", []) for group in row["any"] for name in group)
        yield from (window["take"] for window in obj.get("windows", []))

    def data(self, obj, values, items):
        """Make one object of an output."""
        made: dict[str, Any] = {}
        for key, row, yields in self.entries(obj):
            if "items" in row:
                value = [self.row(row["items"], item) for item in items] or None
            else:
                value = self.written(row, values)
            if value is not None:
                place = made.setdefault(key[0], {}) if len(key) == 2 else made
                if not (yields and key[-1] in place):
                    place[key[-1]] = value
        if "rest" in obj and (rest := values.get(obj["rest"]["take"])):
            taken = {*(key.split(".")[0] for key in obj["fields"]), *obj["rest"].get("except", []), *(key[0] for channel, key, *_ in self.extra if channel == "browser")}
            made = {**{name: value for name, value in rest.items() if name not in taken}, **made}
        return made

    def row(self, entries, item):
        """Make the object of one product."""
        return {key: value for key, entry in entries.items() if (value := self.written(entry, item)) is not None}

    def written(self, entry, values):
        """Give the value that an entry takes, in the form that it asks for."""
        value = values.get(entry["take"])
        if value is None or ("with" in entry and values.get(entry["with"]) is None):
            return None
        return transforms.OUTPUTS[entry["as"]](value) if "as" in entry else value

    def no_objects(self, root, fields, call, problems, where="", notes=()):
        """Tell of each part that paths lead through, and that is there but is no object; each once."""
        rows = [row for field in fields for row in self.sources(field, call)]
        paths = [(row["path"], row.get("spelling", "exact")) for row in rows if "path" in row] + [(path, "exact") for path in notes]
        paths += [(condition["path"], "exact") for row in rows for word in ("when", "unless") for condition in row.get(word, [])]
        names = [split(path) for path, spelling in paths if spelling == "exact" and not any(name.isdigit() or name == "*" for name in split(path))]
        for part in dict.fromkeys(tuple(each[:n]) for each in names for n in range(1, len(each))):
            value = nested(root, part)
            if not isinstance(value, dict) and not blank(value):
                problems.append(problem("unusable_value", where + ".".join(part), f"expected an object, found {kind_of(value)}"))

    # custom properties

    def add_custom_properties(self):
        """Add the custom properties to the spec's fields, and note which key takes each."""
        private = {parts(split(row["path"]))[0]: row["as"] for row in self.path_sources() if row["as"] in {*KEYS, "ip"}}
        for n, row in enumerate(self.settings.custom_properties):
            wanted = row.name.removeprefix("custom_data.")
            if wanted in MADE_BY_THE_PLAN:
                continue
            names = split(row.path)
            roots = [""] if names[0] in ("context", "traits", "properties") and len(names) > 1 else self.spec["options"]["custom_property_roots"]
            places = [{"path": f"{root}.{row.path}".removeprefix("."), "spelling": self.spec["options"]["custom_property_names"]} for root in roots]
            key = next((private[part] for place in places for part in parts(split(place["path"])) if part in private), None)
            key = key or ("custom_digest" if any(self.is_personal(place["path"]) for place in places) else None)
            field = None if key else self.field_behind(self.channels[0], wanted)
            if not field and "browser" in row.channels:
                kind = self.spec["options"]["custom_property_type"] if row.type == "auto" else row.type
                name = (key if key in KEYS else "custom_digest") if key else CUSTOM_TYPES[kind]
                self.spec["fields"] = {**self.spec["fields"], f"custom_{n}": {"from": [{**place, "as": name} for place in places]}}
                self.extra.append(("browser", [row.name], f"custom_{n}", {"as": "first"} if key in KEYS else {}))
            if not field and not key and "capi" in row.channels:
                field = self.field_behind(self.channels[1], wanted)
            if field:
                name, first = field
                read = {word: first[word] for word in ("as", "of", "max", "quiet") if word in first}
                old = self.spec["fields"][name]
                self.spec["fields"] = {**self.spec["fields"], name: {**old, "from": [*old["from"], *({**place, **read} for place in places)]}}

    def path_sources(self):
        """Give the path sources of all fields, each with what it takes over from its field."""
        for field in self.spec["fields"].values():
            for source in field.get("from", []):
                row = {"path": source} if isinstance(source, str) else source
                if "path" in row:
                    yield {"as": "any", **{word: field[word] for word in ("as", "of", "max") if word in field}, **row}

    def field_behind(self, channel, name):
        """Give the field that a channel writes under *name*, and its first path source; None for people and devices."""
        output = next(obj for obj in channel["objects"] if obj.get("custom"))
        for key, row, yields in self.entries(output):
            if yields or "items" in row or key[-1] != name or key[0] in ("user_data", "app_info", "device_info"):
                continue
            field = self.spec["fields"][row["take"]]
            paths = [source for source in field.get("from", []) if isinstance(source, str) or "path" in source]
            return row["take"], {**field, **(paths[0] if paths and isinstance(paths[0], dict) else {})}
        return None


def plain_name(name):
    """Give a word or the name of a category as it compares."""
    return str(name).strip().casefold()


def said(value, row):
    """Give the answer that a value is by itself, or None."""
    if not isinstance(value, str | int) or (isinstance(value, int) and value not in (0, 1)):
        return None
    word = plain_name(value if isinstance(value, str) else int(value))
    for words, answer in ((row.get("granted", []), True), (row.get("denied", []), False)):
        if word in map(plain_name, words):
            return answer
    usual = {"granted": True, "true": True, "yes": True, "1": True, "allowed": True, "accepted": True}
    usual |= {"denied": False, "false": False, "no": False, "0": False, "refused": False, "rejected": False}
    return usual.get(word)


def listed_names(value):
    """Give the categories that a list, text with commas or an object names."""
    if isinstance(value, str):
        return value.split(",")
    if isinstance(value, dict):
        return [*value, *(each for each in value.values() if isinstance(each, str))]
    return [each for each in value if isinstance(each, str | int) and not isinstance(each, bool)]


MADE_BY_THE_PLAN = ("event_id", "event_time", "event_name", "action_source", "line_items", "contents", "content_ids")


def parts(names):
    """Give the place that *names* lead to and those above it, as custom properties are compared with personal data."""
    return [tuple(fold(name, "any_spelling") for name in names[:n]) for n in range(len(names), 0, -1)]


def nested(root, part):
    """Give what stands at *part* by nesting alone; None below what is no object."""
    for name in part:
        root = root.get(name) if isinstance(root, dict) else None
    return root
