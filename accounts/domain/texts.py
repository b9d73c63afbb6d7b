"""What may stand in a line of text that is shown, mailed and printed."""

import re
import unicodedata

_BREAKS_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNS_DIRECTION = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{1,30}")


def is_one_line(text: str) -> bool:
    """Say whether the text has no control, line-breaking or direction-changing character."""
    return not any(
        unicodedata.category(each) in _BREAKS_A_LINE or each in _TURNS_DIRECTION for each in text
    )


def one_line(text: str) -> str:
    """Return what a stranger's machine said as one line that can be shown and kept.

    Control and direction-changing characters and halves of characters become blanks, and blanks
    that follow each other become one.
    """
    return " ".join("".join(each if is_one_line(each) else " " for each in text).split())


def is_phone_number(text: str) -> bool:
    """Say whether the text can be dialled: digits, perhaps a leading plus and spacing."""
    return _PHONE.fullmatch(text) is not None


def is_sendable_domain(domain: str) -> bool:
    """Say whether a mail server can be asked for this domain: it has a form in ASCII (IDNA).

    An address in brackets is one of a machine and has none.
    """
    if domain.startswith("["):
        return True
    if any(unicodedata.category(each) == "Cf" for each in domain):
        return False
    try:
        labels = domain.encode("idna").split(b".")
    except UnicodeError:
        return False
    return all(labels)
