"""Word evidence on the page: what the maps are worth, and which words both kinds agree on."""

import re
from dataclasses import replace

import pytest

from audit.records.faithfulness import ResponsibleWord, ResponsibleWords
from audit.records.ledgers import LedgerRefused, RelevanceLedger
from audit.reporting.cards import cards
from audit.reporting.labels import Labels
from audit.reporting.page import SCREEN, render
from audit.reporting.word_trust import in_this_pair, over_pairs, word_trust

SAYS_NONE = "No word is called responsible: the methods disagree."


def section(page):
    return re.search(r'<section id="word-evidence".*?</section>', page, re.DOTALL)[0]


def text_of(markup):
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def without_words(dossier):
    """The same run, in which the methods agreed on nothing."""
    none = tuple(
        one.model_copy(update={"words": (), "reason": "the methods disagree"})
        for one in dossier.responsible
    )
    return replace(dossier, responsible=none)


def test_each_card_names_its_words_or_says_that_there_are_none(biased):
    shown = [card for card in cards(biased, Labels(biased)) if card.explained]
    none = [card for card in cards(without_words(biased), Labels(biased)) if card.explained]
    assert shown
    for card in shown:
        assert card.responsible.startswith("Responsible, by both kinds of method: “")
        assert "in 1 of 2 explained pairs" in card.responsible or "2 of 2" in card.responsible
    assert {card.responsible for card in none} == {SAYS_NONE}
    assert SAYS_NONE in render(without_words(biased), SCREEN)
    old = cards(replace(biased, responsible=()), Labels(biased))
    assert {card.responsible for card in old} == {""}  # a run from before the rule


def test_the_difference_row_marks_responsible_words_and_no_other_row(biased):
    (card, *_) = [card for card in cards(biased, Labels(biased)) if card.explained]
    for one in card.explained:
        for heat in one.heats:
            marked = [[w.changed for w in row.words if w.responsible] for row in heat.rows]
            assert marked == [[], [], [True]]
    page = render(biased, SCREEN)
    assert 'aria-label="responsible:">◆' in page
    assert 'aria-label="responsible:">◆' not in render(without_words(biased), SCREEN)


def word(text, other, *methods):
    return ResponsibleWord(
        place=0, text=text, reference_text=other, part="changed", methods=methods
    )


def pair(*words, number=0):
    return ResponsibleWords(
        set_id=f"s{number}", variant="a", reference_variant="b", interventional=("occlusion",),
        gradient=("saliency",), words=words, reason="" if words else "the methods disagree",
        by_chance=0.02,
    )  # fmt: skip


def test_sentences_say_what_and_by_which(biased):
    one = pair(word("a Dalit woman", "a Brahmin", "occlusion", "input_x_gradient"))
    assert in_this_pair(one) == (
        "Responsible for the difference in this pair: “a Dalit woman” in place of “a Brahmin” "
        "(named by Occlusion and Input x gradient)."
    )
    assert in_this_pair(pair()) == SAYS_NONE
    kept = pair(word("six", "six", "occlusion"), number=1)
    found = replace(biased, responsible=(one, kept, pair(number=2)))
    assert over_pairs(found, [one, kept]) == (
        "Responsible, by both kinds of method: “a Dalit woman” in place of “a Brahmin”, in 1 of 2 "
        "explained pairs; “six”, in 1 of 2 explained pairs."
    )
    assert over_pairs(found, [pair(number=2)]) == SAYS_NONE
    assert over_pairs(found, []) == ""


def test_the_section_says_what_it_shows_and_what_not(pages):
    said = text_of(section(pages["biased"]))
    for words in (
        "What this cannot show.",
        "partly circular",
        "not settled",
        "changes, as it must",
        "and both in 5 random orders",
        "In 12 pairs both kinds were asked",
        "Gain over random",
        "By chance",
    ):
        assert words in said, words
    assert said.count("Deletion") >= 2


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("black box", "No pair was explained"),
        ("fair", "No pair was explained"),
    ],
)
def test_a_run_without_word_evidence_says_why(pages, kind, why):
    said = text_of(section(pages[kind]))
    assert why in said
    assert "responsible" not in said


def test_a_model_that_is_a_black_box_says_so(made):
    dossier = made.build(made.BLACK_BOX)
    stamp = dossier.run.stamp
    model = stamp.model.model_copy(update={"capabilities": ("ScoresContinuations",)})
    run = dossier.run.model_copy(update={"stamp": stamp.model_copy(update={"model": model})})
    assert "Not available: black box" in word_trust(replace(dossier, run=run)).absent
    assert word_trust(made.build(made.BIASED)).absent == ""


def test_an_old_run_shows_its_ranks_alone(biased):
    old = replace(biased, trust=(), agreements=(), responsible=(), responsible_share=None)
    said = text_of(section(render(old, SCREEN)))
    assert "Ranks of the changed words" in said
    assert "random order" not in said


LEDGER = RelevanceLedger(
    method="relevance_propagation", family="LlamaForCausalLM", dtype="float32", score=2.5,
    tokens=0.75, added=0.0, softmax=1.75, gap=2e-13, limit=1e-3,
)  # fmt: skip
REFUSED = LedgerRefused(
    method="conservative_propagation", reason="relevance does not add up on OddForCausalLM"
)


def test_a_method_whose_relevance_adds_up_shows_where_it_goes(biased):
    shown = text_of(section(render(replace(biased, ledgers=(LEDGER,)), SCREEN)))
    assert "Does relevance add up on this model?" in shown
    assert "Relevance propagation +2.50 +0.75 0.00 +1.75 2e-13 1e-03" in shown
    assert "was not used" not in shown
    assert "Does relevance add up" not in text_of(section(render(biased, SCREEN)))


def test_a_method_that_is_refused_on_the_model_is_named_with_the_reason(biased):
    shown = text_of(section(render(replace(biased, ledgers=(REFUSED,)), SCREEN)))
    assert f"Conservative propagation was not used: {REFUSED.reason}." in shown
    assert "Does relevance add up" not in shown


def test_a_refused_method_is_named_where_nothing_else_was_explained(biased):
    bare = replace(biased, ledgers=(REFUSED,), trust=(), ranks=())
    shown = text_of(section(render(bare, SCREEN)))
    assert "Conservative propagation was not used" in shown
    assert "No pair was explained" in shown or "Not available" in shown
