"""The rules of the house that a linter does not check, over every module of the package."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "audit"
MODULES = sorted(ROOT.rglob("*.py"))
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|raise NotImplementedError)\b")
PLUGIN_ROOMS_WITH_SOURCE = ("measurement", "attribution", "metrics", "analyses", "models")
MUTABLE_MAKERS = {"list", "dict", "set", "bytearray", "defaultdict", "Counter", "deque"}


def faults(source, path):
    """Every broken rule in one module's source, as short words."""
    tree = ast.parse(source)
    found = [*_of_length(source, tree, path), *_of_docstring(tree, path), *_of_state(tree)]
    if FORBIDDEN & {path.stem, path.parent.name}:
        found.append(f"forbidden name {path.stem}")
    found += [f"unfinished: {word}" for word in UNFINISHED.findall(source)]
    return found


def _of_length(source, tree, path):
    """The signature of a command is its table of options, so it does not count there."""
    if len(source.splitlines()) > LONGEST_MODULE:
        yield f"module of {len(source.splitlines())} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = node.body[0].lineno if path.parent.name == "cli" else node.lineno
            length = node.end_lineno - start + 1 - _docstring_lines(node)
            if length > LONGEST_FUNCTION:
                yield f"function {node.name} of {length} lines"


def _docstring_lines(node):
    first = node.body[0]
    has = ast.get_docstring(node) is not None
    return first.end_lineno - first.lineno + 1 if has else 0


def _of_docstring(tree, path):
    if not ast.get_docstring(tree):
        yield "no docstring at its head"
    if path.name == "__init__.py" and len(tree.body) != 1:
        yield "an __init__ that holds more than a docstring"


def _of_state(tree):
    """Containers at module level that are changed, or that nothing but their name protects.

    A container display is allowed as a constant if nobody changes it in place: a name that is
    subscripted as a target, deleted from, or called with a changing method is state.
    """
    constants = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and _is_mutable(node.value)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield f"global {', '.join(node.names)}"
        changed = _changed_name(node)
        if changed in constants:
            yield f"module-level state {changed}"


def _is_mutable(value):
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in MUTABLE_MAKERS
    return isinstance(
        value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
    )


def _changed_name(node):
    changing = {"append", "extend", "insert", "add", "update", "pop", "clear", "remove"}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        return owner.id if node.func.attr in changing and isinstance(owner, ast.Name) else None
    is_target = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
    return node.value.id if is_target and isinstance(node.value, ast.Name) else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_keeps_the_rules(path):
    assert faults(path.read_text(encoding="utf-8"), path) == []


@pytest.mark.parametrize(
    ("source", "name", "said"),
    [
        ("x = 1\n", "a/words.py", "no docstring"),
        ('"""D."""\n' + "x = 1\n" * 300, "a/words.py", "module of 301"),
        ('"""D."""\ndef f():\n' + "    x = 1\n" * 40, "a/words.py", "function f of 41"),
        ('"""D."""\nx = 1\n', "a/__init__.py", "more than a docstring"),
        ('"""D."""\n', "a/utils.py", "forbidden name"),
        ('"""D."""\n', "core/words.py", "forbidden name"),
        ('"""D."""\n# TODO later\n', "a/words.py", "unfinished"),
        ('"""D."""\nx = {}\ndef f():\n    x["a"] = 1\n', "a/words.py", "module-level state x"),
        ('"""D."""\nx = []\ndef f():\n    x.append(1)\n', "a/words.py", "module-level state x"),
        ('"""D."""\nx = 0\ndef f():\n    global x\n', "a/words.py", "global x"),
    ],
)
def test_each_rule_can_be_broken(source, name, said):
    (fault,) = faults(source, Path(name))
    assert said in fault


def test_a_constant_table_and_a_long_docstring_are_no_faults():
    source = '"""D."""\nx = {"a": 1}\ndef f():\n    """D.' + "\n" * 60 + '    """\n    return x\n'
    assert faults(source, Path("a/words.py")) == []


def test_plugins_of_method_rooms_name_their_source():
    without = []
    for room in PLUGIN_ROOMS_WITH_SOURCE:
        for path in sorted((ROOT / room).glob("*.py")):
            text = path.read_text(encoding="utf-8")
            if re.search(r"^PLUGIN\b", text, re.MULTILINE):
                docstring = ast.get_docstring(ast.parse(text))
                named = re.search(r"\bsource\s*=|^Source:", text, re.MULTILINE) is not None
                if not (named or "Source:" in docstring):
                    without.append(str(path.relative_to(ROOT)))
    assert without == []
