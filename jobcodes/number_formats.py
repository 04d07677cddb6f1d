"""What a number in a workbook says: a date, a job number with its leading zeros, or just the number.

A workbook keeps all of these as numbers; only the number format of the cell tells them apart.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

GENERAL = "General"
# The formats that a workbook names by number alone (ECMA-376, 18.8.30).
BUILT_IN = {
    0: GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm",
    37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)", 39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);[Red](#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
# Those of East Asian editions: dates and times that look different in each.
EAST_ASIAN = dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd")
EAST_ASIAN |= dict.fromkeys((*range(32, 36), 55, 56), "h:mm:ss")
DAYS_TO_1904 = 1462  # from the usual first day of a workbook to that of old Macs

Kind = Literal["number", "date", "datetime", "time", "elapsed", "digits"]

_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_PART = re.compile(r'(?:"[^"]*"|\\.|[^;])*')
_DIGITS = re.compile(r'(?:0|[-/. ]|"[^"]*"|\\.)+')
_LAST_DAY = 2_958_466  # 10000-01-01


def number_text(number: float, format: str) -> str:
    """The number as a CSV should say it.

    Dates and times are ISO (`2024-01-31`, `2024-01-31 08:30:00`, `08:30:00`), elapsed time is `36:30:00`. Under
    a format of zeros (`000000`, `000-00-0000`, `"JC-"0000`) it has the digits that the workbook shows. All else
    is the bare number, without thousands and currency, of 15 digits as a workbook counts them.
    """
    kind = format_kind(format)
    if kind == "digits" and number >= 0 and number == int(number):
        return _with_zeros(int(number), format)
    if kind in ("date", "datetime", "time") and 0 <= number < _LAST_DAY:
        return _moment(number, kind)
    if kind == "elapsed":
        seconds = round(abs(number) * 86400)
        return f"{'-' * (number < 0)}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    text = f"{number:.15g}"
    return f"{Decimal(text):f}" if "e" in text and 1e-10 < abs(number) < 1e21 else text


@lru_cache(maxsize=4096)
def format_kind(format: str) -> Kind:
    """What a number format makes of a number; its part for positive numbers counts."""
    first = _for_positive(format)
    if first.lower() == GENERAL.lower():
        return "number"
    bare = _LITERAL.sub("", first).lower()
    if "[" in bare:
        return "elapsed"
    clock = "h" in bare or "s" in bare
    if "y" in bare or "d" in bare or ("m" in bare and not clock):
        return "datetime" if clock else "date"
    if clock:
        return "time"
    return "digits" if first.count("0") > 1 and _DIGITS.fullmatch(first) and "." not in bare else "number"


def _for_positive(format: str) -> str:
    """A format has up to four parts, for positive and negative numbers, zero and text."""
    part = _PART.match(format)
    return part[0] if part else ""


def serial(moment: datetime) -> float:
    """A date and time as the number that a workbook keeps: days since 1899-12-30."""
    days = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    return days - 1 if 0 < days < 61 else days


def _moment(number: float, kind: Kind) -> str:
    # Workbooks count a 29 February 1900 that never was.
    first = datetime(1899, 12, 31) if 1 <= number < 60 else datetime(1899, 12, 30)
    moment = first + timedelta(milliseconds=round(number * 86_400_000))
    clock = f"{moment:%H:%M:%S}" + (f".{moment.microsecond // 1000:03}" if moment.microsecond else "")
    if kind == "time" and number < 1:
        return clock
    # Not strftime: it does not fill up the year on every system.
    day = moment.date().isoformat()
    return day if kind == "date" and clock == "00:00:00" else f"{day} {clock}"


def _with_zeros(number: int, format: str) -> str:
    """The digits of the number in the places of the zeros, from the right; the first takes what is left over."""
    pieces = re.findall(r'"[^"]*"|\\.|.', _for_positive(format))
    digits = str(number).zfill(pieces.count("0"))
    shown: list[str] = []
    for piece in reversed(pieces):
        if piece == "0":
            shown.append(digits[-1])
            digits = digits[:-1]
        else:
            shown.append(piece.strip('"') if piece[0] == '"' else piece.removeprefix("\\"))
    first = next(at for at, piece in enumerate(pieces) if piece == "0")
    shown.reverse()
    return "".join([*shown[:first], digits, *shown[first:]])
