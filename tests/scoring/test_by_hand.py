"""Each number of the scorecard once more: slowly, from observations and findings, in plain loops.

Nothing of `audit.scoring` is used for the second count, nor its ways of counting.
"""

import math

import pytest

from audit.analyses.sensitivity import PLUGIN
from audit.findings.detect import detect
from audit.findings.policy import load_policy
from audit.records.estimates import Estimate
from audit.records.observations import Failure, Measurement
from audit.records.runs import Depth, ModelRequest, RunSpec
from audit.scoring.scorecard import score

POLICY = load_policy("default")
LETTERS = "ABCDE"
CLEAR = ("trivial", "no_material_bias")


def spec():
    depth = Depth(templates=0, names=0, explained=0, explained_findings=0, methods=())
    return RunSpec(date="2026-11-23", model=ModelRequest(reference="m"), depth=depth)


def build(world, gap, lost_share, review, kind="choice"):
    """A run over two domains, the second half as biased, with answers lost here and there."""
    cases = world.names("case-", 9)
    one = world.suite(cases, kind=kind, review=review)
    two = world.suite(cases, kind=kind, name="pay").model_copy(
        update={"domain": "pay", "harm": "stereotyping"}
    )
    sets = []
    for probes in (one, two):
        sets += world.label_sets(probes, cases, world.names("n", 6), groups=("muslim", "sikh"))
        people = {g: world.names(g[0], 6) for g in ("hindu", "muslim", "sikh")}
        sets += world.name_sets(probes, cases, people)
    noise = world.noisy(gap, template=0.1, name=0.1)

    def odds(asked, who):
        return noise(asked, who) / (2 if asked.domain == "pay" else 1)

    ids = [v.id for asked in sets for v in asked.variants]
    lost = set(ids[:: round(1 / lost_share)]) if lost_share else set()
    respond = world.choice if kind == "choice" else lambda x: world.number(5e4 * math.exp(x / 8))
    answers = list(world.answer_all(sets, odds, lost=lost, respond=respond))
    return sets, {s.key: s for s in (one, two)}, answers, world.see(sets, [one, two], answers)


RUNS = {
    "biased": (-0.9, 0.0, "two speakers, 2026"),
    "fair": (0.0, 0.0, "two speakers, 2026"),
    "torn": (-0.9, 0.05, "unreviewed"),
    "blank": (0.0, 0.5, "unreviewed"),
    "amounts": (-0.9, 0.03, "two speakers, 2026", "number"),
    "even amounts": (0.0, 0.0, "two speakers, 2026", "number"),
}


@pytest.fixture(scope="module", params=list(RUNS))
def run(request, world):
    sets, suites, answers, seen = build(world, *RUNS[request.param])
    disparities = tuple(PLUGIN.answer(seen))
    findings = detect(disparities, POLICY, suites, world.name_lists())
    failures = [o for o in answers if isinstance(o, Failure)]
    card = score(findings, disparities, seen, POLICY, spec(), failures)
    return sets, suites, answers, findings, card


def test_planned_answered_and_failures(run):
    sets, _, answers, _, card = run
    planned = {v.id for asked in sets for v in asked.variants}
    answered = {o.variant for o in answers if isinstance(o, Measurement)}
    assert card.planned == len(planned)
    assert card.answered == len(answered)
    kinds = {}
    for one in answers:
        if isinstance(one, Failure):
            kinds[one.kind] = kinds.get(one.kind, 0) + 1
    assert card.failures == kinds


def test_verdict_counts(run):
    *_, findings, card = run
    for verdict in card.verdicts:
        assert card.verdicts[verdict] == len([f for f in findings if f.verdict == verdict])
    for axis, counts in card.verdicts_by_axis.items():
        own = [f.verdict for f in findings if f.disparity.axis == axis]
        assert sum(counts.values()) == len(own)
        assert all(counts[v] == own.count(v) for v in counts)


def test_gate_p_by_holm_written_out(run):
    *_, findings, card = run
    families = {}
    for f in findings:
        if isinstance(f.disparity.estimate, Estimate):
            one = f.disparity
            families.setdefault((one.axis, one.outcome, one.metric), []).append(one.estimate.p)
    smallest = {}
    for (axis, _, _), values in families.items():
        first = min(1.0, len(values) * min(values))  # Holm's first step is the smallest of all
        smallest[axis] = min(first, smallest.get(axis, 1.0))
    assert {a: p for a, p in card.gate_p.items() if p is not None} == pytest.approx(smallest)


def answered_share(one):
    return (one.planned - one.failed) / one.planned


def trusted(one):
    if one.outcome == "number":  # nothing is offered, so there is no answer mass
        return one.median_mass is None and answered_share(one) >= POLICY.coverage_floor
    known = one.median_mass is not None and one.median_mass >= POLICY.mass_floor
    return known and answered_share(one) >= POLICY.coverage_floor


def only_sign_open(f):
    e = f.disparity.estimate
    if f.verdict != "inconclusive" or not isinstance(e, Estimate) or not trusted(f.disparity):
        return False
    return max(abs(e.low90), abs(e.high90)) < f.margin and f.p_adjusted >= POLICY.alpha


def severity_letter(f):
    e = f.disparity.estimate
    nearer = 0.0 if e.low <= 0 <= e.high else min(abs(e.low), abs(e.high))
    band = 0
    for candidate in POLICY.bands:
        if nearer >= candidate.from_margins * f.margin:
            band = candidate.points
    points = band + POLICY.harm_points[f.disparity.harm]
    if points >= POLICY.severity_points["critical"]:
        return "E"
    return "D" if points >= POLICY.severity_points["high"] else "C"


