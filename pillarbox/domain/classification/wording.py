"""The words of a reply, without what tells nothing of its meaning.

1. Lower case, accents dropped, every word and every end of a sentence between two
   single spaces; a Chinese or
   Japanese character, where words are not separated, is a word of its own.
2. A mail address becomes `addr` and an IP address `ip`, so that `spam@example.org`
   is not taken for a remark on spam.
3. The words of links stand apart: a link hints at the reason, the text states it.
4. Enhanced codes are taken out; the first is kept, for servers that write theirs
   within the text, as `(#5.1.1)`.
"""

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 2_000
"""Characters of a reply that are read: longer than any reason that a server gives."""

_ADDRESS = re.compile(r"<?[^\s<>@,;:()\[\]\"']{1,64}@[a-z0-9.\-*]{1,255}>?")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]{1,300}")
_IP = re.compile(r"(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.(?:\d{1,3}|x{1,3})(?![\d.]\d)")
_IPV6 = re.compile(r"\[(?:ipv6:)?[0-9a-f]{0,4}:[0-9a-f:]{1,45}\]")
_ENHANCED = re.compile(r"(?<![\d.])[24-7]\.(\d{1,2}\.\d{1,3})(?!\d|\.\d)")
_IN_REPLY_TO = re.compile(r"\(in reply to [a-z ]{1,40}command\)")
_NEGATION = re.compile(r"n[\"'`\u2019\u00b4]t(?![a-z])")
# a hump within a word: QuotaExceeded, DNSFailure; not IPv6, TLSv1
_HUMP = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|(?<=[A-Z]{2})(?=[A-Z][a-z]{2})")
_ASCII_WORD = re.compile(r"[a-z0-9]+|[.;!?](?=\s)")
# the first label of a host's name, which says what the host is and not what is wrong
_HOST_LABEL = re.compile(
    r"(?<![\w.\-])(?:mx|mail|smtp|relay|mta|dns|ns)[a-z0-9\-]{0,40}\.(?=[a-z0-9\-]{1,60}\.)"
)
# a run of letters, or one character of a script that puts no space between words
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+|[.;!?](?=\s)")
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "æ": "ae", "œ": "oe"})


@dataclass(frozen=True, slots=True)
class Wording:
    """`words` of the text, `links`' words, and the `enhanced` code within (`1.1`) if any."""

    words: str
    links: str
    enhanced: str | None


def read_wording(text: str) -> Wording:
    """Read the words of a reply's text; never fails, whatever the server wrote."""
    text = _HUMP.sub(" ", text[:LONGEST]).casefold()
    if "(in reply to " in text:
        text = _IN_REPLY_TO.sub(" ", text)
    is_ascii = text.isascii()
    if not is_ascii:
        text = without_accents(text)
    enhanced, links = None, ""
    if "." in text:
        if "://" in text or "www." in text:
            links = _spaced(" ".join(_LINK.findall(text)), is_ascii=is_ascii)
            text = _LINK.sub(" ", text)
        text = _IP.sub(" ip ", text)
        text = _HOST_LABEL.sub("", text)
        found = _ENHANCED.search(text)
        if found:
            enhanced = found[1]
            text = _ENHANCED.sub(" ", text)
    if "@" in text:
        text = _ADDRESS.sub(" addr ", text)
    if "[" in text and ":" in text:
        text = _IPV6.sub(" ip ", text)
    return Wording(_spaced(text, is_ascii=is_ascii), links, enhanced)


def _spaced(text: str, *, is_ascii: bool) -> str:
    """Leave one space between words and around all of them."""
    if not is_ascii or "'" in text or '"' in text:
        text = _NEGATION.sub("nt", text)
    text = text.replace("e-mail", "email")
    found = (_ASCII_WORD if is_ascii else _WORD).findall(text)
    return f" {' '.join(found)} ".replace(" can not ", " cannot ")


def without_accents(text: str) -> str:
    """Write letters without their marks, so that `boîte` and `boite` are one word."""
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare).translate(_UNDECOMPOSED)
