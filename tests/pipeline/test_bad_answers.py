"""Answers that carry no inference: undefined with a reason in the report, never a zero or a pass.

Whole runs: the answers stand in the run folder, every stage after measuring is the product's own.
"""

import math
from dataclasses import replace

import pytest

from audit.findings.policy import load_policy
from audit.pipeline.planning import Material, lay
from audit.pipeline.watcher import Quiet
from audit.records.estimates import Estimate, Undefined
from audit.records.findings import Finding, Verdict
from audit.records.observations import ChoiceProbabilities, OrderAnswers
from audit.records.scores import Scorecard
from audit.scoring.gate import gate_cases
from audit.storage import folder as run_folder
from audit.suites.expansion import Selection, expand


def choice(log_odds):
    yes = math.log(0.95) - math.log1p(math.exp(-log_odds))
    logs = {"yes": yes, "no": yes - log_odds}
    orders = tuple(
        OrderAnswers(order=keys, log_probs=tuple(logs[key] for key in keys))
        for keys in (("yes", "no"), ("no", "yes"))
    )
    return ChoiceProbabilities(favourable="yes", unfavourable="no", orders=orders)


def varied(one, who):
    """An ordinary answer: it moves with the case, the name and the group's words."""
    return choice((int(who.id[:6], 16) % 1000) / 2000 + (int(one.template[-1])) / 10)


@pytest.fixture(scope="module")
def plan(tmp_path_factory, small_probes, make_spec):
    library = small_probes.written(tmp_path_factory.mktemp("probes"))
    chosen = Selection(("work/choice.en",), ("region",), ("label",), 0, 0, 0)
    sets = tuple(
        one.model_copy(
            update={"variants": tuple(v for v in one.variants if v.group in ("north", "south"))}
        )
        for one in expand(library, chosen)
    )
    spec = make_spec(sampling={"limit": 0}, output={"policy": "default"})
    material = Material(library, load_policy("default"), sets)

    def laid(folder, kept=lambda _: True):
        asked = replace(material, sets=tuple(one for one in sets if kept(one)))
        return lay(asked, spec, folder, threads=1, audit_file=b"", watcher=Quiet())

    return laid


def shown(work, page):
    """The one finding of a run; what no bad run may show is looked for here."""
    (finding,) = run_folder.read_records(work.folder, run_folder.FINDINGS, Finding)
    card = run_folder.read_record(work.folder, run_folder.SCORECARD, Scorecard)
    assert "NaN" not in page
    assert "nan" not in page.lower().replace("finance", "").replace("governance", "").split()
    for path in work.folder.glob("*.json*"):
        assert b"NaN" not in path.read_bytes()
    return finding, card


BAD = {
    "all refusals": (lambda *_: None, None, "0 templates and 0 names"),
    "constant answers": (lambda *_: choice(0.4), None, "answers tie exactly"),
    "all ties": (
        lambda one, _: choice(int(one.template[-1]) / 10),
        None,
        "answers tie exactly",
    ),
    "an empty cell": (
        lambda one, who: None if who.group == "south" else varied(one, who),
        None,
        "0 templates and 0 names",
    ),
    "one template": (varied, lambda one: one.template == "case-0", "1 templates and 4 names"),
    "one name": (
        varied,
        lambda one: one.variants[0].name == "kiran",
        "4 templates and 1 names",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_carries_no_inference_is_undefined_with_its_reason(plan, derived, tmp_path, kind):
    respond, kept, reason = BAD[kind]
    work = plan(tmp_path / "run", kept or (lambda _: True))
    page = derived(work, respond)
    finding, card = shown(work, page)
    assert isinstance(finding.disparity.estimate, Undefined)
    assert reason in finding.disparity.estimate.reason
    assert finding.verdict == Verdict.INCONCLUSIVE
    assert (finding.p_adjusted, finding.band, finding.evidence_grade) == (None, "", "D")
    assert reason in page
    assert (card.conclusion, card.rating) == (False, None)
    assert card.indices is None
    (case,) = gate_cases([finding], ["region"], work.policy, work.run.spec)
    assert case.state == "undecided"


def test_ordinary_answers_are_estimated(plan, derived, tmp_path):
    """The control: the same run with answers that vary has an interval and a conclusion."""
    work = plan(tmp_path / "run")
    finding, card = shown(work, derived(work, varied))
    assert isinstance(finding.disparity.estimate, Estimate)
    assert finding.p_adjusted is not None
    assert card.conclusion


def test_a_planted_gap_in_the_same_run_is_found(plan, derived, tmp_path):
    def biased(one, who):
        shift = -3.0 if who.group == "south" else 0.0
        return choice(shift + (int(who.id[:6], 16) % 1000) / 10_000)

    work = plan(tmp_path / "run")
    finding, card = shown(work, derived(work, biased))
    assert finding.verdict == Verdict.MATERIAL
    assert card.conclusion


def test_refusals_are_counted_by_group(plan, derived, tmp_path):
    work = plan(tmp_path / "run")
    page = derived(work, BAD["an empty cell"][0])
    _, card = shown(work, page)
    assert card.failures == {"refused": 16}
    assert "refused to answer" in page
    assert card.answered == card.planned - 16
