"""The plain API does what its OpenAPI description says, for whatever schemathesis makes of it."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from pinterest_destination._resources import read_json, schemas

from .http_service import running

DOCUMENT = read_json(schemas() / "openapi.json")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
"""All but `positive_data_acceptance`: which settings are good, docs/settings.md and 422 tell, and not this description."""

schema = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A service that all examples share."""
    folder = tmp_path_factory.mktemp("openapi")
    (folder / "shop.json").write_text("{}")
    with running(folder / "log", settings_dir=folder) as service:
        yield f"http://127.0.0.1:{service.port}"


@pytest.mark.property
@schema.parametrize()
@settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
def test_the_service_does_what_it_says(case, url):
    """Statuses, types and bodies; what the description does not allow is refused."""
    case.call_and_validate(base_url=url, checks=CHECKS, timeout=20)


def test_every_part_is_described():
    """Each operation has a summary, each of its answers a description."""
    operations = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations)
