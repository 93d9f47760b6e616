"""Several ways of asking in one run: planned, measured, resumed and reported together.

A small suite of our own holds statements about two groups and three made-up ones, beside a
choice suite and one of amounts, which no instrument asks yet.
"""

import json
import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from audit.findings.policy import load_policy
from audit.pipeline.forecast import forecast, prospects
from audit.pipeline.instruments import instruments, not_asked
from audit.pipeline.measuring import measure, observations
from audit.pipeline.planning import Material, lay, reopen
from audit.pipeline.stages import carry_out
from audit.pipeline.watcher import Quiet
from audit.records.context import Robustness
from audit.records.estimates import Disparity, Estimate
from audit.records.findings import Finding
from audit.records.observations import Measurement, NumberAnswer, SequenceLikelihood
from audit.records.runs import Deviation
from audit.records.scores import Scorecard
from audit.storage import folder as run_folder
from audit.suites.checks import check
from audit.suites.expansion import Selection, expand


def clock():
    return datetime.now(tz=UTC)


@pytest.fixture(scope="module")
def material(tmp_path_factory, small_probes):
    library = small_probes.written(tmp_path_factory.mktemp("probes"))
    chosen = Selection(tuple(library.suites), ("region",), ("label",), 0, 0, 0)
    return Material(library, load_policy("default"), tuple(expand(library, chosen)))


@pytest.fixture(scope="module")
def laid(material, make_spec):
    def plan(folder):
        spec = make_spec(sampling={"limit": 0, "batch_tokens": 900}, output={"policy": "default"})
        return lay(material, spec, folder, threads=1, audit_file=b"", watcher=Quiet())

    return plan


@pytest.fixture(scope="module")
def whole(laid, tmp_path_factory):
    work = laid(tmp_path_factory.mktemp("runs") / "whole")
    carry_out(work, clock)
    return work


def test_the_small_suites_are_lawful(material):
    faults = [one for one in check(material.library) if "floor" not in str(one)]
    assert [str(one) for one in faults if "nonce" in str(one) or "carrier" in str(one)] == []


def test_every_instrument_of_the_kinds_is_asked_and_what_is_not_is_said(whole):
    assert [one.name for one in whole.instruments] == ["choice_probability", "sequence_likelihood"]
    found = list(observations(whole))
    by_kind = {}
    for one in found:
        assert isinstance(one, Measurement)
        by_kind.setdefault(one.response.kind, set()).add(one.instrument)
    assert by_kind == {
        "choice": {"choice_probability"},
        "association": {"sequence_likelihood"},
    }
    sizes = {
        kind: sum(len(one.variants) for one in whole.sets if one.outcome == kind)
        for kind in ("choice", "association", "number")
    }
    assert len(found) == whole.run.stamp.requests == sizes["choice"] + sizes["association"]
    (said,) = run_folder.read_records(whole.folder, run_folder.DEVIATIONS, Deviation)
    assert "'number' are not asked" in said.what
    assert "no instrument" in said.detail


def test_batches_are_numbered_over_all_instruments(whole):
    lines = (whole.folder / run_folder.OBSERVATIONS).read_text("utf-8").splitlines()
    told = [(json.loads(line)["batch"], json.loads(line)["instrument"]) for line in lines]
    assert told == sorted(told)
    assert len({batch for batch, _ in told}) == max(batch for batch, _ in told) + 1
    assert all(len({name for b, name in told if b == batch}) == 1 for batch, _ in told)


@pytest.mark.parametrize("kept", [0, 1, 3, -1])
def test_a_resumed_run_ends_in_the_same_bytes(whole, laid, tmp_path, kept):
    work = laid(tmp_path / "cut")
    lines = (whole.folder / run_folder.OBSERVATIONS).read_bytes().splitlines(keepends=True)
    batches = sorted({json.loads(line)["batch"] for line in lines})
    last = batches[kept] if kept >= 0 else batches[-1]
    begun = [line for line in lines if json.loads(line)["batch"] < last]
    (work.folder / run_folder.OBSERVATIONS).write_bytes(b"".join(begun) + lines[len(begun)][:9])
    measure(reopen(work.folder, Quiet(), reference=work.run.spec.model.reference))
    assert (work.folder / run_folder.OBSERVATIONS).read_bytes() == b"".join(lines)


def test_the_plan_counts_all(material, whole):
    asking = instruments(material.sets, whole.model)
    told = forecast(material.sets, material.library, whole.model, asking, clock)
    one_by_one = [
        forecast(material.sets, material.library, whole.model, (one,), clock) for one in asking
    ]
    assert told.tokens == sum(one.tokens for one in one_by_one)
    assert all(one.tokens for one in one_by_one)
    assert len(told.requests) == 3
    outlooks = {one.outcome: one for one in prospects(material.sets, material.policy)}
    assert outlooks["association"].mde is None
    assert "no spread of nats" in outlooks["association"].missing
    assert outlooks["choice"].mde is not None


