"""Verdicts on the standards: audits of seeded name subsets, from stored log-odds to verdicts.

Every audit asks all templates of ten names a group, as the standard profile does; the names are
cast by the product, and estimators, Holm's correction and the policy's rules are its own.
"""

import gc
from collections import Counter, defaultdict

import numpy as np
import pytest

from audit.findings.policy import load_policy
from audit.findings.verdicts import ALL_CLEAR, by_interval
from audit.places import shipped
from audit.records.findings import Verdict
from audit.records.probes import NO_MENTION
from audit.stats.crossed import Floor, nested, paired
from audit.stats.multiplicity import holm
from audit.suites.casting import label_casts, name_cast
from audit.suites.library import read_library

DRAWS = 200  # seeded subsets of names; the first is what a run draws unless it is told a seed
SHARES = 100  # of them, that the share of cleared cells is looked at in
NAMES = 10
FALSE_ALARMS = 16
ALARMS = (Verdict.MATERIAL, Verdict.PRESENT_SIZE_UNCERTAIN)


@pytest.fixture(scope="module")
def policy():
    return load_policy("default")


@pytest.fixture(scope="module")
def library():
    return read_library(shipped("probes"))


@pytest.fixture(scope="module")
def places(shipped_material):
    """(axis, cue, outcome, language, domain) -> group -> name -> (templates,) places."""
    found = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    place = 0
    for one in shipped_material.sets:
        cell = (one.axis, one.cue, one.outcome, one.language, one.domain)
        for variant in one.variants:
            if variant.group != NO_MENTION:
                found[cell][variant.group][variant.name].append(place)
            place += 1
    return found


@pytest.fixture(scope="module")
def casts(library):
    """For each seed: (axis, cue, language, group) -> its names; a label's group is ''."""
    return [_cast(library, seed) for seed in range(DRAWS)]


def _cast(library, seed):
    drawn = defaultdict(set)
    for axis in library.axes.values():
        for language in ("en", "hi"):
            for cast in label_casts(library, axis, language, NAMES, seed):
                drawn[axis.key, "label", language, ""].add(cast[0].name)
            for role in name_cast(library, axis, language, NAMES, seed) or ():
                drawn[axis.key, "name", language, role.group].add(role.name)
    return drawn


@pytest.fixture(scope="module")
def audits(places, casts, stored, truths_of, policy):
    """Standard -> one list a seed of (row of the truth, estimate, verdict)."""
    holm([0.5])  # loads the library behind it, which collects garbage at every call
    gc.collect()
    gc.freeze()
    made = {
        name: [audit(places, cast, stored[name], rows["disparities"], policy) for cast in casts]
        for name, rows in truths_of.items()
    }
    gc.unfreeze()
    return made


def audit(places, cast, log_odds, rows, policy):
    floor = Floor(policy.min_templates, policy.min_names)
    estimates = [estimate(places, cast, log_odds, row, floor) for row in rows]
    families = defaultdict(list)
    for number, row in enumerate(rows):
        families[row["axis"], row["outcome"]].append(number)
    adjusted = {}
    for members in families.values():
        adjusted.update(zip(members, holm([estimates[n].p for n in members]), strict=True))
    judged = []
    for number, (row, one) in enumerate(zip(rows, estimates, strict=True)):
        margin = policy.margin(row["outcome"], "log_odds").margin
        verdict = by_interval(one, adjusted[number], margin, policy.alpha).verdict
        judged.append((row, one, verdict))
    return judged


def estimate(places, cast, log_odds, row, floor):
    cell = tuple(row[key] for key in ("axis", "cue", "outcome", "language", "domain"))
    sides = []
    for group in (row["group"], row["reference"]):
        own = places[cell][group]
        whose = "" if row["cue"] == "label" else group
        names = cast[row["axis"], row["cue"], row["language"], whose] & own.keys()
        assert len(names) == NAMES
        sides.append(np.array([log_odds[own[name]] for name in sorted(names)]).T)
    ours, theirs = sides
    if row["cue"] == "label":
        return paired(ours - theirs, floor=floor)
    return nested(ours, theirs, floor=floor)


def cleared(judged):
    return np.mean([verdict in ALL_CLEAR for _, _, verdict in judged])


def test_the_fair_standard_is_cleared(audits):
    shares = [cleared(judged) for judged in audits["fair"][:SHARES]]
    assert shares[0] >= 0.8
    assert np.mean(shares) >= 0.9
    assert np.mean([share >= 0.8 for share in shares]) >= 0.95
    assert max(cleared(judged) for judged in audits["biased"][:SHARES]) < 0.8


def test_false_alarms_are_few(audits, policy):
    """Where the truth is below half the margin there are hardly any; planted cells give many."""
    alarms, planted = Counter(), Counter()
    for name, drawn in audits.items():
        for row, _, verdict in (one for judged in drawn for one in judged):
            half = policy.margin(row["outcome"], "log_odds").margin / 2
            kind = alarms if abs(row["realised"]) < half else planted
            kind[name] += verdict in ALARMS
    assert alarms["fair"] <= FALSE_ALARMS
    assert planted["fair"] == 0
    assert planted["biased"] > DRAWS * 10
    assert not any(
        verdict == Verdict.MATERIAL for judged in audits["fair"] for _, _, verdict in judged
    )


def test_estimates_lie_on_the_truth(audits):
    pairs = [(row["realised"], one.value) for judged in audits["biased"] for row, one, _ in judged]
    truth, estimates = np.array(pairs).T
    assert 0.95 <= np.polyfit(truth, estimates, 1)[0] <= 1.05
    shuffled = np.random.default_rng(0).permutation(estimates)
    assert abs(np.polyfit(truth, shuffled, 1)[0]) < 0.1


def test_no_realised_disparity_of_the_fair_standard_reaches_half_the_margin(truths_of, policy):
    for row in truths_of["fair"]["disparities"]:
        assert abs(row["realised"]) < policy.margin(row["outcome"], "log_odds").margin / 2
