"""Bytes of a text file to characters, with the encodings Korean files really come in."""

from __future__ import annotations

import codecs
import re
from itertools import pairwise

from .draft import Refusal

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HANGUL = re.compile("[가-힣]")
_KANA = re.compile("[ぁ-ヿ]")
_HALFWIDTH_KANA = re.compile("[ｦ-ﾟ]")
_HAN = re.compile("[一-鿿]")


def decode(data: bytes, declared: str | None = None) -> str:
    """Return the characters of ``data``: byte-order mark, UTF-8, ``declared``, then the best legacy guess.

    Raises:
        Refusal: when the bytes are no text at all.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\0" in data[:4096]:
        return _without_mark(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A long UTF-8 file with a few broken bytes is still UTF-8, not Latin-1.
        if _mostly_utf8(data, error):
            return data.decode("utf-8", "replace")
    if declared:
        try:
            return data.decode("cp949" if declared.lower() in ("euc-kr", "ks_c_5601-1987") else declared)
        except (LookupError, UnicodeDecodeError):
            pass
    return _legacy(data)


def _without_mark(data: bytes) -> str:
    """Decode UTF-16 without its mark; other zeros mean that this is not text."""
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) > len(sample) // 8 and min(even, odd) <= len(sample) // 100:
        return data.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    raise Refusal("broken", "zero bytes in a text file")


def _mostly_utf8(data: bytes, error: UnicodeDecodeError) -> bool:
    sample = data[:200_000]
    decoded = sample.decode("utf-8", "replace")
    wide = sum(1 for character in decoded if ord(character) > 127 and character != "\ufffd")
    broken = decoded.count("\ufffd")
    return wide >= 4 * broken or (broken <= 3 and error.start > 2000 and wide == 0)


def _legacy(data: bytes) -> str:
    """Choose the legacy encoding whose result reads best."""
    best, best_score = data.decode("cp1252", "replace"), _latin_score(data)
    sample = data[:200_000]
    for encoding in ("cp949", "cp932", "gb18030", "big5"):
        try:
            sample.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 4:  # the sample may end within a character
                continue
        score = _east_asian_score(sample.decode(encoding, "ignore"), encoding)
        if score > best_score:
            best, best_score = data.decode(encoding, "replace"), score
    return best


def _latin_score(data: bytes) -> float:
    """Rate Western text by how rarely letters above ASCII stand beside each other."""
    sample = data[:200_000]
    high = sum(byte > 127 for byte in sample)
    pairs = sum(1 for first, second in pairwise(sample) if first > 127 and second > 127)
    return 0.5 if high and pairs < high / 4 else 0.05


def _east_asian_score(text: str, encoding: str) -> float:
    """Rate a decoding by the share of the wide characters that its language would use."""
    wide = sum(1 for character in text if ord(character) > 127)
    if not wide:
        return 0.0
    hangul, kana, han = (len(pattern.findall(text)) for pattern in (_HANGUL, _KANA, _HAN))
    if encoding == "cp949":
        # Syllables outside KS X 1001 are rare in Korean and common in other text misread as it.
        common = sum(1 for character in _HANGUL.findall(text) if _in_ksx1001(character))
        return (common - 2 * (hangul - common)) / wide
    if encoding == "cp932":
        return (kana + 0.4 * han - 2 * len(_HALFWIDTH_KANA.findall(text))) / wide if kana else 0.0
    return 0.45 * han / wide


def _in_ksx1001(character: str) -> bool:
    try:
        character.encode("euc-kr")
    except UnicodeEncodeError:
        return False
    return True
