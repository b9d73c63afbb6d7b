"""A clinic's settings, for its administrators."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import NotVisible, clinics_of
from accounts.clock import database_now
from accounts.domain.capacities import Capacity
from accounts.domain.problems import Refusal
from accounts.models import Clinic, ContactPoint, Invitation, Membership, User
from accounts.models.invitations import FOR_STAFF
from accounts.selectors.clinics import is_clinic_open, staff_of
from accounts.selectors.contact_points import clinic_contact_points
from accounts.selectors.invitations import invitations_that_work, staff_invitations_unanswered
from accounts.services.clinics import (
    clinic_set_opening_hours,
    clinic_set_rungs,
    clinic_update,
    membership_end,
)
from accounts.services.invitations import (
    invitation_create,
    invitation_hand_over,
    invitation_revoke,
    invitation_send_again,
)
from accounts.web.answers import person_of, problems_put, problems_tell
from accounts.web.clinic_forms import DutyForm, HoursForm, NumbersForm, RungsForm, StaffForm
from accounts.web.codes import handed_link
from accounts.web.contact_rows import contact_rows


@require_safe
def clinic(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Show the settings; somebody who manages several clinics chooses first."""
    now = database_now()
    managed = clinics_of(person_of(request), Capacity.ADMINISTRATOR, now)
    if not slug and len(managed) > 1:
        return render(request, "accounts/clinics.html", {"clinics": managed, "here": "clinic"})
    found = managed.filter(slug=slug).first() if slug else managed.first()
    if found is None:
        raise NotVisible
    return clinic_page(request, found, now)


@require_POST
def numbers(request: HttpRequest, slug: str) -> HttpResponse:
    """Change names, numbers and minutes."""
    user, managed, now = asked_by(request, slug)
    form = NumbersForm(request.POST)

    def save() -> None:
        clinic_update(clinic=managed, by=user, now=now, **form.answers())

    return saved(request, managed, now, form, save, shown_as="numbers_form")


@require_POST
def hours(request: HttpRequest, slug: str) -> HttpResponse:
    """Replace the opening hours."""
    user, managed, now = asked_by(request, slug)
    form = HoursForm(request.POST)

    def save() -> None:
        clinic_set_opening_hours(clinic=managed, spans=form.answers(), by=user, now=now)

    return saved(request, managed, now, form, save, shown_as="hours_form")


@require_POST
def rungs(request: HttpRequest, slug: str) -> HttpResponse:
    """Replace the ladder that new plans start from."""
    user, managed, now = asked_by(request, slug)
    form = RungsForm(request.POST)

    def save() -> None:
        clinic_set_rungs(clinic=managed, rungs=form.answers(), by=user, now=now)

    return saved(request, managed, now, form, save, shown_as="rungs_form")


