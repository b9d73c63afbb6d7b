"""What somebody does about where messages reach them, each a button or a form of their own page."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.problems import Refusal
from accounts.domain.telephones import shown_number
from accounts.models import ContactPoint, User
from accounts.models.contact_points import SMS
from accounts.selectors.contact_points import (
    contact_points_of,
    countries_of,
    usable_contact_points,
)
from accounts.services.contact_choices import (
    contact_point_ask_test,
    contact_point_move,
    contact_point_set_discreet,
    contact_point_set_quiet_hours,
)
from accounts.services.contact_points import (
    contact_point_add,
    contact_point_ask_again,
    contact_point_remove,
)
from accounts.web.answers import person_of, problems_put, problems_tell
from accounts.web.forms import AddressForm, NumberForm, QuietHoursForm
from accounts.web.me import me_page, shell_of


@require_POST
def address_add(request: HttpRequest) -> HttpResponse:
    """Add an e-mail address; the link that proves it is mailed by the engine."""
    now = database_now()
    user = person_of(request)
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            point = contact_point_add(person=user, by=user, now=now, **form.cleaned_data)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, link_sent_to(point))
            return redirect("accounts:me")
    return me_page(request, user, now, address_form=form)


@require_POST
def number_add(request: HttpRequest) -> HttpResponse:
    """Add a telephone number; the link that proves it is sent there as a text."""
    now = database_now()
    user = person_of(request)
    form = NumberForm(request.POST, countries=countries_of(user, now))
    if form.is_valid():
        try:
            point = contact_point_add(person=user, kind=SMS, by=user, now=now, **form.cleaned_data)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, link_sent_to(point))
            return redirect("accounts:me")
    return me_page(request, user, now, number_form=form)


def link_sent_to(point: ContactPoint) -> str:
    """Say where the link goes; a number as it was read, so that a wrong country is seen at once."""
    if point.kind != SMS:
        return _("A link is on its way to this address. Open it there.")
    text = _("A text with a link is on its way to %(number)s. If that is not it, remove it.")
    return text % {"number": shown_number(point.address)}


@require_POST
def address_ask_again(request: HttpRequest, point_id: UUID) -> HttpResponse:
    """Send another verification link."""
    text = _("A link is on its way to this address. Open it there.")
    return _done(request, point_id, contact_point_ask_again, text)


@require_POST
def address_test(request: HttpRequest, point_id: UUID) -> HttpResponse:
    """Send a test message."""
    text = _("A test is on its way. It should be there within a minute.")
    return _done(request, point_id, contact_point_ask_test, text)


@require_POST
def address_move(request: HttpRequest, point_id: UUID) -> HttpResponse:
    """Move an address up or down; messages try the first one first."""
    is_up = request.POST.get("to") == "up"
    return _done(request, point_id, partial(contact_point_move, is_up=is_up), _("Moved."))


@require_POST
def address_discretion(request: HttpRequest, point_id: UUID) -> HttpResponse:
    """Choose whether messages there may name people, times and amounts."""
    is_discreet = request.POST.get("is_discreet") != "no"
    change = partial(contact_point_set_discreet, is_discreet=is_discreet)
    return _done(request, point_id, change, _("Saved."))


@require_POST
def address_remove(request: HttpRequest, point_id: UUID) -> HttpResponse:
    """Take an address off the list; one that is in use is asked about once more."""
    now = database_now()
    user = person_of(request)
    point = _point(user, point_id)
    if point.is_usable and "sure" not in request.POST:
        is_last = not usable_contact_points(person=user).exclude(pk=point.pk).exists()
        shown = {"point": point, "is_last": is_last}
        return render(request, "accounts/address_remove.html", shown | shell_of(user, now))
    text = _("Removed. Nothing more goes there.")
    return _done(request, point_id, contact_point_remove, text)


@require_POST
def address_quiet(request: HttpRequest, point_id: UUID) -> HttpResponse:
    """Set the quiet hours of an address."""
    now = database_now()
    user = person_of(request)
    point = _point(user, point_id)
    form = QuietHoursForm(request.POST, prefix=str(point.pk))
    if form.is_valid():
        try:
            contact_point_set_quiet_hours(
                contact_point=point, by=user, now=now, **form.cleaned_data
            )
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:me")
    return me_page(request, user, now, quiet_form=(point.pk, form))


def _done(
    request: HttpRequest, point_id: UUID, change: Callable[..., None], text: str
) -> HttpResponse:
    """Do one thing to an own address and go back to the page, which says so or why not."""
    now: datetime = database_now()
    user = person_of(request)
    try:
        change(contact_point=_point(user, point_id), by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
    else:
        messages.success(request, text)
    return redirect("accounts:me")


def _point(user: User, point_id: UUID) -> ContactPoint:
    point = contact_points_of(user).filter(pk=point_id).first()
    if point is None:
        raise NotVisible
    return point
