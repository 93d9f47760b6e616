"""JUnit: a gate's result for continuous integration, one test case a comparison.

What is undecided is `skipped` with its reason and never a pass. The format has no standard of
its own; element and attribute names are those that the common readers share.

Source: the XML of Apache Ant's JUnit task, as read by GitLab, Jenkins and others.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from audit.records.scores import GateCase, GateResult
from audit.reporting.visible import visible


def junit(result: GateResult) -> bytes:
    """Return the result as JUnit XML in UTF-8; the same result, the same bytes."""
    root = ET.Element("testsuites", _counts("samata gate", result.cases))
    for axis in dict.fromkeys(case.axis for case in result.cases):
        _suite(root, axis, [case for case in result.cases if case.axis == axis], result)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(root: ET.Element, axis: str, cases: Sequence[GateCase], result: GateResult) -> None:
    suite = ET.SubElement(root, "testsuite", _counts(axis, cases))
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("audit", result.audit),
        ("model", result.model),
        ("policy", result.policy),
        ("policy digest", result.policy_digest),
        ("policy fixed before the run", result.planned_policy),
        ("applied after the fact", "yes" if result.after_the_fact else "no"),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": visible(value)})
    for case in cases:
        _case(suite, case)


def _case(suite: ET.Element, case: GateCase) -> None:
    named = {"classname": f"samata.{visible(case.axis)}", "name": visible(case.name)}
    test = ET.SubElement(suite, "testcase", named)
    reason = visible(case.reason)
    if case.state == "failed":
        ET.SubElement(test, "failure", {"type": "material", "message": reason})
    elif case.state == "undecided":
        ET.SubElement(test, "skipped", {"message": reason})
    else:
        ET.SubElement(test, "system-out").text = reason


def _counts(name: str, cases: Sequence[GateCase]) -> dict[str, str]:
    return {
        "name": visible(name),
        "tests": str(len(cases)),
        "failures": str(sum(case.state == "failed" for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.state == "undecided" for case in cases)),
    }
