"""`explain`: where each field of one event came from, without showing whose it is."""

import hashlib
import json
import os
import sys

import pytest

from pinterest_destination.cli import _explanation, _input

EMAIL = hashlib.sha256(b"ann@example.com").hexdigest()
PERSON = ("ann@example.com", "5550100", "555 0100", "203.0.113.7", "Examplebrowser")


@pytest.fixture
def chatty(order, write):
    """An order with an address where none should be, and settings that send it."""
    order["properties"]["note"] = {"to\nann@example.com": ["for\nann@example.com", 1]}
    return order, write("chatty.json", {"custom_properties": [{"from": "note", "as": "json"}]})


def rows(text):
    """The table rows of aligned text, by their first cell."""
    return {line.split()[0]: line for line in text.splitlines() if line.startswith("  ")}


def test_each_field_has_its_value_its_source_its_rule_and_its_way(run, write, settings, order):
    """One line per field says all of it, below the names of the event on each channel."""
    result = run("explain", write("order.json", order), "-s", settings)

    rule, browser, capi, *_ = result.stdout.splitlines()
    assert rule.startswith("rule     mappings/specs/ecommerce.json#/events/")
    assert (browser.split(), capi.split()) == (["browser", "Checkout"], ["capi", "checkout"])
    row = rows(result.stdout)["custom_data.value"]
    for part in ('"35"', "properties.value", "mappings/specs/ecommerce.json#/fields/value", "mappings/channels/", 'found 35 > decimal "35"'):
        assert part in row
    assert result.exit_code == 0


def test_columns_are_aligned(run, write, settings, order):
    """The second column begins at the same place in every row of a channel."""
    text = run("explain", write("order.json", order), "-s", settings).stdout
    _, table, *_ = text.split("\nbrowser\n")
    lines = table.split("\n\n")[0].splitlines()

    start = lines[0].index("VALUE")
    assert {line[start - 2 : start] for line in lines} == {"  "}
    assert " " not in {line[start] for line in lines}


NAMED = {"track": '"Checkout"', "event_name": '"checkout"'}


def test_names_are_told_like_fields(run, write, settings, order):
    """What the call and the API's event are called, first of each channel, with source and rule; no channel's rule writes them."""
    text = run("explain", write("order.json", order), "-s", settings).stdout
    document = json.loads(run("explain", write("order.json", order), "-s", settings, "--json").stdout)
    told = rows(text)

    for channel, (output, value) in zip(("browser", "capi"), NAMED.items(), strict=True):
        (one,) = [field for field in document["fields"] if (field["channel"], field["output"]) == (channel, output)]
        assert [cell.strip() for cell in told[output].split("  ") if cell] == [output, value, "type, event", one["rule"], "-", f"name {value}"]
        assert (one["value"], one["source"], one["rule"], one["entry"]) == (json.loads(value), "type, event", document["rule"], "")
        assert text.split(f"\n{channel}\n")[1].splitlines()[1].split()[0] == output


def test_an_event_id_tells_the_path_in_the_settings_that_found_it(run, write, order):
    """The first that finds one; where none does, it is the spec's rule again."""
    path = write("settings.json", {"event_id": ["properties.none", "properties.order_id"]})
    chosen = rows(run("explain", write("order.json", order), "-s", path).stdout)["event_id"]
    del order["properties"]["order_id"]
    other = rows(run("explain", write("other.json", order), "-s", path).stdout)["event_id"]

    assert f"{path.replace(os.sep, '/')}#/event_id/1" in chosen
    assert "mappings/specs/ecommerce.json#/fields/event_id" in other


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_personal_data_is_masked_and_digests_are_shown(run, write, chatty, options):
    """What identifies somebody shows as its digest only, and addresses in other places as well."""
    order, settings = chatty

    text = run("explain", write("order.json", order), "-s", settings, *options).stdout

    assert [word for word in PERSON if word in text] == []
    assert EMAIL in text


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_values_show_when_asked_for(run, write, settings, order, options):
    """--show-values is for those who may see them."""
    text = run("explain", write("order.json", order), "-s", settings, "--show-values", *options).stdout

    assert [word for word in ("ann@example.com", "203.0.113.7", "Examplebrowser") if word not in text] == []


