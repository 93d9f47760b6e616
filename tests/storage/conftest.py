"""A plan as it stands in `run.json`, without a model behind it."""

import pytest

from audit.records.runs import Depth, ModelIdentity, ModelRequest, RunFile, RunSpec, Stamp


@pytest.fixture
def run_file():
    identity = ModelIdentity(
        backend="causal",
        name="tiny",
        family="llama",
        revision="",
        parameters=1,
        weight_digest="w" * 64,
        tokenizer_digest="t" * 64,
        chat_template_digest="",
        dtype="float32",
        context_length=64,
        capabilities=("ScoresContinuations",),
    )
    depth = Depth(templates=1, names=1, explained=1, explained_findings=1, methods=())
    return RunFile(
        spec=RunSpec(date="2026-07-01", model=ModelRequest(reference="tiny"), depth=depth),
        stamp=Stamp(
            samata="0",
            python="3.11",
            packages={},
            platform="linux",
            device="cpu",
            threads=1,
            model=identity,
            suites={},
            probes={},
            policy="p" * 64,
            requests=0,
        ),
    )
