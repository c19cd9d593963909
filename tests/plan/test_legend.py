"""What the names in generated code stand for."""

import re

from pinterest_destination import Destination
from pinterest_destination.plan.emit import RUNTIME
from pinterest_destination.plan.legend import legend
from pinterest_destination.plan.narrowed import whole

SECRET = {"tag_id": "2612345678901", "np": "SENTINEL", "partner_name": "SENTINEL", "app_id": "429047995", "advertiser_id": "549755885175"}


def lines(settings):
    """The whole code of *settings*, and its legend by name."""
    module = whole(Destination(settings).plan)
    told = dict(line.split(": ", 1) for line in legend(module) if ": " in line)
    return module, told


def test_all_code_is_that_of_the_plan():
    """What is shown is what is run."""
    destination = Destination(SECRET)

    assert whole(destination.plan).text == destination.plan.source


def test_every_transform_word_and_path_is_told():
    """Of the names that the code uses, only fields, problems, settings and what is called are not."""
    module, told = lines(SECRET)
    used = {name for name in re.findall(r"\b\w+\b", module.text) if name in module.names and name not in RUNTIME}
    left = {name for name in used - set(told) if not re.fullmatch(r"[A-Z_]+(_WAYS(_\d)?|_PARTS)", name)}

    assert told["as_em"] == "takes an e-mail address"
    assert re.fullmatch(r'"\w+"(, "\w+")*', told["WORDS"])
    assert told["find_traits_email"] == "what stands at traits.email, in any spelling"
    assert [name for name in left if name.startswith(("as_", "find_", "WORDS", "DOTTED"))] == []


def test_no_value_of_a_setting_is_told():
    """They may be nobody's business."""
    assert "SENTINEL" not in str(lines(SECRET)[1])