def test_json_holds_everything_for_machines(run, write, settings, order):
    """--json is one object with the same facts; masked values are null and say so."""
    result = run("explain", write("order.json", order), "-s", settings, "--json")

    document = json.loads(result.stdout)
    assert list(document) == ["rule", "browser", "capi", "subscriptions", "fields", "problems"]
    assert (document["browser"], document["capi"], document["problems"]) == (["Checkout"], ["checkout"], [])
    fields = {(field["channel"], field["output"]): field for field in document["fields"]}
    value = fields["capi", "custom_data.value"]
    assert (value["value"], value["masked"], value["source"], value["field"]) == ("35", False, "properties.value", "value")
    assert [stage["what"] for stage in value["stages"]] == ["found", "decimal"]
    email = fields["capi", "user_data.em"]
    assert email["stages"][0] == {"what": "found", "value": None, "masked": True}
    assert email["value"] == [EMAIL]
    agent = fields["capi", "user_data.client_user_agent"]
    assert (agent["value"], agent["masked"]) == (None, True)


def test_an_event_that_is_refused_says_why(run, write, settings):
    """Problems come last, and an error is exit code 1."""
    event = {"type": "track", "event": "Order Completed", "messageId": "m-1"}

    result = run("explain", write("order.json", event), "-s", settings)

    assert "\nproblems\n" in result.stdout
    assert "  error    missing_identity: " in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize(("strict", "options"), [(True, ()), (False, ("--strict",))])
def test_a_payload_that_its_schema_refuses_is_told(run, write, order, refusable, strict, options):
    """Its fields are explained as those of what is not sent, and the problem is the one that `transform` tells."""
    order["properties"]["order_id"] = "refusable"
    result = run("explain", write("order.json", order), "-s", write("strict.json", {"strict": strict}), *options)

    assert "\ncapi, refused and not sent\n" in result.stdout
    assert "\nbrowser\n" in result.stdout
    assert "  error    invalid_payload: " in result.stdout
    assert "the schema refuses the payload at /wifi" in result.stdout
    assert result.exit_code == 1


def test_an_event_that_is_not_sent_has_no_names(run, settings):
    """Nothing to explain is explained by the problem."""
    result = run("explain", "-s", settings, stdin='{"type": "group"}')

    assert result.stdout.splitlines()[:3] == ["rule     -", "browser  -", "capi     -"]
    assert "info     unsupported_call" in result.stdout
    assert result.exit_code == 0


def test_a_terminal_shows_a_tree(run, write, settings, order, monkeypatch, capsys):
    """On a terminal each field is a branch with the same facts; in a pipe there are no lines drawn."""
    piped = run("explain", write("order.json", order), "-s", settings).stdout
    monkeypatch.setenv("COLUMNS", "200")
    drawn = []
    monkeypatch.setattr(_explanation, "draw", lambda explanation, show: drawn.append(explanation))
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)
    run("explain", write("order.json", order), "-s", settings)
    monkeypatch.undo()
    _explanation.draw(drawn[0], False)

    tree = capsys.readouterr().out
    assert "─ custom_data.value = \"35\"" in tree
    assert "from properties.value by mappings/specs/ecommerce.json#/fields/value" in tree.replace("\n", "")
    assert 'way found 35 > decimal "35"' in tree
    assert all(f"─ {output} = {value}" in tree for output, value in NAMED.items())
    assert "written by -" not in tree
    assert [word for word in PERSON if word in tree] == []
    assert "─" not in piped


