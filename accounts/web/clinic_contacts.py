"""Where a clinic is told: the addresses of its desk and of its out-of-hours service."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import NotVisible
from accounts.domain.problems import Refusal
from accounts.models import Clinic, ContactPoint
from accounts.selectors.contact_points import clinic_contact_points, usable_contact_points
from accounts.services.contact_choices import (
    contact_point_ask_test,
    contact_point_move,
    contact_point_set_discreet,
)
from accounts.services.contact_points import (
    contact_point_add,
    contact_point_ask_again,
    contact_point_remove,
)
from accounts.web.addresses import link_sent_to
from accounts.web.answers import problems_tell
from accounts.web.clinic import asked_by, saved
from accounts.web.clinic_forms import DutyForm


@require_POST
def contact_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add an address of the desk or of the out-of-hours service."""
    user, managed, now = asked_by(request, slug)
    form = DutyForm(request.POST)

    def save() -> str:
        point = contact_point_add(clinic=managed, by=user, now=now, **form.cleaned_data)
        return link_sent_to(point)

    return saved(request, managed, now, form, save, shown_as="duty_form")


@require_POST
def contact_ask_again(request: HttpRequest, slug: str, point_id: UUID) -> HttpResponse:
    """Send another verification link."""
    text = _("A link is on its way to this address. Open it there.")
    return _done(request, slug, point_id, contact_point_ask_again, text)


@require_POST
def contact_test(request: HttpRequest, slug: str, point_id: UUID) -> HttpResponse:
    """Send a test message."""
    text = _("A test is on its way. It should be there within a minute.")
    return _done(request, slug, point_id, contact_point_ask_test, text)


@require_POST
def contact_move(request: HttpRequest, slug: str, point_id: UUID) -> HttpResponse:
    """Move an address up or down within its duty; messages try the first one first."""
    is_up = request.POST.get("to") == "up"
    change = partial(contact_point_move, is_up=is_up)
    return _done(request, slug, point_id, change, _("Moved."))


@require_POST
def contact_discretion(request: HttpRequest, slug: str, point_id: UUID) -> HttpResponse:
    """Choose whether texts there may name people and times."""
    is_discreet = request.POST.get("is_discreet") != "no"
    change = partial(contact_point_set_discreet, is_discreet=is_discreet)
    return _done(request, slug, point_id, change, _("Saved."))


@require_POST
def contact_remove(request: HttpRequest, slug: str, point_id: UUID) -> HttpResponse:
    """Take an address off the list; asked once more when nobody would be told any longer."""
    _user, managed, _now = asked_by(request, slug)
    point = _point(managed, point_id)
    if _is_last_way(managed, point) and "sure" not in request.POST:
        shown = {"clinic": managed, "point": point, "here": "clinic"}
        return render(request, "accounts/contact_remove.html", shown)
    text = _("Removed. Nothing more goes there.")
    return _done(request, slug, point_id, contact_point_remove, text)


def _is_last_way(managed: Clinic, point: ContactPoint) -> bool:
    usable = usable_contact_points(clinic=managed, duty=point.duty)
    return point.is_usable and not usable.exclude(pk=point.pk).exists()


def _done(
    request: HttpRequest, slug: str, point_id: UUID, change: Callable[..., None], text: str
) -> HttpResponse:
    """Do one thing to an address of the clinic and go back to the page."""
    user, managed, now = asked_by(request, slug)
    try:
        change(contact_point=_point(managed, point_id), by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
    else:
        messages.success(request, text)
    return redirect("accounts:clinic_named", managed.slug)


def _point(managed: Clinic, point_id: UUID) -> ContactPoint:
    point = clinic_contact_points(managed).filter(pk=point_id).first()
    if point is None:
        raise NotVisible
    return point
