"""Who an entry comes from, in words: a person, or a device whose file a person imported."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tracker.domain.doses import Via
from tracker.models import Entry


def who_said(entry: Entry) -> str:
    """Return the name of who said it; of an imported opening that it was a device."""
    return _("a device") if entry.via == Via.DEVICE else entry.by.name
