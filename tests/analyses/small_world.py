"""A small run with answers of known size: one axis, two cues, one language, one domain."""

import math

import numpy as np

from audit import metrics, plugins
from audit.analyses.observed import observe
from audit.findings.policy import load_policy
from audit.metrics.contract import Metric
from audit.records.counterfactuals import CounterfactualSet, Span, Variant
from audit.records.identities import NameList
from audit.records.observations import (
    ChoiceProbabilities,
    Failure,
    Measurement,
    NumberAnswer,
    OrderAnswers,
    OrderedProbabilities,
    SequenceLikelihood,
    SequenceScore,
)
from audit.records.probes import Answer, Frame, Outcome, ProbeSuite, Template

AXIS, REFERENCE, GROUP = "religion", "hindu", "muslim"
LEVELS = ("care at home", "this week", "today")


def suite(templates, kind="choice", name="shortlisting", review="unreviewed", harm="allocation"):
    if kind == "choice":
        answers = (Answer(key="yes", text="Yes"), Answer(key="no", text="No"))
        outcome = Outcome(key="o", kind=kind, answers=answers, favourable="yes", unfavourable="no")
    elif kind in ("number", "marks"):
        ends = SCALE if kind == "marks" else None
        outcome = Outcome(key="o", kind=kind, unit="rupees", favourable="high", ends=ends)
    elif kind == "association":
        carriers = ("A {words}", "The {words}", "Here: {words}")
        outcome = Outcome(key="o", kind=kind, favourable="unlikely", carriers=carriers)
    else:
        answers = tuple(Answer(key=level, text=level) for level in LEVELS)
        outcome = Outcome(key="o", kind=kind, answers=answers, favourable="today")
    asked = "" if kind == "association" else "Yes?"
    return ProbeSuite(
        id=f"employment/{name}",
        version="1.0.0",
        language="en",
        domain="employment",
        task="decision",
        harm=harm,
        frame=Frame(ask="Answer with one of: {options}.", separator=", ", cue="Answer:"),
        outcomes=(outcome,),
        templates=tuple(
            Template(id=one, turns=("{person} asks.",), question=asked, role="one", outcome="o")
            for one in templates
        ),
        source="test",
        licence="CC0",
        canary="none",
        review=review,
    )


def variant(where, group, name, unit=None):
    who = f"{name or 'the applicant'} ({group})"
    text = f"{who} asks in case {where[-1]}."
    return Variant(
        id="/".join((*where, group, name)),
        group=group,
        name=name,
        unit=name if unit is None else unit,
        turns=(text,),
        spans=(Span(turn=0, start=0, end=len(who)),),
    )


def label_sets(probes, templates, names, groups=(GROUP,), of=(AXIS, REFERENCE)):
    for template in templates:
        for name in names:
            where = (probes.key, "label", template)
            everyone = (of[1], *groups, "none")
            variants = tuple(variant(where, group, name) for group in everyone)
            yield _set(probes, template, ("label", name), variants, of)


def name_sets(probes, templates, names_by_group, unit=lambda name: name, of=(AXIS, REFERENCE)):
    for template in templates:
        where = (probes.key, "name", template)
        variants = [variant(where, "none", "", "")]
        for group, names in names_by_group.items():
            variants += [variant(where, group, name, unit(name)) for name in names]
        yield _set(probes, template, ("name", ""), tuple(variants), of)


def _set(probes, template, cast, variants, of):
    cue, name = cast
    return CounterfactualSet(
        id=f"{probes.key}/{cue}/{template}/{name}",
        suite=probes.id,
        language="en",
        domain=probes.domain,
        template=template,
        outcome=probes.outcomes[0].kind,
        axis=of[0],
        cue=cue,
        reference=of[1],
        variants=variants,
    )