@require_POST
def staff_invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite a colleague; what they may do is decided here and not on their side."""
    user, managed, now = asked_by(request, slug)
    form = StaffForm(request.POST)

    def save() -> None:
        typed = form.cleaned_data
        invitation_create(
            kind=FOR_STAFF,
            clinic=managed,
            email=typed["email"],
            name=typed["name"],
            capacity=Capacity(typed["capacity"]),
            by=user,
            now=now,
        )

    return saved(request, managed, now, form, save, shown_as="staff_form")


@require_POST
def staff_end(request: HttpRequest, slug: str, membership_id: UUID) -> HttpResponse:
    """End somebody's work here, at once."""
    user, managed, now = asked_by(request, slug)
    membership = staff_of(managed, now).filter(pk=membership_id).first()
    if membership is None:
        raise NotVisible
    try:
        membership_end(membership=membership, by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
    else:
        words = {"name": membership.user.name}
        messages.success(request, _("Ended. %(name)s sees nothing of this clinic now.") % words)
    return redirect("accounts:clinic")


@require_POST
def staff_again(request: HttpRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    """Replace a colleague's invitation by a fresh one."""
    user, managed, now = asked_by(request, slug)
    try:
        invitation_send_again(invitation=_asked(managed, invitation_id), by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
    else:
        messages.success(request, _("A fresh link is on its way. Earlier ones stopped working."))
    return redirect("accounts:clinic_named", managed.slug)


@require_POST
def staff_withdraw(request: HttpRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    """Withdraw a colleague's invitation."""
    user, managed, now = asked_by(request, slug)
    invitation_revoke(invitation=_asked(managed, invitation_id), by=user, now=now)
    messages.success(request, _("Withdrawn. The link no longer works."))
    return redirect("accounts:clinic_named", managed.slug)


@require_POST
def staff_code(request: HttpRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    """Make a colleague's link to hand over and show it this once."""
    user, managed, now = asked_by(request, slug)
    asked = _asked(managed, invitation_id)
    try:
        token = invitation_hand_over(invitation=asked, by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
        return redirect("accounts:clinic_named", managed.slug)
    shown = {"link": handed_link(asked, token), "zone": managed.zone, "here": "clinic"}
    return render(request, "accounts/handed_link.html", shown | {"shell": "desk.html"})


def asked_by(request: HttpRequest, slug: str) -> tuple[User, Clinic, datetime]:
    """Return who asks, the clinic they manage under this name, and now; else NotVisible."""
    now = database_now()
    user = person_of(request)
    managed = clinics_of(user, Capacity.ADMINISTRATOR, now).filter(slug=slug).first()
    if managed is None:
        raise NotVisible
    return user, managed, now


def saved(
    request: HttpRequest,
    managed: Clinic,
    now: datetime,
    form: forms.Form,
    save: Callable[[], str | None],
    *,
    shown_as: str,
) -> HttpResponse:
    """Save a form and go back to the page, or show the page with what was typed and why not.

    `save` may return what to say instead of "Saved."
    """
    if form.is_valid():
        try:
            said = save()
        except Refusal as refusal:
            if isinstance(form, HoursForm | RungsForm):
                form.problems_put(refusal)
            else:
                problems_put(form, refusal)
            managed.refresh_from_db()
        else:
            messages.success(request, said or _("Saved."))
            return redirect("accounts:clinic_named", managed.slug)
    return clinic_page(request, managed, now, **{shown_as: form})


def clinic_page(
    request: HttpRequest, managed: Clinic, now: datetime, **sent: forms.Form
) -> HttpResponse:
    """Render all settings around the one form that was sent."""
    working = set(invitations_that_work(now).filter(clinic=managed).values_list("pk", flat=True))
    points = list(clinic_contact_points(managed))
    shown: dict[str, Any] = {
        "clinic": managed,
        "numbers_form": NumbersForm.showing(managed),
        "hours_form": HoursForm(spans=[row.span for row in managed.opening_hours.all()]),
        "rungs_form": RungsForm(rungs=managed.rungs.all()),
        "duty_form": DutyForm(),
        "staff_form": StaffForm(),
        "points": contact_rows(points),
        "unreached": [duty for duty in ("desk", "out_of_hours") if not _reaches(points, duty)],
        "staff": _staff(managed, now),
        "invited": [
            (asked, asked.pk in working) for asked in staff_invitations_unanswered(managed)
        ],
        "is_open_now": is_clinic_open(managed, now),
        "zone": managed.zone,
        "here": "clinic",
    }
    shown |= sent
    return render(
        request, "accounts/clinic.html", shown | {"sent": next(iter(sent.values()), None)}
    )


def _reaches(points: list[ContactPoint], duty: str) -> bool:
    return any(point.duty == duty and point.is_usable for point in points)


def _staff(managed: Clinic, now: datetime) -> list[Membership]:
    return list(staff_of(managed, now))


def _asked(managed: Clinic, invitation_id: UUID) -> Invitation:
    asked = staff_invitations_unanswered(managed).filter(pk=invitation_id).first()
    if asked is None:
        raise NotVisible
    return asked
