"""What cannot be measured is a failure that is counted and shown; the run goes on.

Real models throughout: one whose large batches do not fit in memory, one with a weight that
is no number, one whose tokenizer knows no Devanagari.
"""

import json
import math
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from audit.models.contract import ScoresContinuations
from audit.pipeline.measuring import measure, observations
from audit.pipeline.stages import carry_out
from audit.records.observations import Failure, Measurement
from audit.records.runs import Deviation
from audit.records.scores import Scorecard
from audit.storage import folder as run_folder

BOTH = {"scope": {"suites": ["employment/*"]}, "sampling": {"limit": 6}}


def clock():
    return datetime.now(tz=UTC)


@dataclass(frozen=True)
class Narrow:
    """A model that holds at most `room` asks in memory; else the model that it wraps."""

    model: ScoresContinuations
    room: int

    @property
    def identity(self):
        return self.model.identity

    @property
    def device(self):
        return self.model.device

    def prompt_text(self, ask):
        return self.model.prompt_text(ask)

    def cost(self, ask):
        return self.model.cost(ask)

    def score(self, asks):
        if len(asks) > self.room:
            raise MemoryError
        return self.model.score(asks)


def log_odds(work):
    return {
        one.variant: one.response.log_odds_by_order()
        for one in observations(work)
        if isinstance(one, Measurement)
    }


def test_a_batch_that_does_not_fit_is_split_recorded_and_right(make_spec, planned, tmp_path):
    asked = make_spec(sampling={"limit": 12, "batch_tokens": 12000})
    work = planned(asked, tmp_path / "wide")
    measure(work)
    narrow = replace(planned(asked, tmp_path / "narrow"), model=Narrow(work.model, room=4))
    measure(narrow)
    wide, split = log_odds(work), log_odds(narrow)
    assert wide.keys() == split.keys()
    for variant, values in wide.items():
        assert split[variant] == pytest.approx(values, abs=1e-4)
    said = run_folder.read_records(narrow.folder, run_folder.DEVIATIONS, Deviation)
    assert said
    assert all(one.stage == "measure" and "did not fit in memory" in one.what for one in said)
    assert "1e-4" in said[0].detail
    assert run_folder.read_records(work.folder, run_folder.DEVIATIONS, Deviation) == ()
    assert len({one.what for one in said}) == len(said)


def test_a_prompt_that_does_not_fit_alone_is_a_failure(make_spec, planned, tmp_path):
    work = planned(make_spec(sampling={"limit": 1}), tmp_path / "run")
    work = replace(work, model=Narrow(work.model, room=1))  # both orders are two asks
    measure(work)
    found = list(observations(work))
    assert found
    assert {one.detail for one in found} == {"out of memory even alone"}


@pytest.fixture(scope="module")
def spoilt(tiny, tmp_path_factory):
    """The tiny model with one weight that is no number: the embedding of a Devanagari byte."""
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(tiny, tmp_path_factory.mktemp("spoilt") / "tiny-llama")
    vocabulary = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    weights = load_file(folder / "model.safetensors")
    devanagari = [number for piece, number in vocabulary.items() if piece.startswith("à¤")]
    assert devanagari
    weights["model.embed_tokens.weight"][devanagari] = math.nan
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def english_only(make_folder, library, tmp_path_factory):
    """A model whose tokenizer knows the letters of the English suites and no others."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    texts = [
        text
        for suite in library.suites.values()
        if suite.language == "en"
        for template in suite.templates
        for text in (*template.turns, template.question, template.role)
    ]
    letters = sorted(set("".join(texts)) | set(map(chr, range(32, 127))) | {"\n"})
    vocabulary = {token: n for n, token in enumerate(["<unk>", "<s>", "</s>", *letters])}
    bare = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bare, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
    folder = shutil.copytree(make_folder("llama"), tmp_path_factory.mktemp("letters") / "tiny")
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def library():
    from audit.places import shipped
    from audit.suites.library import read_library

    return read_library(shipped("probes"))


def audited(planned, wanted, folder):
    work = planned(wanted, folder)
    carry_out(work, clock)
    found = list(observations(work))
    hindi = {variant.id for one in work.sets if one.language == "hi" for variant in one.variants}
    failed = {one.variant for one in found if isinstance(one, Failure)}
    card = run_folder.read_record(folder, run_folder.SCORECARD, Scorecard)
    return found, failed, hindi, card


def check_hindi_is_blocked(failed, hindi, card, found):
    assert failed == hindi != set()
    assert len(found) > len(failed)
    states = {(cell.language, cell.state) for cell in card.coverage if cell.planned}
    assert ("hi", "blocked") in states
    assert ("en", "answered") in states
    assert ("hi", "answered") not in states
    assert card.planned == len(found)
    assert card.answered == len(found) - len(failed)
    assert sum(card.failures.values()) == len(failed)


def test_logits_that_are_no_numbers(spoilt, make_spec, planned, tmp_path):
    found, failed, hindi, card = audited(planned, make_spec(spoilt, **BOTH), tmp_path / "run")
    check_hindi_is_blocked(failed, hindi, card, found)
    details = {one.detail for one in found if isinstance(one, Failure)}
    assert details == {"logits are not finite"}
    assert card.failures.keys() == {"error"}
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "NaN" not in page
    for path in (tmp_path / "run").glob("*.json*"):
        assert b"NaN" not in path.read_bytes()


def test_a_script_that_the_tokenizer_cannot_encode(english_only, make_spec, planned, tmp_path):
    found, failed, hindi, card = audited(
        planned, make_spec(english_only, **BOTH), tmp_path / "run"
    )
    check_hindi_is_blocked(failed, hindi, card, found)
    assert card.failures.keys() == {"unencodable"}
    details = {one.detail for one in found if isinstance(one, Failure)}
    assert all(detail.startswith("the tokenizer cannot encode") for detail in details)
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "unencodable" in page or "cannot encode" in page


def test_every_answer_on_file_is_one_of_two_kinds(finished):
    kind = TypeAdapter(Measurement | Failure)
    lines = (finished / "observations.jsonl").read_bytes().splitlines()
    assert all(isinstance(kind.validate_json(line), Measurement) for line in lines)
    batches = [json.loads(line)["batch"] for line in lines]
    assert batches == sorted(batches)


def test_a_run_cut_short_by_a_limit_carries_no_conclusion(finished, make_spec, planned, tmp_path):
    """Neither a short one nor one whose limit cut nothing off; without a limit, one may."""
    card = run_folder.read_record(finished, run_folder.SCORECARD, Scorecard)
    assert not card.conclusion
    assert card.rating is None
    assert "limit" in card.rule
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert "limit" in page
    free = planned(make_spec(sampling={"limit": 0}), tmp_path / "free")
    carry_out(free, clock)
    card = run_folder.read_record(free.folder, run_folder.SCORECARD, Scorecard)
    assert "limit" not in card.rule
