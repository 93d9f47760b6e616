"""What the pages are made of: drawing, maps, order, sentences, prompts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.records.estimates import Estimate
from audit.records.findings import Severity, Verdict
from audit.reporting.cards import cards
from audit.reporting.cells import cell, worst_first
from audit.reporting.chart import chart
from audit.reporting.front import front
from audit.reporting.heat import heat, strength
from audit.reporting.labels import Labels
from audit.reporting.languages import language_name, scheduled
from audit.reporting.sentences import margin_words, plain_statement, title


def test_worst_first_goes_by_severity_then_size_and_keeps_all(biased):
    ordered = worst_first(biased.findings)
    established = [f for f in ordered if f.counts]
    ranks = [list(Severity).index(f.severity) for f in established]
    assert ranks == sorted(ranks)
    assert ordered[: len(established)] == tuple(established)
    assert sorted(f.fingerprint for f in ordered) == sorted(f.fingerprint for f in biased.findings)
    assert worst_first(reversed(biased.findings)) == ordered


def test_the_drawing_places_values_on_one_axis(biased):
    drawn = chart(worst_first(biased.findings)[:8])
    for bar in drawn.bars:
        assert bar.dot == pytest.approx(50 + 50 * bar.estimate.value / drawn.reach, abs=0.01)
        assert bar.left <= bar.dot <= bar.left + bar.width + 0.01
        assert bar.left >= 0
        assert bar.left + bar.width <= 100.01
        assert bar.band_left + bar.band_width / 2 == pytest.approx(50, abs=0.01)
    assert [tick.at for tick in drawn.ticks if tick.text == "0.0"] == [50]


def test_the_drawing_leaves_out_what_has_no_estimate(biased):
    undefined = tuple(f for f in biased.findings if not isinstance(f.disparity.estimate, Estimate))
    assert undefined
    assert chart(undefined).bars == ()


@given(st.floats(1e-4, 1e4))
def test_the_axis_reaches_every_interval_with_few_ticks(made_size):
    from audit.reporting.chart import _axis

    step, reach = _axis(made_size)
    assert made_size <= reach * (1 + 1e-9)
    assert round(reach / step) <= 6


@pytest.mark.parametrize(
    ("value", "steps"), [(0.0, 0), (0.2, 0), (0.3, 1), (-0.6, 2), (0.8, 3), (-1.0, 3)]
)
def test_tints_grow_with_the_size(value, steps):
    assert strength(value, 1.0) == steps


def test_no_tint_where_everything_is_zero():
    assert strength(0.0, 0.0) == 0


def test_maps_show_every_word_once_with_its_sign(biased):
    evidence = biased.evidence[0]
    shown = heat(evidence, ("Group", "Reference"), "nothing")
    for row in shown.rows:
        assert len(row.words) + len(row.frame) == len(evidence.units)
    difference = shown.rows[2]
    (changed,) = [word for word in difference.words if word.changed]
    value = next(u.difference for u in evidence.units if u.part == "changed")
    assert changed.strength == 3
    assert changed.signs == ("+++" if value > 0 else "−−−")
    assert not changed.glued
    assert abs(shown.table[0].difference) == max(abs(u.difference) for u in evidence.units)


def test_cards_are_the_findings_that_count_with_their_own_evidence(biased):
    shown = cards(biased, Labels(biased))
    counting = {f.fingerprint for f in biased.findings if f.counts}
    assert {card.finding.fingerprint for card in shown} == counting
    for card in shown:
        of = card.finding.disparity
        assert [e.exemplar.rule for e in card.examples] == ["median", "extreme"]
        assert all(cell(other) == cell(of) for other in card.elsewhere)
        for one in card.explained:
            assert biased.sets[one.example.exemplar.set_id].axis == of.axis
        assert bool(card.explained) != bool(card.unexplained)
    assert any(card.explained for card in shown)
    assert not all(card.explained for card in shown)


def test_a_prompt_is_cut_at_its_spans_and_loses_nothing(biased):
    for card in cards(biased, Labels(biased)):
        for example in card.examples:
            asked = biased.sets[example.exemplar.set_id]
            for side, variant in zip(
                example.sides,
                (example.exemplar.variant, example.exemplar.reference_variant),
                strict=True,
            ):
                text = asked.variant(variant).turns[0]
                assert "".join(piece.text for piece in side.turns[0].pieces) == text
                assert sum(piece.changed for piece in side.turns[0].pieces) == 1


def test_answers_are_probabilities_of_the_listed_texts(biased):
    side = cards(biased, Labels(biased))[0].examples[0].sides[0]
    for asked in side.answers:
        assert sum(share.share for share in asked.shares) == pytest.approx(0.93)
        assert {share.text for share in asked.shares} <= {"Yes", "No", "हाँ", "नहीं"}


def test_page_one_leads_with_five_and_counts_the_rest(biased, made):
    shown = front(biased, Labels(biased), 8)
    counting = sum(f.counts for f in biased.findings)
    assert (len(shown.headlines), shown.others) == (5, counting - 5)
    assert shown.headlines == worst_first(biased.findings)[:5]
    fair = made.build(made.FAIR)
    assert front(fair, Labels(fair), 8).headlines == ()


def test_the_scope_counts_languages_of_the_schedule():
    tested, missing = scheduled({"hi", "en", "kok"})
    assert tested == ["Hindi", "Konkani"]
    assert len(missing) == 20
    assert language_name("hi-Latn") == "Hindi (Latn)"
    assert language_name("xx") == "xx"


def test_sentences_say_who_and_in_which_direction(biased):
    labels = Labels(biased)
    finding = worst_first(biased.findings)[0]
    of = finding.disparity
    assert "less likely" in title(of, labels)
    flipped = of.model_copy(
        update={
            "estimate": of.estimate.model_copy(
                update={"value": 0.5, "low": 0.4, "low90": 0.4, "high": 0.6, "high90": 0.6}
            )
        }
    )
    assert "more likely" in title(flipped, labels)
    for said in (title(of, labels), plain_statement(of, labels)):
        assert labels.group(of.axis, of.group) in said
    assert labels.language(of.language) in plain_statement(of, labels)


def test_a_margin_is_said_as_a_chance(biased):
    (choice, _) = biased.policy.margins
    assert "into 55 % or 45 %" in margin_words(choice)
    other = choice.model_copy(update={"unit": "rupees"})
    assert "%" not in margin_words(other)


@pytest.mark.parametrize(
    ("kind", "opinion"),
    [
        ("biased", "Adverse"),
        ("fair", "Disclaimer of opinion"),
        ("limited", "Disclaimer of opinion"),
        ("inconclusive", "Disclaimer of opinion"),
    ],
)
def test_the_proposed_opinion(made, kind, opinion):
    dossier = made.build(made.KINDS[kind])
    assert front(dossier, Labels(dossier), 8).opinion.title == opinion


def test_a_clear_run_gets_the_clear_opinion_and_a_finding_takes_it_away(made):
    dossier = made.build(made.FAIR)
    from audit.reporting.wording import opinion

    clear = dossier.scorecard.model_copy(update={"rating": "A"})
    assert opinion(clear).title == "No material exception in scope"
    found = clear.model_copy(update={"verdicts": {Verdict.MATERIAL: 1}})
    assert opinion(found).title == "Qualified"
