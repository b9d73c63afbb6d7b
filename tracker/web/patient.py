"""Doors of a patient's own pages: the way in, Today, the steps as entered, history."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import NotVisible, capacities_held_by
from accounts.clock import database_now
from accounts.domain.capacities import Capacity
from accounts.models import User
from accounts.web.answers import person_of
from tracker.selectors.around import Around
from tracker.selectors.clinic_numbers import clinic_numbers
from tracker.selectors.course import course_of, step_entered
from tracker.selectors.history import history_of
from tracker.selectors.medicine import baclofen
from tracker.selectors.today import today_of
from tracker.selectors.urgent import on_file
from tracker.web.signs_presenter import hours_in_words, signs_page
from tracker.web.standpoint import own_around

HOMES = {
    Capacity.PATIENT: "/today/",
    Capacity.CAREGIVER: "/feed/",
    Capacity.CLINICIAN: "/worklist/",
    Capacity.ADMINISTRATOR: "/clinic/",
}
"""Where each capacity begins; the order is that of the page which offers several."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send everybody to their own start page; whoever holds several capacities chooses."""
    user, now = person_of(request), database_now()
    held = [each for each in HOMES if each in capacities_held_by(user, now)]
    if len(held) == 1:
        return redirect(HOMES[held[0]])
    context = {"held": held, "capacities": frozenset(held)}
    return render(request, "tracker/home.html", context)


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show the patient's day."""
    return today_page(request, person_of(request), database_now())


def today_page(request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    """Return the day of this patient at `now`."""
    around = own_around(user, now)
    day = today_of(around, reader=user, now=now)
    context = _context(around, now) | {
        "day": day,
        "to_confirm": day.course.to_confirm(user) if day.course else None,
        "client_id": uuid4(),
        "logged": _as_id(request.GET.get("logged", "")),
        "here": "today",
    }
    return render(request, "tracker/patient/today.html", context)


@require_safe
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Show the doses of one step, exactly as entered."""
    user, now = person_of(request), database_now()
    around = own_around(user, now)
    course = course_of(around.patient, now)
    found = step_entered(course, number) if course is not None else None
    if found is None:
        raise NotVisible
    context = _context(around, now) | {"course": course, "step": found, "here": "today"}
    return render(request, "tracker/patient/step.html", context)


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Show the last fourteen days, day by day."""
    user, now = person_of(request), database_now()
    around = own_around(user, now)
    context = _context(around, now) | {
        "history": history_of(around.patient, reader=user, now=now),
        "here": "history",
    }
    return render(request, "tracker/patient/history.html", context)


@require_safe
def own_signs(request: HttpRequest) -> HttpResponse:
    """Show the warning signs for paper, with the plan's version and the clinic's numbers."""
    user, now = person_of(request), database_now()
    around = own_around(user, now)
    course = course_of(around.patient, now)
    numbers = clinic_numbers(around.clinic.slug, now)
    context = {
        "page": signs_page(baclofen()),
        "clinic": around.clinic,
        "hours": hours_in_words(numbers.hours) if numbers is not None else [],
        "patient": around.patient,
        "version": course.version if course is not None else None,
        "on_file": on_file(around, course),
        "callers": [person.name for person in around.alerted],
        "zone": around.patient.zone_info,
        "now": now,
    }
    return render(request, "tracker/signs/own.html", context)


def _context(around: Around, now: datetime) -> dict[str, Any]:
    """Return what every own page shows; the menu need not ask for the capacities again."""
    return {
        "around": around,
        "now": now,
        "zone": around.patient.zone_info,
        "capacities": around.capacities,
        "dock": "patient",
        "is_own": True,
        "is_one_of_several": len(around.capacities) > 1,
        "signs_url": reverse("clinic-signs", kwargs={"slug": around.clinic.slug}),
    }


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
