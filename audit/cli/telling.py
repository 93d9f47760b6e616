"""What a finished run prints: one line of what it says, then the paths of what was made."""

import json
from pathlib import Path

from audit.errors import ExitCode


def tell(folder: Path, *, as_json: bool) -> ExitCode:
    """Print where the report is and what it says in one line."""
    from audit.api import Run

    done = Run(folder)
    pages = [str(page) for page in done.pages]
    if as_json:
        card = done.scorecard.model_dump(mode="json")
        print(json.dumps({"run": str(folder), "pages": pages, "scorecard": card}))
        return ExitCode.OK
    print(done.summary)
    for page in pages:
        print(page)
    return ExitCode.OK
