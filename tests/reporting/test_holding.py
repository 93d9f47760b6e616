"""How a finding holds up, and what stands beside single cells: whole, or with reasons."""

import math
import re
from dataclasses import replace

import pytest

from audit.records.estimates import Estimate, Undefined
from audit.reporting.contrasts import contrasts
from audit.reporting.formatting import percent, signed, true_minus
from audit.reporting.holding import holding
from audit.reporting.labels import Labels
from audit.reporting.page import SCREEN, Medium, render

REASON = "the moon was full"


@pytest.fixture
def counting(biased):
    return [finding for finding in biased.findings if finding.counts]


def rows_of(finding):
    return {row.title: row for row in holding(finding).rows}


def without(finding, **parts):
    of = finding.disparity
    return finding.model_copy(
        update={
            "disparity": of.model_copy(update={"context": of.context.model_copy(update=parts)})
        }
    )


def test_every_number_of_the_context_is_shown(counting):
    finding = next(
        f for f in counting if f.disparity.cue == "label" and f.disparity.outcome == "choice"
    )
    rows, found = rows_of(finding), finding.disparity.context
    assert signed(found.against_mean.value) in rows["Against the mean of all groups"].figure
    assert signed(found.effects.standardised.value) == rows["Standardised size (dz)"].figure
    assert signed(found.effects.cliffs_delta.value) == rows["Cliff's delta"].figure
    points = rows["Probability points, middle case"].figure
    assert signed(100 * found.effects.points.value, 1) in points
    assert f"{found.effects.impact_ratio.value:.2f}" in rows["Impact ratio"].figure
    shares = rows["What the gap varies with"].figure.replace("\u00a0", " ")
    assert percent(found.shares.template) in shares
    assert "2,000 draws" in rows["Bootstrap-t"].figure
    assert "4,096 patterns, drawn" in rows["Sign flips"].figure
    assert signed(finding.shrunken.value) in rows["Shrunken estimate"].figure
    picked = rows["Interval, corrected for having been picked"]
    assert signed(finding.selective.low) in picked.figure
    assert signed(finding.disparity.estimate.low) in picked.figure


def test_a_mixed_model_is_shown_with_its_warnings(counting, made):
    finding = next(f for f in counting if f.disparity.cue == "label")
    figure = rows_of(finding)["Mixed model"].figure
    assert "did not converge" in figure
    assert made.context.__globals__["WARNING"] in figure
    robust = finding.disparity.context.robustness
    calm = robust.model_copy(
        update={"mixed": robust.mixed.model_copy(update={"converged": True, "warnings": ()})}
    )
    told = rows_of(without(finding, robustness=calm))["Mixed model"].figure
    assert "converge" not in told
    assert "warning" not in told


@pytest.mark.parametrize(
    ("part", "title"),
    [
        ("against_mean", "Against the mean of all groups"),
        ("shares", "What the gap varies with"),
        ("rewording", "Beside a rewording"),
        ("repeat_noise", "Repeat noise"),
        ("robustness", "Other estimators"),
    ],
)
def test_what_is_undefined_shows_its_reason_and_no_number(counting, part, title):
    row = rows_of(without(counting[0], **{part: Undefined(reason=REASON)}))[title]
    assert row.figure == f"not measured: {REASON}"
    assert not row.measured


@pytest.mark.parametrize(
    ("part", "title"),
    [
        ("standardised", "Standardised size"),
        ("cliffs_delta", "Cliff's delta"),
        ("points", "Probability points, middle case"),
        ("impact_ratio", "Impact ratio"),
        ("worst_case", "Worst-case bounds"),
    ],
)
def test_an_undefined_effect_size_shows_its_reason(counting, part, title):
    effects = counting[0].disparity.context.effects
    absent = effects.model_copy(update={part: Undefined(reason=REASON)})
    rows = rows_of(without(counting[0], effects=absent))
    (row,) = [row for name, row in rows.items() if name.startswith(title)]
    assert row.figure == f"not measured: {REASON}"
    assert not row.measured


def test_without_a_context_the_card_says_so(counting):
    of = counting[0].disparity.model_copy(update={"context": None})
    rows = rows_of(counting[0].model_copy(update={"disparity": of}))
    assert not rows["Other views of the gap"].measured
    assert "Cliff's delta" not in rows


def test_what_selection_left_out_is_no_number(counting):
    bare = counting[0].model_copy(update={"selective": None, "shrunken": None})
    rows = rows_of(bare)
    for title in ("Interval, corrected for having been picked", "Shrunken estimate"):
        assert not rows[title].measured
        assert rows_of(counting[0])[title].measured


