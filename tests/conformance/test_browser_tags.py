"""pintrk calls beside those of RudderStack's and Segment's browser integrations."""

import json

from pinterest_destination import Destination, Settings

PEERS = {"rudder": ("config", "rudderstack"), "segment": ("options", "segment")}


def rows(folder):
    """One row for each peer's side of a sequence of calls."""
    found = json.loads((folder / "browser-tags.json").read_text("utf-8"))
    return [{"name": f"{peer}: {row['name']}", "peer": peer, **{k: v for k, v in row[peer].items() if k != "name"}} for row in found for peer in PEERS]


def test_ours_says_all_that_the_peer_says(row, compare):
    """`init` is `page_load`; everything else is transformed. Rows that differ on purpose must still do no harm."""
    key, dialect = PEERS[row["peer"]]
    destination = Destination(Settings.load(row[key], dialect))
    events = [call["message"] for call in row["calls"] if call["type"] != "init"]
    conversions = [destination.transform(event) for event in events]
    ours = destination.page_load(row.get("userTraits")) if len(events) < len(row["calls"]) else []
    ours += [call for conversion in conversions for call in conversion.pintrk]

    assert "internal_error" not in {problem.code for conversion in conversions for problem in conversion.problems}
    if row["compare"] == "equal":
        assert compare.covers(compare.pintrk(row["pintrk"], events), compare.pintrk(ours, events)) == []
    elif "an event id is always a non-empty string" in row["why"]:
        assert all(isinstance(call[2]["event_id"], str) and call[2]["event_id"] for call in ours if call[0] == "track")
    elif "an e-mail trait is found in any spelling" in row["why"] and "Email" in str(row["calls"]) + str(row.get("userTraits")):
        assert any(len(call[-1].get("em", "")) == 64 for call in ours if isinstance(call[-1], dict))
    elif "order-completed" in row["name"] or "OrderCompleted" in row["name"]:
        assert [call[1] for call in ours] == ["Checkout"]
