"""Bytes of unknown encoding -> the encodings that they can be in, likeliest first.

Names are short, and on few characters several encodings give text that looks clean. So
of those in `ENCODINGS` that decode the sample strictly

1. the one that gives the largest share of everyday characters wins: the first level of
   GB 2312, Big5 or JIS, kana, the syllables of KS X 1001, words of one alphabet;
2. on a tie, the one in which charset-normalizer sees the least mess;
3. then the earlier one in `ENCODINGS`. So cp1252 wins where cp1250 gives the same text
   (`Pérez`).

Where charset-normalizer takes none for text and everyday characters are few, there is no
guess. GBK is read as GB 18030, Latin-1 as cp1252, Big5 with the characters of Hong Kong:
each of them holds the other whole, but for control characters.
"""

import codecs
import re

from charset_normalizer import from_bytes

#: What timing companies write; more would only make more guesses wrong.
ENCODINGS = (
    "cp1252",
    "gb18030",
    "big5hkscs",
    "cp932",
    "euc_jp",
    "cp949",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
)
#: Of what charset-normalizer takes for no text, so much must be everyday characters.
PLAINLY_TEXT = 0.8
#: In which charset the everyday ideographs are, and their lead bytes there.
FIRST_LEVELS = {
    "gb18030": (("gb2312", b"\xb0", b"\xd7"), ("big5", b"\xa4", b"\xc6")),
    "big5hkscs": (("big5", b"\xa4", b"\xc6"),),
    "cp932": (("euc_jp", b"\xb0", b"\xcf"),),
    "euc_jp": (("euc_jp", b"\xb0", b"\xcf"),),
    # Of a Korean text, its syllables; hanja hardly stand in one.
    "cp949": (("euc_kr", b"\xb0", b"\xc8"),),
}
#: Characters in a row that are not ASCII, and whether an English letter is beside them.
WIDE = re.compile(
    r"(?P<before>[A-Za-z])?(?P<row>[^\x00-\x7f]+)(?P<after>(?=[A-Za-z]))?"
)
#: Letters of Europe with marks hardly stand in longer rows than this.
MARKED_IN_A_ROW = 2


def guesses(sample: bytes) -> list[str]:
    """Give encodings of the sample, the likeliest first; none if none makes sense."""
    texts = {name: text for name in ENCODINGS if (text := _decoded(sample, name))}
    mess = _mess(sample)
    shares = {name: everyday_share(text, name) for name, text in texts.items()}
    sensible = [n for n in texts if n in mess or shares[n] >= PLAINLY_TEXT]
    return sorted(sensible, key=lambda name: (-shares[name], mess.get(name, 1.0)))


def _decoded(sample: bytes, encoding: str) -> str:
    try:
        # The end of the sample may have cut a character.
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return ""


def _mess(sample: bytes) -> dict[str, float]:
    """Give how messy charset-normalizer finds each encoding that it takes for text."""
    matches = from_bytes(
        sample,
        steps=32,
        cp_isolation=list(ENCODINGS),
        preemptive_behaviour=False,
        enable_fallback=False,
    )
    return {
        name: match.chaos for match in matches for name in match.could_be_from_charset
    }


def everyday_share(text: str, encoding: str) -> float:
    """Give which part of the characters that are not ASCII is an everyday one."""
    rows = [
        (found["row"], found["before"] is not None or found["after"] is not None)
        for found in WIDE.finditer(text)
    ]
    total = sum(len(row) for row, _ in rows)
    if encoding in FIRST_LEVELS:
        everyday = sum(_is_everyday(char, encoding) for row, _ in rows for char in row)
    else:
        everyday = sum(_letters(row, is_beside=beside) for row, beside in rows)
    return round(everyday / total, 2) if total else 0.0


def _is_everyday(char: str, encoding: str) -> bool:
    if "\u3000" <= char <= "\u3011" or "\uff01" <= char <= "\uff5e":
        return True
    if "\u3041" <= char <= "\u30fe":
        return encoding in ("cp932", "euc_jp")
    return any(
        first <= char.encode(charset, "ignore")[:1] <= last
        for charset, first, last in FIRST_LEVELS[encoding]
    )


def _letters(row: str, *, is_beside: bool) -> int:
    """Count the characters of a row that may be so in a word, or as its only sign."""
    if not row.isalpha():
        return int(len(row) == 1 and row.isprintable())
    if row[0] < "\u0250" or row[-1] < "\u0250":
        return len(row) if len(row) <= MARKED_IN_A_ROW else 0
    # A word in Cyrillic or Greek: no English letter in it, nor a capital inside.
    is_word = row in (row.lower(), row.upper(), row.capitalize())
    return len(row) if is_word and len(row) > 1 and not is_beside else 0
