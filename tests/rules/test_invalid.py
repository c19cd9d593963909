"""Bad mapping documents: every fault, where it stands, what was found, what would be right."""

import json
from pathlib import Path

import pytest

from pinterest_destination import Destination, MappingError

CASES = sorted((Path(__file__).parents[1] / "invalid" / "mappings").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_bad_document_is_told_fault_by_fault(path, tmp_path):
    """The messages are part of the product: they are compared as a whole."""
    case = json.loads(path.read_text("utf-8"))
    document = tmp_path / path.name
    document.write_text(case.get("text") or json.dumps(case["document"]), "utf-8")

    with pytest.raises(MappingError) as caught:
        Destination({"spec": str(document)})

    lines = [str(fault).removeprefix(str(document)) for fault in caught.value.faults]
    if "expect_errors" in case:
        assert lines == case["expect_errors"]
    for part in case.get("expect_contains", ()):
        assert part in "\n".join(lines)
