"""An alert's thread as a file for the clinic."""

from __future__ import annotations

import csv
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.access import NotVisible, capacities_of
from accounts.clock import database_now
from accounts.domain.capacities import Capacity
from accounts.services.audit import audit_record, look_record
from accounts.web.answers import person_of
from tracker.domain.csv_cells import cell_text
from tracker.selectors.thread import alert_visible_to
from tracker.selectors.thread_export import thread_rows

BYTE_ORDER_MARK = "\ufeff"
"""Without it some spreadsheets read names in the wrong script."""


@require_safe
def alert_csv(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Send everything that was decided, told and answered; for clinicians, and it is a look."""
    now, user = database_now(), person_of(request)
    found = alert_visible_to(user, alert_id, now)
    if found is None or Capacity.CLINICIAN not in capacities_of(user, found.patient, now):
        raise NotVisible
    look_record(
        actor=user, patient=found.patient, capacity=Capacity.CLINICIAN, page="alert", now=now
    )
    audit_record(actor=user, action="alert.exported", target=found, patient=found.patient, now=now)
    answer = HttpResponse(BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="alert-{found.pk}.csv"'
    writer = csv.writer(answer, quoting=csv.QUOTE_ALL)
    writer.writerows([cell_text(cell) for cell in row] for row in thread_rows(found))
    return answer
