"""The envelopes beside those of RudderStack's own transformer: endpoints, parameters and the texts of what is refused."""

import json

from pinterest_destination.hosts.rudderstack import Destinations, process, route

KNOWN_BETTER = "Action source must be one of"
"""Where the event itself tells an app from a web page, ours may send what the peer refuses."""
STEPS = ("validateInput", "validateInputForTrack", "validateCommonFields", "validateUserFields", "eventNames")


def rows(folder):
    """One row for each event, with its settings and what the peer made of it."""
    return [json.loads(line) for line in (folder / "rudderstack-capi.jsonl").read_text("utf-8").splitlines()]


def asked(row):
    """The row as a host asks for it."""
    return {"message": row["event"], "metadata": {"jobId": 1, "destinationId": "d-1"}, "destination": {"ID": "d-1", "Config": row["settings"]}}


def test_the_processor_answers_as_the_peer_does(row, compare):
    """An entry for each of the peer's payloads, to the same endpoint and with the same parameters; or the same error."""
    entries = process([asked(row)], destinations=Destinations())
    peer = row["peer"]

    assert {entry["metadata"]["jobId"] for entry in entries} == {1}
    if "error" in peer:
        if not peer["error"].startswith(KNOWN_BETTER) or entries[0]["statusCode"] != 200:
            text, _, workflow = entries[0]["error"].partition(": Workflow: procWorkflow, Step: ")
            step, _, original = workflow.partition(", ChildStep: undefined, OriginalError: ")
            assert (entries[0]["statusCode"], text, original) == (peer["status"], peer["error"], peer["error"])
            assert step in STEPS
    elif row["compare"] == "equal":
        assert len(entries) == len(peer["capi"])
        for theirs, entry in zip(peer["capi"], entries, strict=True):
            output = entry["output"]
            assert (output["endpoint"], output["params"], output["userId"]) == (peer["endpoint"], peer["params"], "")
            assert compare.covers(compare.capi(row["event"], theirs), compare.capi(row["event"], output["body"]["JSON"])) == []


def test_the_router_batches_what_the_processor_makes(row):
    """In one request for the job, or with the same error, bare."""
    destinations = Destinations()
    entries = process([asked(row)], destinations=destinations)
    (element,) = route({"input": [asked(row)], "destType": "pinterest_tag"}, destinations=destinations)["output"]

    if element["batched"]:
        assert element["batchedRequest"]["body"]["JSON"]["data"] == [entry["output"]["body"]["JSON"] for entry in entries]
        assert [job["destInfo"] for job in element["metadata"]] == [{"pinterest": [0, len(entries)]}]
    else:
        assert entries[0]["error"].startswith(element["error"])
        assert element["statusCode"] == entries[0]["statusCode"]
    assert element["destination"]["Config"] == row["settings"]
