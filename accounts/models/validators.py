"""What a field of a row accepts, said in a sentence that can be shown."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.domain.problems import Refusal
from accounts.domain.texts import is_one_line, is_phone_number
from accounts.domain.zones import zone_named


def one_line(text: str) -> None:
    """Refuse control, line-breaking and direction-changing characters."""
    if not is_one_line(text):
        raise ValidationError(_("Use plain characters on one line."), code="not_one_line")


def no_link(name: str) -> None:
    """Refuse the characters that would make a mail's reader see an address in a name."""
    if set(name) & set("/:@"):
        raise ValidationError(_("Write the name without “/”, “:” and “@”."), code="not_a_name")


def phone_number(text: str) -> None:
    """Refuse what cannot be dialled."""
    if not is_phone_number(text):
        raise ValidationError(
            _("Use digits, perhaps with a plus sign in front."), code="not_a_phone_number"
        )


def known_zone(name: str) -> None:
    """Refuse a name that is not in the IANA database."""
    try:
        zone_named(name)
    except Refusal as refusal:
        raise ValidationError(refusal.problems[0].text, code="unknown_zone") from None