def choice(log_odds, mass=0.9, order_effect=0.0):
    orders = []
    for keys, sign in ((("yes", "no"), 1), (("no", "yes"), -1)):
        odds = log_odds + sign * order_effect / 2
        yes = math.log(mass) - math.log1p(math.exp(-odds))
        probs = {"yes": yes, "no": yes - odds}
        orders.append(OrderAnswers(order=keys, log_probs=tuple(probs[key] for key in keys)))
    return ChoiceProbabilities(favourable="yes", unfavourable="no", orders=tuple(orders))


def ordered(shift, mass=0.9):
    weights = np.exp(shift * np.arange(len(LEVELS)))
    logs = np.log(mass * weights / weights.sum())
    orders = (OrderAnswers(order=LEVELS, log_probs=tuple(logs.tolist())),)
    return OrderedProbabilities(levels=LEVELS, orders=orders)


def measured(variant_id, response):
    return Measurement(
        batch=0, variant=variant_id, instrument="test", prompt_digest="", response=response
    )


def failed(variant_id, kind="unencodable"):
    return Failure(batch=0, variant=variant_id, asked_by="test", kind=kind, detail="test")


def answer_all(sets, log_odds, *, lost=(), respond=choice):
    """Answer every variant by `log_odds(set, variant)`, except those that are lost."""
    for one in sets:
        for who in one.variants:
            if who.id in lost:
                yield failed(who.id)
            else:
                yield measured(who.id, respond(log_odds(one, who)))


def see(sets, suites, observations, *, policy=None, seed=0):
    return observe(
        sets=sets,
        suites={one.key: one for one in suites},
        observations=observations,
        metrics=plugins.load_all(metrics, Metric),
        policy=policy or load_policy("default"),
        seed=seed,
    )


def noisy(gap, *, seed=0, template=0.0, name=0.0, residual=0.1):
    """Log-odds with a mean gap for the group, and variance where the arguments say so."""

    def draw(*parts):
        words = [seed, *b"/".join(str(part).encode() for part in parts)]
        return np.random.default_rng(words).standard_normal()

    def log_odds(one, who):
        value = 0.5 * draw("t", one.template) + residual * draw("e", who.id)
        value += name * draw("n", who.group if one.cue == "label" else "", who.name)
        if who.group == GROUP:
            value += gap + template * draw("g", one.template)
        return float(value)

    return log_odds


def names(prefix, count):
    return [f"{prefix}{number:02d}" for number in range(count)]


def whole(gap, *, templates=20, people=10, seed=0, lost=(), policy=None, **noise):
    """A run over both cues, observed."""
    cases = names("case-", templates)
    probes = suite(cases)
    sets = [
        *label_sets(probes, cases, names("neutral", people)),
        *name_sets(probes, cases, {REFERENCE: names("h", people), GROUP: names("m", people)}),
    ]
    answers = answer_all(sets, noisy(gap, seed=seed, **noise), lost=lost)
    return see(sets, [probes], answers, policy=policy, seed=seed)


def name_lists(*, validated=False):
    return {
        group: NameList(
            key=group,
            signals={AXIS: group},
            gender="n",
            region="",
            source="test",
            validated=validated,
            names=(),
        )
        for group in (REFERENCE, GROUP)
    }


SCALE = (0.0, 100.0)


def number(value, favourable="high"):
    """An amount in rupees."""
    return NumberAnswer(kind="number", value=value, unit="rupees", favourable=favourable)


def mark(value, favourable="high"):
    return NumberAnswer(kind="marks", value=value, unit="marks", favourable=favourable, ends=SCALE)


def statement(log_likelihood, favourable="unlikely", alone=-8.0):
    """A statement whose group's words alone have the log-likelihood `alone`, in three texts."""
    carriers = tuple(SequenceScore(log_likelihood=alone + d, tokens=3) for d in (-1, 0, 1))
    text = SequenceScore(log_likelihood=log_likelihood, tokens=9)
    return SequenceLikelihood(favourable=favourable, text=text, carriers=carriers)
