"""The errors of delivery: told apart by what the caller should do."""

import pytest

from pinterest_destination import errors
from pinterest_destination.errors import DeliveryError, OutboxError, OutboxFull, PinterestDestinationError


@pytest.mark.parametrize(("error", "retryable"), [(DeliveryError, False), (OutboxError, False), (OutboxFull, True)])
def test_an_error_tells_whether_trying_again_may_help(error, retryable):
    """A full outbox has room again once events are delivered; a broken one must be mended."""
    assert error.retryable is retryable
    assert error("the outbox is full").retryable is retryable


def test_all_of_them_are_caught_at_once():
    """By their own root, and by that of the package."""
    assert issubclass(OutboxError, DeliveryError)
    assert issubclass(OutboxFull, DeliveryError)
    assert issubclass(DeliveryError, PinterestDestinationError)


def test_every_error_is_drawn_in_the_hierarchy():
    """The tree at the top of the module names each class but the private root of documents' errors."""
    names = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}

    assert [name for name in sorted(names - {"DocumentError"}) if name not in (errors.__doc__ or "")] == []
