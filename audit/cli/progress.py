"""Progress on stderr: stage, steps done, tokens per second, time left; quiet in a pipe."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)


class Shown:
    """A watcher that draws progress bars on a terminal; a pipe gets the notes alone."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description:>9}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._tokens = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int) -> None:
        self._tokens = 0
        self._task = self._progress.add_task(name, total=total, speed="")

    def advance(self, steps: int, tokens: int = 0) -> None:
        if self._task is None:
            return
        self._tokens += tokens
        self._progress.update(self._task, advance=steps, speed=self._speed())

    def note(self, text: str) -> None:
        if self._progress.disable:
            print(text, file=sys.stderr)
        else:
            self._progress.console.print(text, highlight=False, markup=False)

    def _speed(self) -> str:
        task = next((t for t in self._progress.tasks if t.id == self._task), None)
        if task is None or not task.elapsed or not self._tokens:
            return ""
        return f"{self._tokens / task.elapsed:,.0f} tokens/s"
