"""
What the package raises on purpose.

.. code-block:: text

    PlannerError
    ├── DataError (ValueError)         a district's tables or files are wrong
    ├── PolicyError (ValueError)       a policy profile is wrong
    ├── ScenarioError (ValueError)     a scenario file is wrong
    ├── QuestionError (LookupError)    a question names a school, year or grade that the run does not have
    ├── OutputError (OSError)          a result cannot be written where it was asked for
    └── PlanError (RuntimeError)       a plan breaks a promise: our own fault

Every error carries one or more messages; all faults of a file come together. A message says what is wrong,
where, and what to do, and is kept untranslated until it is shown, so that it can be shown in any language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    class Sayable(Protocol):
        """A message that can be said in a language."""

        def in_language(self, language: str) -> str:
            """Return the message in the language."""
            ...


class PlannerError(Exception):
    """Base of all errors raised on purpose; the command line prints it as a message and exits with 1."""

    def __init__(self, *faults: Sayable | str) -> None:
        self.faults: tuple[Sayable | str, ...] = faults
        super().__init__("\n".join(self.lines("en")))

    @classmethod
    def of(cls, faults: Iterable[Sayable | str]) -> PlannerError:
        """Make the error of all the faults found."""
        return cls(*faults)

    def lines(self, language: str) -> list[str]:
        """Return one line per fault in the language."""
        return [fault if isinstance(fault, str) else fault.in_language(language) for fault in self.faults]


class DataError(PlannerError, ValueError):
    """A district's tables or files are wrong."""


class PolicyError(PlannerError, ValueError):
    """A policy profile is wrong."""


class ScenarioError(PlannerError, ValueError):
    """A scenario file is wrong."""


class QuestionError(PlannerError, LookupError):
    """A question names a school, year or grade that the run does not have."""


class OutputError(PlannerError, OSError):
    """A result cannot be written where it was asked for."""


class PlanError(PlannerError, RuntimeError):
    """A plan breaks a promise it should keep: our own fault, never the user's."""
