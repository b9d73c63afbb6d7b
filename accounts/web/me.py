"""Everybody's own page: how they are reached, who helps them, who looked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import NotVisible, capacities_held_by, require
from accounts.clock import database_now
from accounts.domain.capacities import CLINIC_CAPACITIES, Capacity, Verb
from accounts.domain.problems import Refusal
from accounts.models import CareLink, Patient, User
from accounts.models.contact_points import PUSH
from accounts.selectors.care_links import care_links_of, caregivers_of
from accounts.selectors.contact_points import contact_points_of, countries_of
from accounts.selectors.looks import looks_of
from accounts.selectors.people import record_of
from accounts.services.care_links import (
    care_link_consent,
    care_link_end,
    care_link_set_scope,
)
from accounts.services.people import user_update
from accounts.web.answers import form_door, person_of, problems_put, problems_tell
from accounts.web.contact_rows import contact_rows
from accounts.web.forms import AddressForm, NumberForm, PersonForm, QuietHoursForm, ScopeForm
from accounts.web.people import caregiver_rows

LOOKS_SHOWN = 5
LOOKS_PER_PAGE = 50


@form_door
def me(request: HttpRequest) -> HttpResponse:
    """Show everything about the person who is signed in; on POST, change name, zone, language."""
    now = database_now()
    user = person_of(request)
    form = PersonForm(request.POST) if request.method == "POST" else PersonForm.showing(user)
    if form.is_bound and form.is_valid():
        try:
            user_update(user=user, now=now, **form.cleaned_data)
        except Refusal as refusal:
            problems_put(form, refusal)
            user.refresh_from_db()
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:me")
    return me_page(request, user, now, person_form=form)


@require_POST
def caregiver_consent(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Agree to a caregiver whom the clinic invited."""
    now = database_now()
    user = person_of(request)
    link = _own_link(user, link_id, Verb.CONSENT, now)
    try:
        care_link_consent(care_link=link, by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
    else:
        messages.success(request, _("You agreed. You can end this at any time."))
    return redirect("accounts:me")


@form_door
def caregiver_scope(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Ask what a caregiver may do beside seeing; on POST, change it at once."""
    now = database_now()
    user = person_of(request)
    link = _own_link(user, link_id, Verb.CONSENT, now)
    if request.method == "POST":
        form = ScopeForm(request.POST)
        if form.is_valid():
            try:
                care_link_set_scope(care_link=link, by=user, now=now, **form.cleaned_data)
            except Refusal as refusal:
                problems_tell(request, refusal)
            else:
                messages.success(request, _("Saved. It counts from now on."))
            return redirect("accounts:me")
    form = ScopeForm(initial={"is_alerted": link.is_alerted, "may_log": link.may_log})
    shown = {"form": form, "name": link.caregiver.name if link.caregiver else link.name}
    return render(request, "accounts/caregiver_scope.html", shown | shell_of(user, now))


@require_POST
def caregiver_end(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """End a caregiver at once, or say no to one."""
    now = database_now()
    user = person_of(request)
    link = _own_link(user, link_id, Verb.END_CAREGIVER, now)
    care_link_end(care_link=link, by=user, now=now)
    messages.success(request, _("Ended. %(name)s sees nothing from now on.") % {"name": link.name})
    return redirect("accounts:me")


@require_POST
def helping_end(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Ask a caregiver once whether they stop; the answer counts at once."""
    now = database_now()
    user = person_of(request)
    link = care_links_of(user, now).filter(pk=link_id).first()
    if link is None:
        raise NotVisible
    if "sure" not in request.POST:
        return render(request, "accounts/helping_end.html", {"link": link} | shell_of(user, now))
    care_link_end(care_link=link, by=user, now=now)
    messages.success(request, _("Ended. You see nothing of it any more and get no messages."))
    return redirect("accounts:me")


@require_safe
def looks(request: HttpRequest) -> HttpResponse:
    """List everybody who opened the record of the person who is signed in."""
    user = person_of(request)
    patient = _own_record(user, Verb.READ_LOOKS, database_now())
    page = Paginator(looks_of(patient), LOOKS_PER_PAGE).get_page(request.GET.get("page"))
    shown = {"page": page, "zone": user.zone, "dock": "patient"}
    return render(request, "accounts/looks.html", shown)


def me_page(
    request: HttpRequest,
    user: User,
    now: datetime,
    *,
    quiet_form: tuple[UUID, QuietHoursForm] | None = None,
    **sent: forms.Form,
) -> HttpResponse:
    """Render the whole page around the one form that was sent."""
    patient = record_of(user)
    points = contact_rows(contact_points_of(user), quiet_form)
    shown: dict[str, Any] = {
        "person_form": PersonForm.showing(user),
        "address_form": AddressForm(),
        "number_form": NumberForm(countries=countries_of(user, now)),
        "points": points,
        "is_push_alone": {row.point.kind for row in points if row.point.is_usable} == {PUSH},
        "kinds": settings.CONTACT_KINDS,
        "patient": patient,
        "caregivers": caregiver_rows(patient, now) if patient else [],
        "looks": looks_of(patient)[:LOOKS_SHOWN] if patient else [],
        "helping": care_links_of(user, now),
        "zone": user.zone,
        "now": now,
    }
    return render(request, "accounts/me.html", shown | sent | shell_of(user, now))


def _own_record(user: User, verb: Verb, now: datetime) -> Patient:
    patient = record_of(user)
    if patient is None:
        raise NotVisible
    return require(user, verb, patient.pk, now)


def _own_link(user: User, link_id: UUID, verb: Verb, now: datetime) -> CareLink:
    patient = _own_record(user, verb, now)
    link = caregivers_of(patient, now).filter(pk=link_id).first()
    if link is None:
        raise NotVisible
    return link


def shell_of(user: User, now: datetime) -> dict[str, str]:
    """Return the desk for those who work at a clinic, else the phone with its dock."""
    held = capacities_held_by(user, now)
    if held & CLINIC_CAPACITIES:
        return {"shell": "desk.html"}
    if Capacity.PATIENT in held:
        return {"shell": "phone.html", "dock": "patient"}
    dock = "caregiver" if Capacity.CAREGIVER in held else ""
    return {"shell": "phone.html", "dock": dock}
