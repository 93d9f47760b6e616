"""Showing: what a report shows of what was seen inside the network; the rest stays on disk."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from audit import internals, plugins
from audit.findings.exemplars import pairs_to_show
from audit.internals.contract import Question
from audit.records.findings import Finding
from audit.records.inside import Inside
from audit.records.internals import Look, Looked, NotLooked
from audit.records.runs import Depth
from audit.reporting.dossier import InsideView, Pictured
from audit.storage import folder as run_folder
from audit.storage import journal
from audit.storage.arrays import read_arrays

_PICTURED = ("activation_map", "attention_map", "logit_lens", "writers")

_LOOK: TypeAdapter[Looked | NotLooked] = TypeAdapter(Look)


def inside_view(folder: Path, findings: Sequence[Finding], depth: Depth) -> InsideView:
    """Return what was pooled, and the arrays of the pairs that are shown and of no others."""
    shown = {
        (pair.set_id, pair.variant, pair.reference_variant): place
        for place, pair in enumerate(pairs_to_show(findings, depth))
    }
    pictured: list[Pictured] = []
    refused: dict[tuple[str, str], int] = {}
    for look in journal.read(folder / run_folder.INTERNALS, _LOOK):
        if isinstance(look, NotLooked):
            reason = (look.question, look.detail)
            refused[reason] = refused.get(reason, 0) + 1
        elif _key(look) in shown and look.question in _PICTURED:
            pictured.append(Pictured(look, read_arrays(folder, look.file)))
    return InsideView(
        asked=cannot_show(depth.internals),
        pooled=tuple(journal.read(folder / run_folder.INSIDE, TypeAdapter(Inside))),
        pictured=tuple(sorted(pictured, key=lambda one: shown[_key(one.look)])),
        refused=tuple((*reason, count) for reason, count in refused.items()),
    )


def cannot_show(names: Iterable[str]) -> dict[str, str]:
    """Return, for each question of a run, what its answer cannot show."""
    found = (plugins.load(internals, name, Question) for name in names)
    return {question.name: question.cannot_show for question in found}


def _key(look: Looked) -> tuple[str, str, str]:
    return look.set_id, look.variant, look.reference_variant