def test_missing_answers_bound_the_gap_only_where_there_are_some(counting):
    bounds = counting[0].disparity.context.effects.worst_case
    for missing, said in ((0, "no answer is missing"), (3, "3 missing answers")):
        changed = counting[0].disparity.context.effects.model_copy(
            update={"worst_case": bounds.model_copy(update={"missing": missing})}
        )
        figure = rows_of(without(counting[0], effects=changed))["Worst-case bounds"].figure
        assert said in figure


def test_shares_that_could_not_be_told_apart_are_no_zero(counting):
    poor = next(f for f in counting if f.disparity.context.shares.wording is None)
    figure = rows_of(poor)["What the gap varies with"].figure
    assert "wordings not told apart" in figure
    assert "wordings of a case" not in figure


def test_evidence_on_both_sides_is_on_the_page(biased, counting):
    page = render(biased, SCREEN)
    assert page.count("How it holds up</h4>") == len(counting)
    both = [f for f in counting if f.evidence_for and f.evidence_against]
    assert both
    for finding in both:
        for said in finding.evidence_for + finding.evidence_against:
            assert true_minus(said)[1:20] in page.replace("&#39;", "'")
    assert not re.search(r"[\s\[]-\d", "".join(holding(both[0]).evidence_for))


def test_a_minus_is_made_true_only_before_a_number():
    assert true_minus("[-0.2, +0.1] on 2026-11-23, t-test, -x") == (
        "[−0.2, +0.1] on 2026-11-23, t-test, -x"
    )


def test_languages_keep_their_order_and_their_reasons(biased):
    shown = contrasts(biased, Labels(biased)).languages
    assert len(shown) == len(biased.heterogeneity)
    known = [one for one in shown if one.spread.kind == "spread"]
    absent = [one for one in shown if one.spread.kind == "undefined"]
    assert known
    assert absent
    for one in known:
        assert one.deviation == f"{math.sqrt(one.of.spread.tau2):.2f}"
    for one in absent:
        assert one.deviation == ""
        assert "without an estimate" in one.compared
        assert one.spread.reason in render(biased, SCREEN)


def test_only_what_was_not_answered_is_listed(biased):
    shown = contrasts(biased, Labels(biased)).unanswered
    failed = [one for one in biased.non_answers if one.share.failed]
    assert 0 < len(shown) == len(failed) < len(biased.non_answers)
    assert all("not measured" in one.gap and "points" in one.gap for one in shown)
    assert all("4 of 200" in one.share for one in shown)


def test_a_gap_in_answering_is_shown_with_its_interval(biased):
    gap = next(d.estimate for d in biased.disparities if isinstance(d.estimate, Estimate))
    one = next(one for one in biased.non_answers if one.share.failed)
    counted = replace(biased, non_answers=(one.model_copy(update={"gap": gap, "q": 0.03}),))
    (shown,) = contrasts(counted, Labels(counted)).unanswered
    assert shown.gap.startswith(f"{signed(100 * gap.value, 1)} points (")
    assert "0.030" in render(counted, SCREEN)


def test_where_all_was_answered_one_sentence_says_so(biased):
    none = tuple(one for one in biased.non_answers if not one.share.failed)
    clear = render(replace(biased, non_answers=none), SCREEN)
    assert "every question of both groups got an answer" in clear
    assert "rule out shares of up to 17 %." in clear
    assert "Not counted" in render(replace(biased, non_answers=()), SCREEN)
    assert "every question of both groups got an answer" not in render(biased, SCREEN)


def test_slices_are_marked_and_cut_on_paper_only(biased):
    paper = render(biased, Medium(paper=True, slices=50))
    screen = render(biased, SCREEN)
    every = len(biased.exploratory)
    assert every > 50
    assert paper.count("<td>exploratory</td>") == 50
    assert screen.count("<td>exploratory</td>") == every
    assert f"The PDF shows the first 50 of {every} slices" in paper
    least = contrasts(biased, Labels(biased)).exploratory
    assert [one.q for one in least] == sorted(one.q for one in biased.exploratory)


def test_a_run_without_the_new_files_says_so(small):
    bare = replace(small, heterogeneity=(), non_answers=(), exploratory=())
    page = render(bare, SCREEN)
    assert "no gap of this run was measured in two languages or more" in page
    assert "None on file" in page