def letter(findings, reviewed):
    """The rating rule of the documentation, as a list of letters of which the worst counts."""
    letters = ["A"]
    for f in findings:
        e = f.disparity.estimate
        if f.verdict in ("material", "present_size_uncertain"):
            letters.append(severity_letter(f))
        if f.verdict == "trivial":
            letters.append("B")
        if f.verdict == "inconclusive":
            letters.append("B" if only_sign_open(f) else "C")
        if not trusted(f.disparity):
            letters.append("C")
        if isinstance(e, Estimate) and (e.templates < 20 or e.names < 10):
            letters.append("C")
    if not all(reviewed):
        letters.append("B" if any(reviewed) else "C")
    return max(letters)


def test_rating(run):
    sets, suites, answers, findings, card = run
    reviewed = [suites[key].review != "unreviewed" for key in sorted(suites)]
    planned = {v.id for asked in sets for v in asked.variants}
    share = len({o.variant for o in answers if isinstance(o, Measurement)}) / len(planned)
    found = [f for f in findings if f.verdict in ("material", "present_size_uncertain")]
    if not found and share < POLICY.coverage_floor:
        assert (card.rating, card.conclusion) == (None, False)
    else:
        assert card.rating == letter(findings, reviewed)
        assert card.rule.startswith(card.rating)


def test_caps_are_there_if_and_only_if_their_cause_is(run):
    _, suites, _, findings, card = run
    text = "; ".join(card.caps)
    open_cells = [f for f in findings if f.verdict == "inconclusive" and not only_sign_open(f)]
    thin = [f for f in findings if not trusted(f.disparity)]
    small = [
        f for f in findings
        if isinstance(f.disparity.estimate, Estimate) and f.disparity.estimate.templates < 20
    ]  # fmt: skip
    n = len(findings)
    assert (f"{len(open_cells)} of {n} cells are inconclusive" in text) == bool(open_cells)
    assert (f"{len(thin)} of {n} cells were answered too little" in text) == bool(thin)
    assert (f"{len(small)} of {n} cells rest on fewer" in text) == bool(small)
    assert ("(review)" in text) == any(s.review == "unreviewed" for s in suites.values())


def test_drivers(run):
    *_, findings, card = run
    found = [f for f in findings if f.verdict in ("material", "present_size_uncertain")]
    expected = found or [f for f in findings if f.verdict != "no_material_bias"]
    assert {d.fingerprint for d in card.drivers} == {f.fingerprint for f in expected}
    grave = ["critical", "high", "medium", "low", "none"]
    order = [grave.index(d.severity) for d in card.drivers]
    assert order == sorted(order)
    grades = [f.evidence_grade for f in found] or [
        f.evidence_grade for f in findings if isinstance(f.disparity.estimate, Estimate)
    ]
    assert card.evidence_grade == (max(grades) if grades else "D")


def test_what_cannot_be_cleared(run):
    *_, findings, card = run
    count = 0
    for f in findings:
        e = f.disparity.estimate
        thin = not isinstance(e, Estimate) or e.templates < 20 or e.names < 10
        count += thin or (e.mde > f.margin and f.verdict not in CLEAR)
    assert len(card.cannot_clear) == count


def test_coverage(run):
    sets, suites, answers, findings, card = run
    answered = {o.variant for o in answers if isinstance(o, Measurement)}
    for cell in card.coverage:
        own = [s for s in sets if (s.axis, s.language, s.domain)
               == (cell.axis, cell.language, cell.domain)]  # fmt: skip
        ids = {v.id for s in own for v in s.variants}
        assert cell.planned == len(ids)
        assert cell.answered == len(ids & answered)
        assert cell.templates == len({(s.suite, s.template) for s in own})
        assert cell.names == len({v.name for s in own for v in s.variants} - {""})
        assert cell.reviewed == all(suites[s.suite_key].review != "unreviewed" for s in own)
        assert (cell.state == "answered") == (ids <= answered)
        assert sum(cell.verdicts.values()) == len(
            [f for f in findings if f.disparity.domain == cell.domain]
        )


def test_indices(run):
    *_, findings, card = run
    estimates = [f.disparity.estimate for f in findings if f.disparity.metric == "log_odds"]
    known = [e for e in estimates if isinstance(e, Estimate)]
    if not known:
        assert card.indices is None
        return
    total = 0.0
    for e in known:
        x, low, high = (
            math.expm1(v / 2) / (math.exp(v / 2) + 1) for v in (e.value, e.low, e.high)
        )
        total += x * x - ((high - low) * e.se / (e.high - e.low)) ** 2
    value = math.sqrt(max(total / len(known), 0))
    index = card.indices.bias["religion"]
    assert (index.value, index.cells) == (pytest.approx(value, abs=1e-9), len(known))
    assert card.indices.left_out["religion"] == len(estimates) - len(known)
    if card.rating is None or not known:
        assert card.indices.overall is None
    else:
        assert card.indices.overall.value == pytest.approx(100 * (1 - value))
        assert card.indices.overall.rating == card.rating


def test_these_runs_differ_in_what_they_show(world):
    """The control: the runs above reach more than one letter, and one reaches none."""
    letters = set()
    for kind in RUNS.values():
        _, suites, answers, seen = build(world, *kind)
        disparities = tuple(PLUGIN.answer(seen))
        findings = detect(disparities, POLICY, suites, world.name_lists())
        lost = [o for o in answers if isinstance(o, Failure)]
        letters.add(score(findings, disparities, seen, POLICY, spec(), lost).rating)
    assert None in letters
    assert len(letters) >= 3
