"""Doors of a caregiver: the feed, and one page for each person they help."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import NotVisible, verbs_of
from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.models import User
from accounts.web.answers import person_of
from tracker.selectors.around import Around, patients_helped_around
from tracker.selectors.feed import feed_of, feed_of_one
from tracker.selectors.today import today_of
from tracker.web.standpoint import look_as_caregiver


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Show what is open about everybody this caregiver helps, then what happened."""
    return feed_page(request, person_of(request), database_now())


def feed_page(request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    """Return the feed of this caregiver at `now`; it shows records, so each is a look."""
    people = patients_helped_around(user, now)
    if not people:
        raise NotVisible
    for around in people:
        look_as_caregiver(user, around.patient, "feed", now)
    context = _context(people, now) | {
        "feed": feed_of(people, reader=user, now=now),
        "only": people[0] if len(people) == 1 else None,
        "clinics": list(dict.fromkeys(around.clinic for around in people)),
    }
    return render(request, "tracker/caregiver/feed.html", context)


@require_safe
def person(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Show one person whom this caregiver helps: what is open, their day, how to reach them."""
    return person_page(request, person_of(request), patient_id, database_now())


def person_page(request: HttpRequest, user: User, patient_id: UUID, now: datetime) -> HttpResponse:
    """Return the page of one person helped at `now`."""
    people = patients_helped_around(user, now)
    around = next((each for each in people if each.patient.pk == patient_id), None)
    if around is None:
        raise NotVisible
    look_as_caregiver(user, around.patient, "person", now)
    verbs = verbs_of(user, around.patient, now)
    day = today_of(around, reader=user, now=now, is_own=False)
    may_log = Verb.LOG in verbs
    context = _context([around], now) | {
        "around": around,
        "helped_id": around.patient.pk,
        "day": day,
        "feed": feed_of_one(around, day, verbs, reader=user, now=now),
        "may_log": may_log,
        "patient": around.patient,
        "to_confirm": day.course.to_confirm(user) if may_log and day.course else None,
    }
    return render(request, "tracker/caregiver/person.html", context)


def _context(people: list[Around], now: datetime) -> dict[str, Any]:
    first = people[0]
    return {
        "capacities": first.capacities,
        "is_one_of_several": len(first.capacities) > 1,
        "dock": "caregiver",
        "here": "feed",
        "now": now,
        "zone": first.patient.zone_info,
        "is_own": False,
        "report_url": reverse("check-in", kwargs={"patient_id": first.patient.pk})
        if len(people) == 1
        else reverse("feed"),
        "signs_url": reverse("clinic-signs", kwargs={"slug": first.clinic.slug})
        if len(people) == 1
        else reverse("signs"),
    }