@pytest.fixture
def subscribed(write, order):
    """An order, and settings of which two subscriptions make a payload each."""
    mapping = {"action_source": "web", "event_id": {"@path": "$.messageId"}, "event_time": {"@path": "$.timestamp"}, "user_data": {"email": {"@path": "$.context.traits.email"}}}
    rows = [{"name": name, "subscribe": "type = track", "mapping": {**mapping, "event_name": to}} for name, to in (("Buyers", "checkout"), ("Lea\nds", "lead"))]
    return write("order.json", order), write("two.json", {"subscriptions": rows})


def test_each_field_says_which_subscription_it_is_of(run, subscribed):
    """In text the fields of each stand apart, in JSON each field says so."""
    order, settings = subscribed
    text = run("explain", order, "-s", settings).stdout
    document = json.loads(run("explain", order, "-s", settings, "--json").stdout)

    place = settings.replace(os.sep, "/")
    lines = text.splitlines()
    assert [lines[n].split()[0] for n in range(8)] == ["trigger", "rule", "browser", "capi"] * 2
    assert (lines[0], lines[3]) == (f'trigger  Buyers: type = "track" ({place}#/subscriptions/0)', "capi     checkout")
    titles = [line for line in lines if line.startswith(("browser, ", "capi, "))]
    assert titles == [f"{channel}, by {name} ({place}#/subscriptions/{n})" for channel in ("browser", "capi") for n, name in enumerate(("Buyers", "Lea\\nds"))]
    assert {field["subscription"] for field in document["fields"]} == {f"Buyers ({place}#/subscriptions/0)", f"Lea\nds ({place}#/subscriptions/1)"}
    assert [(made["name"], made["trigger"], made["capi"]) for made in document["subscriptions"]] == [("Buyers", 'type = "track"', ["checkout"]), ("Lea\nds", 'type = "track"', ["lead"])]


def test_each_subscription_has_a_tree(run, subscribed, monkeypatch, capsys):
    """On a terminal, with the same titles."""
    drawn = []
    monkeypatch.setattr(_explanation, "draw", lambda explanation, show: drawn.append(explanation))
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)
    run("explain", subscribed[0], "-s", subscribed[1])
    monkeypatch.undo()
    monkeypatch.setenv("COLUMNS", "300")
    _explanation.draw(drawn[0], False)

    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" (")[0] for line in lines if line.startswith(("browser,", "capi,"))] == [f"{channel}, by {name}" for channel in ("browser", "capi") for name in ("Buyers", "Lea\\nds")]


def test_a_channel_without_fields_has_no_tree(run, settings, monkeypatch, capsys):
    """Where nothing is sent nothing is drawn."""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)

    result = run("explain", "-s", settings, stdin='{"type": "group"}')

    assert "─" not in result.stdout
    assert "unsupported_call" in result.stdout


def test_one_event_may_stand_on_several_lines(run, settings, order):
    """A document as an editor formats it is read as a whole."""
    result = run("explain", "-s", settings, stdin=json.dumps(order, indent=2))

    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [("events.jsonl", '{{"type": "group"}}\n\n{order}\n', 3), ("events.json", '[{{"type": "group"}}, {order}]', 1)],
)
def test_one_of_many_events_is_chosen_as_transform_counts(run, write, settings, order, name, text, number):
    """--line is the line of JSON Lines or the index of an array, as problems name it."""
    events = write(name, text.format(order=json.dumps(order)))

    chosen = run("explain", events, "-s", settings, "--line", number)
    many = run("explain", events, "-s", settings)
    nowhere = run("explain", events, "-s", settings, "--line", 99)

    assert "custom_data.value" in chosen.stdout
    assert (many.exit_code, nowhere.exit_code) == (2, 2)
    assert "choose one with --line" in many.stderr
    assert "there is no event at this place" in nowhere.stderr


