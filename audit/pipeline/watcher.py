"""Who watches a run: told of stages and progress, never asked anything."""

from typing import Protocol


class Watcher(Protocol):
    """Shows progress, or keeps quiet."""

    def stage(self, name: str, total: int) -> None:
        """Note that a stage begins with `total` steps before it."""

    def advance(self, steps: int, tokens: int = 0) -> None:
        """Note that steps were done, and how many tokens they took."""

    def note(self, text: str) -> None:
        """Pass on one line that the user should see."""


class Quiet:
    """Watches and says nothing."""

    def stage(self, name: str, total: int) -> None:
        """Say nothing."""

    def advance(self, steps: int, tokens: int = 0) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
