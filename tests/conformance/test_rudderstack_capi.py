"""API events beside those of RudderStack's cloud mode."""

import json

from pinterest_destination import Destination

KNOWN_BETTER = "Action source must be one of"
"""Where the event itself tells an app from a web page, ours may send what the peer refuses."""


def rows(folder):
    """One row for each event, with its settings and what the peer made of it."""
    return [json.loads(line) for line in (folder / "rudderstack-capi.jsonl").read_text("utf-8").splitlines()]


def test_ours_says_all_that_the_peer_says(row, compare):
    """As many events, each covering the peer's; where the peer refuses, ours gives no event and a problem."""
    conversion = Destination(row["settings"]).transform(row["event"])
    peer = row["peer"]

    assert "internal_error" not in {problem.code for problem in conversion.problems}
    if "error" in peer:
        assert KNOWN_BETTER in peer["error"] or not conversion.capi
        assert conversion.capi or any(problem.severity == "error" for problem in conversion.problems)
    elif row["compare"] == "equal":
        assert len(conversion.capi) == len(peer["capi"])
        for theirs, ours in zip(peer["capi"], conversion.capi, strict=True):
            assert compare.covers(compare.capi(row["event"], theirs), compare.capi(row["event"], ours)) == []
