"""Who knows what: the product knows no standard, and the truth knows no product."""

import ast
from pathlib import Path

import audit

PACKAGE = Path(audit.__file__).parent
SECRETS = ("embedded:fair", "embedded:biased", "truth.json", "log_odds.safetensors")
FEEDER = PACKAGE / "pipeline" / "standards.py"


def python_files():
    return sorted(PACKAGE.rglob("*.py"))


def named_secrets(source):
    return [secret for secret in SECRETS if secret in source]


def imported(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def test_no_code_outside_the_room_knows_a_standard_or_its_table():
    room = PACKAGE / "controls"
    outside = [path for path in python_files() if not path.is_relative_to(room)]
    assert len(outside) > 20
    assert {p: named_secrets(p.read_text("utf-8")) for p in outside} == {p: [] for p in outside}
    inside = (path.read_text("utf-8") for path in python_files() if path.is_relative_to(room))
    assert any(named_secrets(source) for source in inside)


def test_only_the_feeder_reads_the_truth():
    """Outside the room and its feeder nobody asks for a standard's table or its log-odds."""
    asks = ("standards.truth", "standards.TRUTH", "standards.LOG_ODDS", "read_log_odds")
    for path in python_files():
        if path == FEEDER or path.is_relative_to(PACKAGE / "controls"):
            continue
        assert not any(ask in path.read_text("utf-8") for ask in asks), path


def test_the_truth_is_measured_without_the_product():
    script = (PACKAGE / "controls" / "recipe" / "plain_truth.py").read_text("utf-8")
    build = (PACKAGE / "controls" / "recipe" / "build.py").read_text("utf-8")
    alone = {"collections", "dataclasses", "functools", "json", "math", "pathlib", "sys", "typing"}
    assert set(imported(script)) == alone | {"safetensors", "tokenizers", "torch"}
    assert "audit" in set(imported(build))
