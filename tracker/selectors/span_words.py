"""How far one moment lies from another, in the words people use."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

AN_HOUR = 60
A_DAY = 24 * AN_HOUR


def span_text(minutes: int) -> str:
    """Return whole minutes in words: "45 minutes", "5 h 49 min", "1 day 4 h".

    From an hour on in hours and minutes, from a day on in days and whole hours. The sign is left
    out.
    """
    span = abs(minutes)
    if span < AN_HOUR:
        return ngettext("%(n)d minute", "%(n)d minutes", span) % {"n": span}
    if span < A_DAY:
        hours, rest = divmod(span, AN_HOUR)
        text = _("%(hours)d h %(minutes)d min") if rest else _("%(hours)d h")
        return text % {"hours": hours, "minutes": rest}
    days, rest = divmod(span, A_DAY)
    words = ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    hours = rest // AN_HOUR
    return f"{words} {_('%(hours)d h') % {'hours': hours}}" if hours else words
