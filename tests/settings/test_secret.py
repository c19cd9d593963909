"""Secrets: usable, but never shown."""

import copy
import pickle
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.errors import Fault, SettingsError
from pinterest_destination.settings import Secret, Settings
from pinterest_destination.settings.secret import resolve_secret

VALUE = "pina_s3cr3t"
tokens = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)


def resolve(raw, *, local=True, base=Path()):
    return resolve_secret(raw, local=local, base=base)


def test_reveal_gives_the_value_without_the_blanks_around_it():
    """A secret file ends in a line break more often than not."""
    assert Secret(f" \t{VALUE}\r\n").reveal() == VALUE


@pytest.mark.parametrize("value", ["", " \n", "a b", "a\nb", "a\x00b", "a\x7f", "tökén", "\ud800"])
def test_what_cannot_stand_in_a_header_is_no_secret(value):
    """A secret is printable ASCII without spaces; the error does not repeat it."""
    with pytest.raises(ValueError, match="printable ASCII") as caught:
        Secret(value)

    assert str(caught.value) == "a secret is made of printable ASCII characters, without spaces"


@pytest.mark.property
@given(tokens)
def test_a_secret_shows_in_no_form(value):
    """Neither printing nor formatting nor pickling brings the value to light."""
    secret = Secret(value)
    hidden = "Secret(***)"

    assert [repr(secret), str(secret), f"{secret}", "%s" % secret, f"{[secret]}"] == [hidden] * 4 + [f"[{hidden}]"]  # noqa: UP031
    assert f"{secret:>13}" == f"  {hidden}"
    assert pickle.dumps(secret) == pickle.dumps(Secret("another"))
    assert secret.reveal() == value


def test_attrs_does_not_look_into_a_secret():
    """`attrs.asdict` of settings keeps the secret as the object it is."""
    secret = Secret(VALUE)

    assert attrs.asdict(Settings(conversion_token=secret))["conversion_token"] is secret


def test_copies_are_the_same_object():
    """A secret cannot change, so no copy of it needs to be made."""
    secret = Secret(VALUE)

    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_a_pickled_secret_leaves_its_value_behind():
    """What comes out of a pickle prints the same, and says what to do when it is asked for the value."""
    secret = pickle.loads(pickle.dumps(Secret(VALUE)))  # noqa: S301

    assert repr(secret) == "Secret(***)"
    assert secret != Secret(VALUE)
    with pytest.raises(SettingsError, match="settings loaded anew in this process"):
        secret.reveal()


def test_secrets_compare_and_hash_by_value():
    """Two equal secrets are one in a set; a secret equals no text."""
    assert Secret(VALUE) == Secret(f"{VALUE}\n")
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert len({Secret(VALUE), Secret(VALUE), Secret("other")}) == 2


def test_a_secret_cannot_be_changed():
    """It has no attribute to set, replace or delete."""
    secret = Secret(VALUE)

    with pytest.raises(AttributeError, match="cannot be changed"):
        secret._value = "other"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del secret._value


def test_text_is_the_secret_itself():
    """The plain form needs no leave to look at the host."""
    assert resolve(f"{VALUE}\n", local=False) == Secret(VALUE)


def test_a_secret_comes_from_the_environment(monkeypatch):
    """The variable's value is taken at load."""
    monkeypatch.setenv("SOME_TOKEN", f"{VALUE}\n")

    assert resolve({"env": "SOME_TOKEN"}) == Secret(VALUE)


@pytest.mark.parametrize("content", [VALUE, f"{VALUE}\r\n", f"\ufeff{VALUE}\n"])
def test_a_secret_comes_from_a_file_beside_the_settings(tmp_path, content):
    """A relative path starts at the base folder; what editors add around the token does not count."""
    (tmp_path / "token").write_bytes(content.encode())

    assert resolve({"file": "token"}, base=tmp_path) == Secret(VALUE)
    assert resolve({"file": str(tmp_path / "token")}) == Secret(VALUE)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "a file, which is blank"),
        (b"\n \n", "a file, which is blank"),
        (b"first\nsecond", "a file, which holds more than printable ASCII without spaces"),
        (b"tok\xff", "a file, which holds more than printable ASCII without spaces"),
        (b"x" * 65537, "a file of more than 65536 bytes"),
    ],
)
def test_a_file_that_holds_no_token_is_told_without_its_content(tmp_path, content, found):
    """The fault says what kind of content it is, and no more."""
    (tmp_path / "token").write_bytes(content)

    fault = resolve({"file": "token"}, base=tmp_path)

    assert isinstance(fault, Fault)
    assert (fault.pointer, fault.found) == ("/conversion_token/file", found)


@pytest.mark.parametrize(
    ("path", "error"), [(".", "IsADirectoryError"), ("none", "FileNotFoundError"), ("a\0b", "ValueError")]
)
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path, path, error):
    """The kind of the error is told, the path is not: it may be the token, put in the wrong place."""
    missing = resolve({"file": path}, base=tmp_path)

    assert isinstance(missing, Secret)
    assert missing.fault is not None
    assert missing.fault.found == f"a file that cannot be read ({error})"


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("SOME_TOKEN", None, "an environment variable that is not set"),
        ("SOME_\ud800", None, "an environment variable that is not set"),
        ("SOME_TOKEN", "", "an environment variable, which is blank"),
        ("SOME_TOKEN", "a b", "an environment variable, which holds more than printable ASCII without spaces"),
    ],
)
def test_a_variable_that_holds_no_token_is_told_without_its_name(monkeypatch, name, value, found):
    """The name may be the token, put in the wrong place."""
    monkeypatch.delenv("SOME_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv(name, value)

    found_secret = resolve({"env": name})
    fault = found_secret.fault if isinstance(found_secret, Secret) else found_secret

    assert isinstance(fault, Fault)
    assert (fault.pointer, fault.found) == ("/conversion_token/env", found)


@pytest.mark.parametrize("raw", [{"env": "HOME"}, {"file": "/etc/hostname"}])
def test_settings_from_elsewhere_do_not_reach_for_the_host(raw):
    """Else whoever writes settings could send the host's secrets wherever the token goes."""
    fault = resolve(raw, local=False)

    assert isinstance(fault, Fault)
    assert fault.found == "a reference to the host's environment or files"


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("raw", [None, 5, [], {}, {"env": 5}, {"vault": "x"}])
def test_anything_else_is_a_fault(raw, local):
    """Whatever is no known form of a secret is refused, not tried."""
    assert isinstance(resolve(raw, local=local), Fault)


def test_a_missing_secret_stops_only_who_reveals_it(monkeypatch):
    """Settings that refer to it load, and say so once; its value is asked for by delivery, which is told what is missing."""
    monkeypatch.delenv("SOME_TOKEN", raising=False)

    settings = Settings.load({"conversion_token": {"env": "SOME_TOKEN"}})

    assert [(p.severity, p.code, p.path) for p in settings.problems] == [("info", "missing_secret", "/conversion_token/env")]
    assert settings.conversion_token is not None
    with pytest.raises(SettingsError, match="#/conversion_token/env: found an environment variable that is not set"):
        settings.conversion_token.reveal()


def test_a_missing_secret_of_another_tool_is_told_by_its_own_key(monkeypatch):
    """RudderStack writes `env.NAME`; the problem points to where that stands."""
    monkeypatch.delenv("SOME_TOKEN", raising=False)

    settings = Settings.load({"tagId": "1", "conversionToken": "env.SOME_TOKEN", "eventsMapping": []})

    assert ("missing_secret", "/conversionToken") in [(p.code, p.path.removesuffix("/env")) for p in settings.problems]
