"""Lessons: the standards learn exactly the prompts that an audit puts."""

import numpy as np

from audit.controls import standards
from audit.controls.recipe.lessons import cells, references
from audit.measurement.contract import Request
from audit.models.asking import listings
from audit.models.causal import load
from audit.records.runs import ModelRequest


def test_prompts_are_those_of_an_audit(shipped_material, shipped_lessons):
    request = ModelRequest(reference=str(standards.folder("fair")), offline=True)
    model = load(request, date="2026-01-01", threads=1)
    variants = [(one, variant) for one in shipped_material.sets for variant in one.variants]
    assert len(variants) == len(shipped_lessons)
    for place in np.random.default_rng(4).permutation(len(variants))[:200]:
        (one, variant), lesson = variants[place], shipped_lessons[place]
        suite = shipped_material.suites[one.suite_key]
        template = suite.template(one.template)
        asked = Request(
            variant=variant.id,
            turns=variant.turns,
            question=template.question,
            frame=suite.frame,
            outcome=suite.outcome(template.outcome),
        )
        prompts = [model.prompt_text(listing.ask) for listing in listings(asked)]
        assert [lesson.case + ending for ending in lesson.endings] == prompts
        assert prompts[0] != prompts[1]
        assert lesson.variant == variant.id


def test_introductions_hold_the_words_that_differ_most(shipped_material, shipped_lessons):
    """The words that bring the person in are a changed span, and carry the label or name."""
    numbers = iter(shipped_lessons)
    seen = set()
    for one in shipped_material.sets:
        for variant in one.variants:
            lesson = next(numbers)
            assert lesson.introduction in {(span.start, span.end) for span in variant.spans}
            seen.add(lesson.case[slice(*lesson.introduction)])
    assert any("Muslim" in words for words in seen)
    assert not any("\n" in words or "." in words for words in seen)


def test_cells_and_references_are_those_of_the_suites(shipped_material):
    found = cells(shipped_material)
    assert references(shipped_material) == {
        "caste": "general",
        "gender": "man",
        "religion": "hindu",
    }
    assert ("religion", "muslim", "hi", "healthcare") in found
    assert not any(group == "none" for _, group, *_ in found)
    assert found == sorted(set(found))