def test_a_blank_line_is_no_event(run, write, settings, order):
    """A line between two events that holds none cannot be explained."""
    events = write("events.jsonl", f"{json.dumps(order)}\n\n{json.dumps(order)}\n")

    assert run("explain", events, "-s", settings, "--line", 2).exit_code == 2


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        ("ann@example.com", (), "error: not JSON at column 1: Expecting value"),
        ("ann@example.com\n{}", (), "error: not JSON at column 1: Expecting value"),
        ('{"email":\n ann@example.com}', (), "error: not JSON at line 2, column 2: Expecting value"),
        ('"ann@example.com"', (), "error: text, but an event is a JSON object"),
        ("", (), "error: not JSON at column 1: Expecting value"),
        ("{}\nann@example.com\n", ("--line", "2"), "error: line 2: not JSON at column 1: Expecting value"),
    ],
)
def test_what_is_no_event_is_refused_without_its_content(run, settings, text, options, why):
    """It is told as transform would tell it, with exit code 1."""
    result = run("explain", "-s", settings, *options, stdin=text)

    assert (result.exit_code, result.stderr) == (1, f"{why}\n")


def test_an_input_too_large_to_be_one_event_is_told(run, write, settings, order, monkeypatch):
    """A whole data set is not read into memory to find that out."""
    monkeypatch.setattr(_input, "MAX_BYTES", 100)

    result = run("explain", write("order.json", order), "-s", settings)

    assert result.exit_code == 2
    assert "cannot be used as a whole" in result.stderr


def test_the_plan_shows_the_python_that_is_run(run, settings):
    """--plan needs no event; what it prints is valid Python."""
    result = run("explain", "-s", settings, "--plan")

    compile(result.stdout, "plan", "exec")
    assert "def track(" in result.stdout
    assert result.exit_code == 0


@pytest.mark.parametrize(("options", "named"), [(["--json"], "--json"), (["--show-values"], "--show-values"), (["--show-values", "--json"], "--json and --show-values")])
@pytest.mark.parametrize("with_input", [True, False])
def test_the_plan_goes_without_options_for_values(run, write, settings, order, options, named, with_input):
    """They would do nothing, so they are wrong use, named."""
    result = run("explain", "-s", settings, "--plan", *options, *([write("order.json", order)] if with_input else []))

    assert (result.exit_code, result.stdout) == (2, "")
    assert f"it goes without {named}\n" in result.stderr


def test_the_plan_tells_in_words_what_comes_before_it(run, write):
    """Consent first, then subscriptions, as comments, whatever stands in their names."""
    rows = [{"name": "New\nlead", "subscribe": 'event = "Lead"', "mapping": {}}, {"subscribe": "type = page", "mapping": {}}]
    settings = write("settings.json", {"consent": {"categories": ["C4", "ads"], "match": "any", "unknown": "granted"}, "subscriptions": rows})
    result = run("explain", "-s", settings, "--plan")

    compile(result.stdout, "plan", "exec")
    before, _, code = result.stdout.partition("\n\n")
    code = code.partition("\n\n")[2]
    place = settings.replace(os.sep, "/")
    lines = before.splitlines()
    assert lines[:3] == [f"# Consent is asked for first, before anything else is done ({place}#/consent).", '# Needed: an answer that says yes, or any of "c4", "ads".', "# It is told in the event by"]
    assert "#   a list of the categories denied: context.consentManagement.deniedConsentIds" in lines
    assert "# One place that says no is enough. Where nothing is said, consent counts as granted." in lines
    assert lines[-4:] == [
        "# Then each subscription whose trigger is for the event makes a payload, and the code below is run once for each of them:",
        f'#   New\\nlead: event = "Lead" ({place}#/subscriptions/0)',
        f'#   type = "page" ({place}#/subscriptions/1)',
        "# An event that none is for is not sent.",
    ]
    assert code.startswith("def head(")


def test_the_plan_of_one_event_is_what_it_goes_through(run, write, settings, order):
    """With INPUT, and with --line, only the code for this event is printed, below what the rules call it."""
    whole = run("explain", "-s", settings, "--plan").stdout
    lines = write("events.jsonl", json.dumps({"type": "page"}) + "\n" + json.dumps(order) + "\n")
    results = [run("explain", "-s", settings, "--plan", write("order.json", order)), run("explain", "-s", settings, "--plan", "--line", "2", lines)]

    assert results[0].stdout == results[1].stdout
    before, _, code = results[0].stdout.partition("\n\n")
    compile(code, "plan", "exec")
    assert "# as_em: takes an e-mail address\n# " in code
    assert before.splitlines()[0] == "# It goes to the tag as Checkout, to the API as checkout (mappings/specs/ecommerce.json#/events/0)."
    assert "def track(" in code
    assert "def page(" not in code
    assert len(code) < len(whole) / 5
    assert [result.exit_code for result in results] == [0, 0]


