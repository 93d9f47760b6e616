"""Policies: read the file that turns numbers into verdicts.

Margins, floors, bands and weights stand in a policy file and nowhere in the code, so that
whoever reads a verdict can see who chose the numbers, and why.
"""

import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from audit.errors import RequestError, SuiteError
from audit.findings.policy_places import Location, line_of, told_line
from audit.records.findings import Policy

JUDGED = {
    "choice": ("log_odds", "favourable_probability", "impact_ratio"),
    "ordered": ("log_odds",),
    "number": ("log_amount",),
    "marks": ("share_of_scale",),
    "association": ("association",),
}
"""The outcomes that every policy needs a margin for, and the metrics that can judge each."""

HARMS = ("allocation", "denigration", "stereotyping", "quality_of_service", "refusal_asymmetry")

_SHIPPED = Path(__file__).parent / "policies"


class Fault(NamedTuple):
    """What is wrong in a policy file, and where."""

    line: int
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.line}: {self.key}: {self.what}" if self.key else f"{self.line}: {self.what}"


def load_policy(name_or_path: str) -> Policy:
    """Return a shipped policy by its name, or a policy file by its path.

    Raises:
        RequestError: If there is no such policy, or its file cannot be read.
        SuiteError: If the file breaks TOML's rules or the policy's; with file, line and key.
    """
    path = find_policy(name_or_path)
    source = _text(path)
    for fault in _faults(source):
        raise SuiteError(f"policy {path}:{fault}")
    return Policy.model_validate(tomllib.loads(source))


def policy_faults(name_or_path: str) -> tuple[Fault, ...]:
    """Return every fault that a policy file shows at once.

    Raises:
        RequestError: If there is no such policy, or its file cannot be read.
    """
    return tuple(_faults(_text(find_policy(name_or_path))))


def policy_names() -> tuple[str, ...]:
    """Return the names of the shipped policies, sorted."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def find_policy(name_or_path: str) -> Path:
    """Return the file of a shipped policy, or the path itself.

    Raises:
        RequestError: If there is no such policy.
    """
    names = policy_names()
    if name_or_path in names:
        return _SHIPPED / f"{name_or_path}.toml"
    path = Path(name_or_path)
    if path.is_file():
        return path
    near = get_close_matches(name_or_path, names, n=1)
    hint = (
        f"did you mean {near[0]!r}?" if near else f"there is {', '.join(names)}, or a .toml file"
    )
    raise RequestError(f"no policy {name_or_path!r}; {hint}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise SuiteError(f"policy {path}: no UTF-8 at byte {fault.start}; save it so") from None
    except OSError as fault:
        raise RequestError(f"policy {path}: cannot be read: {fault.strerror}") from None


def _faults(source: str) -> Iterator[Fault]:
    try:
        content = tomllib.loads(source)
    except tomllib.TOMLDecodeError as fault:
        yield Fault(told_line(str(fault)), "", f"not valid TOML: {fault}")
        return
    try:
        policy = Policy.model_validate(content)
    except ValidationError as fault:
        for one in fault.errors():
            where = _narrowed(one["loc"], content)
            what = one["msg"].removeprefix("Value error, ")
            yield Fault(line_of(source, where), ".".join(map(str, where)), what)
        return
    for where, what in _gaps(policy):
        yield Fault(line_of(source, where), ".".join(map(str, where)), what)


def _gaps(policy: Policy) -> Iterator[tuple[Location, str]]:
    """Yield what a lawful policy still lacks to judge a run."""
    for outcome, metrics in JUDGED.items():
        margin = policy.judging(outcome)
        if margin is None:
            what = f'add a [[margins]] entry with outcome = "{outcome}", its author and rationale'
            yield ("margins",), f"no margin for {outcome!r} outcomes; {what}"
        elif margin.metric not in metrics:
            place = policy.margins.index(margin)
            known = ", ".join(metrics)
            yield (
                ("margins", place, "metric"),
                f"{margin.metric!r} cannot judge {outcome!r} outcomes; what can is {known}",
            )
    for harm in HARMS:
        if harm not in policy.harm_points:
            yield ("harm_points",), f"no points for {harm!r}"


def _narrowed(loc: Location, content: dict[str, Any]) -> Location:
    """Return the entry at fault where a rule about a whole table was broken."""
    match loc:
        case ("bands",):
            return _first_out_of_order(content.get("bands"))
        case ("margins",) if isinstance(content.get("margins"), list):
            outcomes = [margin.get("outcome") for margin in content["margins"]]
            twice = (n for n, outcome in enumerate(outcomes) if outcome in outcomes[:n])
            place = next(twice, None)
            return loc if place is None else ("margins", place, "outcome")
    return loc


def _first_out_of_order(bands: Any) -> Location:
    """Return where a band begins no later, or weighs less, than the one before it."""
    if not isinstance(bands, list):
        return ("bands",)
    for key in ("from_margins", "points"):
        before = None
        for place, band in enumerate(bands):
            now = band[key]
            late = key == "from_margins" and (now != 0 if before is None else now <= before)
            if late or (key == "points" and before is not None and now < before):
                return ("bands", place, key)
            before = now
    return ("bands",)
