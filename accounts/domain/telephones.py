"""Telephone numbers as they are typed, and the one form in which a text is sent to them."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult
from phonenumbers import is_possible_number_with_reason as _is_possible

LONGEST = 40
DEARER = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})
"""Kinds of numbers whose owner earns from what is sent there: nobody's own telephone."""


def e164_of(typed: str, country: str = "") -> str:
    """Return "+447700900412" for a number typed with its country code, or within `country`.

    `country` is an ISO 3166 code; without one only a number with a plus sign is read. Returns ""
    for what cannot be a telephone number: too short, too long, not digits; and for one at which
    somebody earns from every message.
    """
    if len(typed) > LONGEST or any(sign.isalpha() for sign in typed):
        return ""
    try:
        number = phonenumbers.parse(typed, country or None)
    except NumberParseException:
        return ""
    if number.extension or _is_possible(number) != ValidationResult.IS_POSSIBLE:
        return ""  # not from anywhere, or only within one town
    if phonenumbers.number_type(number) in DEARER:
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def shown_number(e164: str) -> str:
    """Return a number in groups, as people read it: "+44 7700 900412"."""
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
