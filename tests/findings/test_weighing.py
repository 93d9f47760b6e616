"""What speaks for a finding and against it: each sentence has its opposite."""

import pytest

from audit.findings.detect import detect
from audit.findings.policy import load_policy
from audit.records.context import (
    Bounds,
    Context,
    EffectSizes,
    MarginalModel,
    MixedModel,
    Rewording,
    Robustness,
)
from audit.records.quantities import Amount, Undefined

NONE = Undefined(reason="not asked")
POLICY = load_policy("default")


def robustness(low, high, p, mixed=NONE):
    return Robustness(
        low=low, high=high, draws=2000, sign_flip_p=p, flips=4096, exact=False, mixed=mixed
    )


def model(low, high):
    return MixedModel(
        value=(low + high) / 2,
        se=0.1,
        low=low,
        high=high,
        template_variance=0.1,
        name_variance=0.1,
        residual_variance=1.0,
        converged=False,
    )


def context(made, *, mean=0.4, worst_case=NONE, **changes):
    effects = EffectSizes(
        standardised=Amount(value=1.0),
        standardised_kind="dz",
        cliffs_delta=Amount(value=0.5),
        points=NONE,
        impact_ratio=NONE,
        worst_case=worst_case,
    )
    fields = {"shares": NONE, "rewording": NONE, "repeat_noise": NONE, "robustness": NONE}
    return Context(
        against_mean=made.estimate(mean),
        reference_against_mean=made.estimate(-mean),
        groups=3,
        effects=effects,
        **{**fields, **changes},
    )


@pytest.fixture
def weigh(made, world):
    suites = {"employment/shortlisting.en": world.suite(["case-1"])}

    def weighed(value=0.8, null=NONE, **changes):
        one = made.disparity(made.estimate(value), null=null, context=context(made, **changes))
        (finding,) = detect([one], POLICY, suites, {})
        return finding

    return weighed


def rewording(made, swap, other):
    return Rewording(
        swap=swap, rewording=other, excess=made.estimate(swap - other), cases=6, pairs=6
    )


def test_each_piece_of_evidence_can_stand_on_either_side(weigh, made):
    for_it = weigh(
        null=made.estimate(0.0),
        mean=0.4,
        robustness=robustness(0.5, 1.0, 0.001, model(0.5, 1.1)),
        rewording=rewording(made, 0.8, 0.1),
        worst_case=Bounds(unit="probability", observed=0.2, low=0.1, high=0.3, missing=3),
    )
    against_it = weigh(
        null=made.estimate(0.4),
        mean=0.01,
        robustness=robustness(-0.1, 1.0, 0.2, model(-0.5, 1.1)),
        rewording=rewording(made, 0.8, 0.9),
        worst_case=Bounds(unit="probability", observed=0.2, low=-0.1, high=0.3, missing=30),
    )
    assert len(for_it.evidence_for) == len(against_it.evidence_against) == 7
    assert not for_it.evidence_against
    assert not against_it.evidence_for
    assert for_it.verdict == against_it.verdict  # beside the verdict, never instead
    assert any("reference group's" in words for words in against_it.evidence_against)
    assert any("did not converge" in words for words in for_it.evidence_for)
    assert any("30 missing" in words for words in against_it.evidence_against)


@pytest.mark.parametrize(("low", "high", "side"), [(0.2, 0.8, "for"), (-0.8, -0.2, "against")])
def test_shares_of_draws_are_weighed_by_their_direction(weigh, low, high, side):
    drawn = MarginalModel(
        value=(low + high) / 2, se=0.1, df=9, low=low, high=high, p=0.01, templates=10,
        converged=True,
    )  # fmt: skip
    other = robustness(0.5, 1.0, 0.001).model_copy(update={"marginal": drawn})
    said = getattr(weigh(robustness=other), f"evidence_{side}")
    assert sum("shares of draws" in words for words in said) == 1


def test_a_gap_below_zero_is_weighed_the_same_way(weigh):
    bounds = Bounds(unit="probability", observed=-0.2, low=-0.3, high=-0.1, missing=3)
    got = weigh(-0.8, mean=-0.4, worst_case=bounds)
    assert len(got.evidence_for) == 2
    assert len(weigh(-0.8, mean=0.4, worst_case=bounds).evidence_against) == 1


def test_what_was_not_asked_says_nothing(weigh, made):
    got = weigh(mean=0.4)
    assert (len(got.evidence_for), got.evidence_against) == (1, ())
    clear = weigh(0.01)
    assert (clear.evidence_for, clear.evidence_against) == ((), ())
