"""What stands beside a disparity in test dossiers: contexts and non-answers, invented."""

import math

from audit.records.context import (
    Bounds,
    Context,
    EffectSizes,
    ImpactRatio,
    MixedModel,
    Points,
    RepeatNoise,
    Rewording,
    Robustness,
    VarianceShares,
)
from audit.records.contrasts import NonAnswers, Share
from audit.records.estimates import Undefined
from audit.records.faithfulness import Measured, MethodTrust
from audit.records.quantities import Amount, Estimate

REWORDED = 0.35
WARNING = "The random effects covariance matrix is singular."
NO_REPEAT = "no repeat was asked"
NO_REWORDING = "no case of this cell was answered in two wordings"
NAMES_ARE_A_SAMPLE = "names are a sample of their own, which templates alone ignore"


def context(estimate, cue, outcome, *, missing, rich):
    """Return the context of an estimate; `rich` ones were reworded and repeated."""
    if isinstance(estimate, Undefined):
        return _nothing(estimate, cue)
    return Context(
        against_mean=scaled(estimate, 0.7),
        reference_against_mean=scaled(estimate, -0.3),
        groups=5,
        effects=_effects(estimate, cue, outcome, missing),
        shares=VarianceShares(
            total=0.2, template=0.41, wording=0.06 if rich else None, name=0.13, language=None,
            residual=0.4 if rich else 0.46, templates=20, names=10, wordings=8 if rich else 0,
            observations=200,
        ),
        rewording=Rewording(
            swap=abs(estimate.value), rewording=REWORDED, excess=_excess(estimate), cases=6,
            pairs=9,
        ) if rich else Undefined(reason=NO_REWORDING),
        repeat_noise=RepeatNoise(deviation=0.021, prompts=12, repeats=36)
        if rich else Undefined(reason=NO_REPEAT),
        robustness=_robustness(estimate) if cue == "label"
        else Undefined(reason=NAMES_ARE_A_SAMPLE),
    )  # fmt: skip


def with_warning(made, text):
    """Return a label's context in which a library and a missing number say the text."""
    warned = made.robustness.mixed.model_copy(update={"warnings": (text,)})
    return made.model_copy(
        update={
            "robustness": made.robustness.model_copy(update={"mixed": warned}),
            "shares": Undefined(reason=text),
        }
    )


def scaled(estimate, factor):
    """Return an estimate times a number; its bounds change places where that is negative."""
    low, high = sorted((estimate.low * factor, estimate.high * factor))
    low90, high90 = sorted((estimate.low90 * factor, estimate.high90 * factor))
    return estimate.model_copy(
        update={
            "value": estimate.value * factor, "se": estimate.se * abs(factor), "low": low,
            "high": high, "low90": low90, "high90": high90,
        }
    )  # fmt: skip


def _excess(estimate):
    """Return what the swap moves beyond a rewording, as doubtful as the gap itself."""
    ends = ("value", "low", "high", "low90", "high90")
    away = estimate if estimate.value > 0 else scaled(estimate, -1.0)
    return away.model_copy(update={end: getattr(away, end) - REWORDED for end in ends})


def non_answers(disparity):
    """Return the tally of a comparison; where prompts failed, the group's did."""
    some = disparity.failed > 0
    asked = disparity.planned
    return NonAnswers(
        kind="any", axis=disparity.axis, cue=disparity.cue, group=disparity.group,
        reference=disparity.reference, language=disparity.language, domain=disparity.domain,
        outcome=disparity.outcome,
        share=Share(
            failed=disparity.failed, asked=asked, value=disparity.failed / asked,
            low=0.003 if some else 0.0, high=0.09 if some else 0.1684,
        ),
        reference_share=Share(failed=0, asked=asked, value=0.0, low=0.0, high=0.1684),
        gap=Undefined(reason="the gap does not vary; the intervals of both shares bound it"),
        gap_low=-0.1654 if some else -0.1684, gap_high=0.09 if some else 0.1684,
        q=None,
    )  # fmt: skip


def _effects(estimate, cue, outcome, missing):
    decision = outcome == "choice"
    absent = Undefined(reason=f"an outcome of kind {outcome!r} is no single decision")
    moved, low, high = (
        1 / (1 + math.exp(-v)) - 0.5 for v in (estimate.value, estimate.low, estimate.high)
    )
    return EffectSizes(
        standardised=Amount(value=estimate.value / (estimate.se * 14)),
        standardised_kind="dz" if cue == "label" else "d",
        cliffs_delta=Amount(value=math.tanh(estimate.value)),
        points=Points(baseline=0.5, value=moved, low=low, high=high) if decision else absent,
        impact_ratio=ImpactRatio(
            value=math.exp(estimate.value / 2), low=math.exp(estimate.low / 2),
            high=math.exp(estimate.high / 2), log=scaled(estimate, 0.5),
        ) if decision else absent,
        worst_case=Bounds(
            unit="probability" if decision else "levels", observed=moved,
            low=moved - 0.01 * missing, high=moved + 0.01 * missing, missing=missing,
        ),
    )  # fmt: skip


def _robustness(estimate):
    wide = estimate.se * 2.2
    return Robustness(
        low=estimate.value - wide, high=estimate.value + wide, draws=2000,
        sign_flip_p=max(estimate.p, 1 / 4097), flips=4096, exact=False,
        mixed=MixedModel(
            value=estimate.value, se=estimate.se, low=estimate.low, high=estimate.high,
            template_variance=0.02, name_variance=0.01, residual_variance=0.1, converged=False,
            warnings=(WARNING,),
        ),
    )  # fmt: skip


def _nothing(absent, cue):
    return Context(
        against_mean=absent, reference_against_mean=absent, groups=5,
        effects=EffectSizes(
            standardised=absent, standardised_kind="dz" if cue == "label" else "d",
            cliffs_delta=absent, points=absent, impact_ratio=absent, worst_case=absent,
        ),
        shares=absent, rewording=absent, repeat_noise=absent, robustness=absent,
    )  # fmt: skip


def trust():
    """Return how far two methods can be trusted, in invented numbers of usual sizes."""
    return (
        _method("integrated_gradients", interventional=False, change="open", tried=True),
        _method("occlusion", interventional=True, change="changes", tried=True),
    )


def _method(name, *, interventional, change, tried):
    gain = _interval(0.41, 0.05)
    measures = ("deletion", "insertion", "comprehensiveness", "sufficiency")
    return MethodTrust(
        method=name, interventional=interventional, pairs=36, first=0.89, low=0.7, high=0.97,
        rank_gain=_interval(0.46, 0.02), prompt_residual=0.62 if interventional else 0.01,
        pair_residual=0.23 if interventional else 0.02,
        measures=tuple(
            Measured(
                measure=measure, prompts=12, value=0.15 if measure == "sufficiency" else 0.86,
                random=0.56 if measure == "sufficiency" else 0.45, orders=5, gain=gain,
            )
            for measure in measures
        )
        if tried
        else (),
        randomised=_interval(0.14, 0.1 if change == "changes" else 0.3), randomised_pairs=4,
        change=change,
    )  # fmt: skip


def _interval(value, se):
    return Estimate(
        value=value, se=se, df=5, low=value - 2.6 * se, high=value + 2.6 * se,
        low90=value - 2 * se, high90=value + 2 * se, p=0.01, mde=3.5 * se, templates=6, names=5,
        observations=12, estimator="t over templates",
    )  # fmt: skip
