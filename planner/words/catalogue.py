"""Messages in English and Chinese through one gettext catalogue."""

from __future__ import annotations

import gettext
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = ("en", "zh")

_LOCALE = Path(__file__).with_name("locale")
_language: ContextVar[str] = ContextVar("language", default="en")


@cache
def _translations(language: str) -> gettext.NullTranslations:
    return gettext.translation("planner", _LOCALE, languages=[language], fallback=language == "en")


def current_language() -> str:
    """Return the language that messages are said in: ``en`` or ``zh``."""
    return _language.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say every message inside the block in the language."""
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r} is none of {', '.join(LANGUAGES)}")
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


class Text:
    """
    A message kept untranslated, with the values it is filled with.

    Parameters
    ----------
    message
        English text with named fields in braces: the key of the catalogue.
    values
        Values of the fields; a `Text` among them is translated too.
    """

    __slots__ = ("message", "values")

    def __init__(self, message: str, **values: object) -> None:
        self.message = message
        self.values = values

    def in_language(self, language: str) -> str:
        """Return the message in the language, fields filled."""
        message = _translations(language).gettext(self.message) if self.message else ""
        if not self.values:
            return message
        values = {
            name: value.in_language(language) if isinstance(value, Text) else value
            for name, value in self.values.items()
        }
        return message.format(**values)

    def __str__(self) -> str:
        return self.in_language(current_language())

    def __repr__(self) -> str:
        return f"Text({self.message!r}, {self.values!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.message, self.values) == (other.message, other.values)

    def __hash__(self) -> int:
        return hash((self.message, tuple(sorted((name, str(value)) for name, value in self.values.items()))))


class Money(Text):
    """An amount of yuan, shown in millions and, in Chinese, in 万元."""

    __slots__ = ()

    def __init__(self, yuan: float) -> None:
        super().__init__("", yuan=yuan)

    def in_language(self, language: str) -> str:
        """Return the amount in the language."""
        yuan = float(str(self.values["yuan"]))
        return f"{yuan / 1e4:,.0f}万元" if language == "zh" else f"{yuan / 1e6:,.1f} million yuan"


def say(message: str, **values: object) -> str:
    """Return the message in the current language, its fields filled with the values."""
    return str(Text(message, **values))


def percent(share: float) -> str:
    """Return a probability or share as whole per cent, the edges kept apart from certainty."""
    if 0 < share <= 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"
