"""Vetting: which questions about the network this model can be asked, and why not the others.

It is known before the run: a model that cannot be reached inside is a black box, and an
architecture that does not pass a check is refused what rests on that check, by name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audit import internals, plugins
from audit.internals.contract import Question
from audit.models.checking import checked, refusal
from audit.models.contract import Intervenes, Model

BLACK_BOX = "not available: black box"


@dataclass(frozen=True)
class Vetted:
    """A question of the plan, and why the model cannot be asked it; empty if it can."""

    question: Question
    refused: str


def vetted(model: Model, names: Iterable[str]) -> tuple[Vetted, ...]:
    """Return the questions of a depth, tried on the model itself with two short prompts.

    Raises:
        RequestError: If there is no question of that name.
    """
    questions = [plugins.load(internals, name, Question) for name in names]
    if not isinstance(model, Intervenes):
        return tuple(Vetted(question, BLACK_BOX) for question in questions)
    failures: Mapping[str, str] = checked(model) if questions else {}
    return tuple(Vetted(one, _refused(one, model, failures)) for one in questions)


def _refused(question: Question, model: Model, failures: Mapping[str, str]) -> str:
    if not isinstance(model, question.needs):
        return f"the model does not offer {question.needs.__name__}"
    return refusal(question.rests_on, failures)
