"""The amount of a dose: one text, kept character for character, never a number.

Nothing here or anywhere below the pages reads a quantity out of it. The checks look only at which
characters a text has.
"""

import unicodedata

MOST_CHARACTERS = 80

# Control, direction and format, surrogate, private, unassigned; line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks by category, blank on the screen: two such amounts would look the same.
_INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)


def amount_problems(text: str, *, called: str = "amount") -> list[str]:
    """Return what stops this text from being an amount, in sentences; empty when nothing does.

    `called` is the word for it: the rate of a pump is one text in the same way.

    1 to 80 printable characters. Blanks at either end are kept as typed, so a form must not strip
    them; only a text of nothing but blanks is refused.
    """
    if not text or text.isspace():
        return [f"The {called} is empty."]
    problems = []
    if len(text) > MOST_CHARACTERS:
        problems.append(
            f"The {called} has {len(text)} characters. It may have {MOST_CHARACTERS} at most."
        )
    place = hidden_place(text)
    if place is not None:
        problems.append(
            f"Character {place} of the {called} ({described(text[place - 1])}) cannot be seen. "
            f"Type the {called} again without it."
        )
    return problems


def hidden_place(text: str) -> int | None:
    """Return the place, from 1, of the first character that cannot be seen; None when all can.

    Controls, marks that change the direction, and letters that are blank on the screen.
    """
    return next((n for n, character in enumerate(text, 1) if _is_hidden(character)), None)


def amount_warning(text: str) -> str | None:
    """Return a sentence when the text has a number but no word or sign for a unit, else None.

    A warning only: the amount is kept and shown as typed.
    """
    kinds = {unicodedata.category(character) for character in text}
    has_number = any(kind.startswith("N") for kind in kinds)
    has_unit = "So" in kinds or any(kind.startswith("L") for kind in kinds)
    if has_unit or not has_number:
        return None
    return f"{text} has no unit. It will be shown as {text}, exactly so."


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _UNPRINTABLE or ord(character) in _INVISIBLE


def described(character: str) -> str:
    """Return a character by its code point and name."""
    point = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    return f"{point} {name}" if name else point
