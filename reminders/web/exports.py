"""The patient takes everything along: one button, one file."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.problems import Refusal
from accounts.selectors.people import record_of
from accounts.web.answers import person_of, problems_tell
from reminders.services.exporting import FILE_NAME, record_export


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Send the record of the person who is signed in; not found for whoever has none."""
    user = person_of(request)
    patient = record_of(user)
    if patient is None:
        raise NotVisible
    try:
        made = record_export(patient=patient, by=user, now=database_now())
    except Refusal as refusal:
        problems_tell(request, refusal)
        return redirect("accounts:me")
    return FileResponse(made, as_attachment=True, filename=FILE_NAME)
