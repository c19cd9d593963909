"""Laws of loading settings, tried on many documents: nothing but a `SettingsError` is raised, and no secret shows."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.errors import SettingsError
from pinterest_destination.settings import DIALECTS, Settings, load_settings
from pinterest_destination.settings._schema import schema

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
NAMES = sorted({*schema()["properties"], *(key for table in DIALECTS.values() for key in table.keys)})
ROWS = ["from", "to", "as", "channels", "key", "value", "properties", "web", "ios", "env", "file"]
WORDS = ["", " ", "1", "v3", "em", "true", "newApi", "a..b", "a[0]", "Signup", "browser", "env.X", "x/y", "segment"]
near_values = st.recursive(
    json_values | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ROWS, *WORDS]), inner, max_size=3),
    max_leaves=10,
)
near_documents = st.dictionaries(st.sampled_from(NAMES), near_values, max_size=8)


def outcome(document, dialect=None, *, local=False):
    """The settings, or the error that tells why there are none."""
    try:
        return load_settings(document, dialect, local=local)
    except SettingsError as error:
        return error


@pytest.mark.property
@given(json_values, st.booleans())
def test_any_json_is_settings_or_a_settings_error(document, local):
    """No document raises anything else."""
    result = outcome(document, local=local)

    assert isinstance(result, Settings) or (result.faults and str(result))


@pytest.mark.property
@given(near_documents, st.sampled_from([None, "native", *DIALECTS]))
def test_nearly_right_settings_are_settings_or_a_settings_error(document, dialect):
    """Known keys with strange values raise nothing else either; every fault names one place of the document."""
    before = repr(document)
    result = outcome(document, dialect)
    places = [fault.pointer for fault in result.faults] if isinstance(result, SettingsError) else []

    assert all(place.split("/")[1] in document for place in places)
    assert len({*places}) == len(places)
    assert repr(document) == before


PLANTED = "pl4nt3d"
SECRET_KEYS = ["conversion_token", "conversionToken", "apiToken", "api_token", "client_secret", "password", "apiKey"]
secrets = st.recursive(
    st.sampled_from([PLANTED, f"{PLANTED} ", f"a {PLANTED}\n", f"pina_{PLANTED}", f"env.{PLANTED}", f"{PLANTED}\0"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["env", "file", "web", PLANTED, f"pina_{PLANTED}"]), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.property
@given(
    st.dictionaries(st.sampled_from(SECRET_KEYS), secrets, min_size=1),
    near_documents,
    st.sampled_from([None, "native", *DIALECTS]),
    st.booleans(),
)
def test_a_secret_shows_nowhere(planted, document, dialect, local):
    """Whatever a token is and wherever it stands, no text, print or pickle of what comes out holds it."""
    result = outcome({**document, **planted}, dialect, local=local)

    assert PLANTED not in repr(result)
    assert PLANTED not in str(result)
    assert PLANTED.encode() not in pickle.dumps(result)
    assert getattr(result, "__context__", None) is None
