"""The errors raised on purpose; each class says who can mend it.

Every message is one line: what is wrong, where, and what would be right. The command line
turns the class into an exit code in one place, `audit/__main__.py`.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit code means; one table for all commands."""

    OK = 0
    FAULTS = 1
    BAD_REQUEST = 2
    INCOMPLETE = 3
    UNDECIDED = 4
    INTERNAL = 70
    INTERRUPTED = 130


class SamataError(Exception):
    """Any error that Samata raises on purpose."""

    exit_code = ExitCode.INTERNAL


class RequestError(SamataError):
    """What was asked for cannot be done as asked; the user can mend the request."""

    exit_code = ExitCode.BAD_REQUEST


class SuiteError(RequestError):
    """A probe, identity, name or policy file breaks its own rules; its author can mend it."""


class ModelError(RequestError):
    """The model cannot be loaded as asked; the user can name another or allow more."""


class CapabilityError(ModelError):
    """The model lacks a capability that was asked of it; a stage goes on without it."""


class RunFolderError(RequestError):
    """The run folder is missing, foreign, damaged or of another format."""


class IncompleteError(SamataError):
    """The run stopped before its end; what was measured stays and `samata resume` goes on."""

    exit_code = ExitCode.INCOMPLETE
