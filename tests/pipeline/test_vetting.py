"""Vetting: the plan says which questions about the network can be asked, and why not others."""

import pytest

from audit.cli.plan import _print_inside
from audit.errors import RequestError
from audit.pipeline.vetting import BLACK_BOX, vetted

NAMES = ("activation_map", "attention_map", "logit_lens", "writers", "patching")


class BlackBox:
    """A model that answers and shows nothing of itself."""

    identity, device = None, "cpu"


def test_a_model_that_can_be_reached_inside_is_asked_everything(load_model, tiny):
    found = vetted(load_model(tiny), NAMES)
    assert [one.question.name for one in found] == list(NAMES)
    assert {one.refused for one in found} == {""}


def test_a_black_box_is_called_one(capsys):
    found = vetted(BlackBox(), NAMES)
    assert {one.refused for one in found} == {BLACK_BOX}
    _print_inside(found)
    assert "not available: black box" in capsys.readouterr().out


def test_a_failed_check_refuses_what_rests_on_it_and_nothing_else(load_model, make_folder, capsys):
    odd = load_model(make_folder("granite", residual_multiplier=0.4, num_key_value_heads=2))
    found = {one.question.name: one.refused for one in vetted(odd, NAMES)}
    assert "does not sum" in found["writers"]
    assert "'granite'" in found["activation_map"]
    assert found["logit_lens"] == found["attention_map"] == found["patching"] == ""
    _print_inside(vetted(odd, NAMES))
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2
    assert "activation map, writers: not verified for the family 'granite'" in "\n".join(printed)
    assert "can be asked." in "\n".join(printed)


def test_an_unknown_question_is_refused_by_name(load_model, tiny):
    with pytest.raises(RequestError, match="did you mean 'writers'"):
        vetted(load_model(tiny), ("writer",))