def test_the_plan_of_an_event_that_goes_nowhere_says_so(run, write, settings):
    """Events that no code is run for, or that are kept back, are told in words, by the code of the problem."""
    denied = {"type": "track", "event": "Order Completed", "context": {"consent": {"categoryPreferences": {"ads": False}}}}
    asking = write("asking.json", {"consent": {"categories": ["ads"]}})
    mapped = write("mapped.json", {"subscriptions": [{"subscribe": "type = track", "mapping": {"event_name": {"@path": "$.event"}}}]})

    assert run("explain", "-s", settings, "--plan", write("group.json", {"type": "group"})).stdout.startswith("# It goes nowhere: unsupported_call.\n")
    assert run("explain", "-s", settings, "--plan", write("blank.json", {"type": "track", "event": ""})).stdout.startswith("# It goes nowhere: missing_event_name.\n")
    assert "# This event is kept back: consent_denied at context.consent" in run("explain", "-s", asking, "--plan", write("denied.json", denied)).stdout
    assert "# It goes nowhere: not_subscribed.\n" in run("explain", "-s", mapped, "--plan", write("page.json", {"type": "page"})).stdout
    assert "# It goes to the tag as Checkout" in run("explain", "-s", mapped, "--plan", write("mapped_event.json", {**denied, "event": "checkout"})).stdout


@pytest.mark.parametrize(("asked", "options", "told"), [({"strict": True}, (), 1), ({}, ("--strict",), 1), ({}, (), 0)])
def test_the_plan_tells_of_strict_mode(run, write, order, asked, options, told):
    """Which may keep back what the code makes, with an event and without one."""
    line = "# What the code below makes is held against its schema, and not sent where that refuses it (strict).\n"
    settings = write("settings.json", asked)

    assert run("explain", "-s", settings, "--plan", *options).stdout.count(line) == told
    assert run("explain", "-s", settings, "--plan", *options, write("order.json", order)).stdout.count(line) == told


def test_the_plan_names_only_what_can_tell(run, write):
    """Without categories no list of them says anything; a single one is not all of anything; and who does not ask has nothing to say."""
    asked: list[dict[str, object]] = [{"consent": {}}, {"consent": {"categories": ["a"]}}, {"subscriptions": "presets"}, {}]
    texts = [run("explain", "-s", write("settings.json", settings), "--plan").stdout for settings in asked]

    assert "# Needed: an answer that says yes.\n" in texts[0]
    assert "a list of the categories denied" not in texts[0]
    assert '# Needed: an answer that says yes, or "a".\n' in texts[1]
    assert "a list of the categories granted; those that are not in it are denied: context.consentManagement.allowedConsentIds" in texts[1]
    assert texts[2].startswith("# Each subscription whose trigger is for the event makes a payload")
    assert texts[3].startswith("# as_text: takes text\n")


def test_wrong_settings_are_told(run, write):
    """As everywhere: all faults, exit code 2."""
    result = run("explain", "-s", write("settings.json", {"tagid": "1"}), stdin="{}")

    assert result.exit_code == 2
    assert "#/tagid: found an unknown key" in result.stderr


def test_names_that_a_terminal_cannot_show_are_no_failure(start, settings, order):
    """Where the output takes a few letters only, others are escaped."""
    order["properties"]["order_id"] = "茶"
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = start("explain", "-s", settings, env=environment)

    out, said = process.communicate(json.dumps(order).encode(), timeout=60)

    assert rb'"\u8336"' in out
    assert (said, process.returncode) == (b"", 0)
