"""Rounds: each chooses its parts by what the one before wrote down, stopped between or not."""

import json
import shutil
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from audit.pipeline.looking import CHOOSERS, views
from audit.pipeline.planning import reopen
from audit.pipeline.stages import carry_out
from audit.pipeline.watcher import Quiet
from audit.records.inside import Inside
from audit.records.mediation import Mediation, Mediator
from audit.storage import journal

ROUNDS = ("attribution_patching", "network_sensitivity", "patching", "stream_patching")


def clock():
    return datetime.now(tz=UTC)


@pytest.fixture(scope="module")
def patched(make_spec, planned, tmp_path_factory):
    spec = make_spec()
    depth = spec.depth.model_copy(
        update={
            "internals": (*ROUNDS, "path_patching"),
            "explained": 8,
            "patched": 8,
            "screened": 10,
        }
    )
    folder = tmp_path_factory.mktemp("runs") / "patched"
    carry_out(planned(spec.model_copy(update={"depth": depth}), folder), clock)
    return folder


def lines(folder):
    return [json.loads(line) for line in (folder / "internals.jsonl").read_text().splitlines()]


def test_every_round_is_asked_and_pooled(patched):
    asked = [line["question"] for line in lines(patched)]
    assert set(asked) == {*ROUNDS, "path_patching"}
    first = {name: asked.index(name) for name in set(asked)}
    assert max(first[one] for one in ROUNDS if one != "patching") < first["patching"]
    assert first["patching"] < first["path_patching"]
    assert asked.count("patching") == 8
    pooled = list(journal.read(patched / "inside.jsonl", TypeAdapter(Inside)))
    (mediation,) = [one for one in pooled if isinstance(one, Mediation)]
    assert mediation.pairs + mediation.chosen_on >= 4
    parts = [one.component for one in pooled if isinstance(one, Mediator)]
    assert len(parts) == len(set(parts)) > 8
    seen = [line for line in lines(patched) if line["question"] == "patching"]
    assert all(line["arrays"]["effect"] == [2, len(parts)] for line in seen)


def test_parts_are_chosen_from_what_is_on_file_alone(patched):
    chosen = [CHOOSERS[want](views(reopen(patched, Quiet()))) for want in ("screened", "decided")]
    assert len(chosen[0]) > len(chosen[1]) > 0
    assert set(chosen[1]) <= set(chosen[0])


@pytest.mark.parametrize("question", ["attribution_patching", "patching", "path_patching"])
def test_stopped_in_a_round_it_ends_in_the_same_bytes(patched, contents, tmp_path, question):
    folder = tmp_path / "run"
    shutil.copytree(patched, folder)
    kept = [line["question"] for line in lines(patched)].index(question) + 1
    path = folder / "internals.jsonl"
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:kept]) + whole[kept][:20])
    for number, array in enumerate(sorted((folder / "internals").glob("[0-9]*"))):
        if number > kept:
            array.unlink()
    for name in ("inside.jsonl", "scorecard.json", "report.html", "manifest.json"):
        (folder / name).unlink(missing_ok=True)
    carry_out(reopen(folder, Quiet()), clock)
    assert contents(folder) == contents(patched)