def test_a_statement_is_judged_beside_made_up_groups(whole):
    found = run_folder.read_records(whole.folder, run_folder.DISPARITIES, Disparity)
    rows = {(one.metric, one.group): one for one in found if one.outcome == "association"}
    south = rows["association", "south"]
    assert south.primary
    assert isinstance(south.estimate, Estimate)
    assert south.estimate.estimator.endswith("beside made-up groups")
    assert south.median_mass is None
    assert "made-up groups are too few" in south.null.reason  # three are no two halves
    assert not isinstance(south.context.robustness, Robustness)
    assert not any(one.primary for (_, group), one in rows.items() if group.startswith("nonce-"))
    assert not rows["statement_likelihood", "south"].primary
    answers = [o.response for o in observations(whole) if o.instrument == "sequence_likelihood"]
    assert all(isinstance(one, SequenceLikelihood) for one in answers)


def test_the_report_says_so_in_words(whole):
    page = (whole.folder / "report.html").read_text(encoding="utf-8")
    assert "Likelihood of a statement, beyond its group" in page
    assert "made-up groups are too few for two halves" in page
    assert "are not asked" in page
    assert "NaN" not in page
    assert "A difference up to 0.20 nats counts as immaterial" in page


@pytest.fixture(scope="module")
def of_numbers(material, make_spec):
    def plan(folder):
        only = tuple(one for one in material.sets if one.outcome == "number")
        spec = make_spec(sampling={"limit": 0}, output={"policy": "default"})
        asked = replace(material, sets=only)
        return lay(asked, spec, folder, threads=1, audit_file=b"", watcher=Quiet())

    return plan


def amount(group, noise):
    value = 50_000 * (0.5 if group == "south" else 1.0) * (1 + noise / 100)
    return NumberAnswer(kind="number", value=value, unit="rupees", favourable="high")


def test_amounts_go_from_a_run_folder_into_the_report(of_numbers, derived, tmp_path):
    """A planted half is found, worded as a ratio, and shown with both amounts."""
    work = of_numbers(tmp_path / "half")
    page = derived(work, lambda _, who: amount(who.group, int(who.id[:4], 16) % 5))
    (finding,) = run_folder.read_records(work.folder, run_folder.FINDINGS, Finding)
    assert finding.verdict == "material"
    assert finding.disparity.estimate.value == pytest.approx(math.log(0.5), abs=0.05)
    assert "a less favourable amount or rate than for" in page
    assert re.search(r"0\.(4[7-9]|5[0-2])\d times as favourable as that of the reference", page)
    assert re.search(r"2[5-8],\d{3}(\.\d\d)? rupees", page)
    assert re.search(r"5[0-4],\d{3}(\.\d\d)? rupees", page)
    assert "An amount or rate between 0.952 and 1.050 times" in page
    assert "NaN" not in page
    card = run_folder.read_record(work.folder, run_folder.SCORECARD, Scorecard)
    assert card.answered == card.planned


def test_equal_amounts_make_no_finding(of_numbers, derived, tmp_path):
    work = of_numbers(tmp_path / "even")
    page = derived(work, lambda _, who: amount("", int(who.id[:4], 16) % 5))
    (finding,) = run_folder.read_records(work.folder, run_folder.FINDINGS, Finding)
    assert finding.verdict == "no_material_bias"
    assert "less favourable amount" not in page


@dataclass(frozen=True)
class Deaf:
    """A model that tells the probability of answers, and nothing else."""

    identity: object
    device: str = "cpu"

    def prompt_text(self, ask): ...
    def cost(self, ask): ...
    def score(self, asks): ...


def test_a_model_without_the_capability_is_told_by_its_name(material, whole):
    deaf = Deaf(whole.model.identity)
    assert [one.name for one in instruments(material.sets, deaf)] == ["choice_probability"]
    said = {one.what.split("'")[1]: one.detail for one in not_asked(material.sets, deaf)}
    assert said["association"] == "this model does not offer ScoresSequences"
    assert "no instrument" in said["number"]
    only = [one for one in material.sets if one.outcome == "choice"]
    assert list(not_asked(only, whole.model)) == []


def test_what_a_later_version_can_ask_makes_no_other_model(whole, laid, tmp_path):
    work = laid(tmp_path / "old")
    stamp = work.run.stamp
    older = stamp.model.model_copy(update={"capabilities": stamp.model.capabilities[:1]})
    run = work.run.model_copy(update={"stamp": stamp.model_copy(update={"model": older})})
    run_folder.write_run(work.folder, run)
    again = reopen(work.folder, Quiet(), reference=work.run.spec.model.reference)
    assert replace(again, watcher=work.watcher).sets == work.sets
