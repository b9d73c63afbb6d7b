"""What a message may name. Discreet by default."""

from reminders.domain.messages import Purpose


def names_amount(purpose: Purpose, *, is_discreet: bool) -> bool:
    """Tell whether a message may name the entered amount.

    Only a prompt at the dose time does, on a contact point whose owner has asked for it.
    """
    return purpose is Purpose.PROMPT and not is_discreet
