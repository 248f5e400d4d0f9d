"""
Personal data: columns that name, number or reach single persons.

The planner takes counts, never persons. Such columns are refused when a file is read, and no value of them is
ever repeated in a message.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api import types

from planner.district.values import as_text, floats
from planner.words import Text

if TYPE_CHECKING:
    from planner.words import Column

_CHINESE_HEADS = (
    "姓名",
    "身份证",
    "证件号",
    "手机",
    "电话",
    "联系方式",
    "联系人",
    "监护人",
    "家长",
    "父亲",
    "母亲",
    "户主",
    "学籍号",
    "微信",
    "邮箱",
    "家庭住址",
    "家庭地址",
    "出生日期",
    "出生年月日",
)
_ENGLISH_WORDS = frozenset(
    {
        "surname",
        "forename",
        "passport",
        "phone",
        "mobile",
        "telephone",
        "tel",
        "email",
        "guardian",
        "guardians",
    }
    | {
        "parent",
        "parents",
        "mother",
        "father",
        "ssn",
        "upn",
        "dob",
        "birthday",
        "birthdate",
        "idcard",
        "contact",
    }
)
_ENGLISH_PHRASES = (
    "first name",
    "last name",
    "full name",
    "family name",
    "given name",
    "child name",
    "childs name",
    "pupil name",
    "student name",
    "learner name",
    "personal name",
    "id card",
    "id number",
    "identity",
    "national id",
    "date of birth",
    "birth date",
    "home address",
)
_BARE_NAMES = frozenset({"name", "names", "名字"})
_OF_CHILDREN = frozenset({"children", "residents", "attendance", "classes", "enrolment", "class_bands"})
"""Tables about children, in which a column of names can only be personal."""

_IDENTITY = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
    r"|\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})(?!\d)"
)
"""Resident identity numbers (GB 11643): region, date of birth, order, check character; and the old ones of 15."""
_EIGHTEEN = re.compile(r"(?<!\d)[1-9]\d{16}[\dXx](?!\d)")
_PHONE = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\d.])")
_SCIENTIFIC = re.compile(r"^\d(?:\.\d+)?E\+?1[47]$", re.IGNORECASE)
"""An identity number as spreadsheets spoil it: 3.70405E+17."""

_SMALLEST_PHONE = 13_000_000_000
_SHORTEST = 7
"""Characters of the shortest text that can hold such a number: 3.7E+17."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

IDENTITY = Text("identity numbers")
PHONE = Text("phone numbers")
PERSON = Text("names or particulars of persons")


def _checked(number: str) -> bool:
    """Whether the last character of 18 is the check character of ISO 7064 MOD 11-2, as in identity numbers."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def _kind_of_value(text: str) -> Text | None:
    if _IDENTITY.search(text) or _SCIENTIFIC.match(text):
        return IDENTITY
    if any(_checked(found) for found in _EIGHTEEN.findall(text)):
        return IDENTITY
    return PHONE if _PHONE.search(text) else None


def _kind_of_values(values: pd.Series, column: Column | None) -> Text | None:
    numeric = types.is_numeric_dtype(values.dtype)
    in_range = column is not None and column.minimum is not None and column.maximum is not None
    if numeric or in_range:
        numbers = floats(values)
        odd = numbers >= _SMALLEST_PHONE if numeric else np.ones(len(numbers), dtype=bool)
        if column is not None and column.minimum is not None and column.maximum is not None:
            odd &= ~((numbers >= column.minimum) & (numbers <= column.maximum))
        values = pd.Series(values.iloc[np.flatnonzero(odd)])
    for value in set(as_text(values).dropna()):
        if len(value) >= _SHORTEST and (kind := _kind_of_value(unicodedata.normalize("NFKC", value))):
            return kind
    return None


def _kind_of_head(head: str, table: str) -> Text | None:
    plain = unicodedata.normalize("NFKC", head).strip()
    words = re.sub(
        r"[^a-z]+", " ", re.sub(r"([a-z])([A-Z])", r"\1 \2", plain).lower().replace("'", "")
    ).strip()
    if any(part in plain for part in _CHINESE_HEADS):
        return PERSON
    if _ENGLISH_WORDS & set(words.split()) or any(f" {part} " in f" {words} " for part in _ENGLISH_PHRASES):
        return PERSON
    return PERSON if table in _OF_CHILDREN and plain.lower() in _BARE_NAMES else None


def personal_kind(head: str, values: pd.Series, *, table: str, column: Column | None) -> Text | None:
    """
    Return what personal data a column looks like, or None.

    Parameters
    ----------
    head
        Name of the column as the file has it.
    values
        Its cells, as the file has them.
    table
        Id of the table.
    column
        The dictionary's entry when it is a known column: its name is then innocent, and so are numbers within
        its range.
    """
    kind = None if column is not None else _kind_of_value(head) or _kind_of_head(head, table)
    return kind or _kind_of_values(values, column)


def is_personal(text: str) -> bool:
    """Whether a text holds an identity or phone number, so that it must not be repeated."""
    return _kind_of_value(unicodedata.normalize("NFKC", text)) is not None
