"""What every request about one patient shares: it waits its turn, and can be sent twice."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem
from accounts.models import Patient


def patient_lock(patient: Patient) -> None:
    """Let one request at a time write what a patient's people say; held to the commit."""
    Patient.objects.select_for_update(no_key=True, of=("self",)).get(pk=patient.pk)


def request_sha256(*parts: object) -> str:
    """Return the SHA-256, in hexadecimal, by which a request that comes again is known."""
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()


def kept_at(said_at: datetime | None, now: datetime) -> datetime:
    """Return the instant kept for something that was said: as said, and never after `now`."""
    return now if said_at is None else min(said_at, now)


def same_body_or_conflict(stored: str, body: str) -> None:
    """Raise Conflict when the same `client_id` brings other content; nothing is changed."""
    if stored != body:
        text = _("This was sent before with other content. Nothing was changed.")
        raise Conflict(Problem("client_id", text))
