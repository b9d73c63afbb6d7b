"""The page behind an invitation's link, and the one behind a verification link.

GET changes nothing: mail scanners open links. Whatever is wrong with a link, the answer is one.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.problems import Problem, Refusal
from accounts.models import User
from accounts.selectors.contact_points import verification_behind
from accounts.selectors.invitations import invitation_behind
from accounts.selectors.people import user_with_email
from accounts.services.acceptance import SignInFirst, invitation_accept
from accounts.services.contact_points import contact_point_verify
from accounts.services.links import LinkGone
from accounts.web.answers import form_door, problems_put
from accounts.web.forms import JoinForm

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@login_not_required
@sensitive_post_parameters("password")
@form_door
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites and what will be seen; on POST, accept."""
    now = database_now()
    found = invitation_behind(token, now)
    if found is None:
        return link_gone(request)
    invited = found.invitation
    user = request.user if isinstance(request.user, User) else None
    must_sign_in = user is None and found.is_mailed and user_with_email(invited.email) is not None
    form = JoinForm(
        request.POST if request.method == "POST" and user is None and not must_sign_in else None,
        initial={"name": invited.name},
    )
    refusal: Refusal | None = None
    if request.method == "POST" and (not form.is_bound or form.is_valid()):
        try:
            typed = form.cleaned_data if form.is_bound else {}
            person = invitation_accept(token=token, user=user, now=now, **typed)
        except LinkGone:
            return link_gone(request)
        except Refusal as problem:
            refusal = problem if user is not None or found.is_mailed else _unrevealing(problem)
        else:
            return _welcome(request, person, is_proved=found.is_mailed)
    if refusal is not None and form.is_bound:
        problems_put(form, refusal)
    shown: dict[str, Any] = {
        "invitation": invited,
        "form": form,
        "refusal": refusal,
        "is_other": user is not None and user.email != invited.email,
        "must_sign_in": must_sign_in,
        "here_address": request.path,
    }
    return render(request, "accounts/join.html", shown)


def _unrevealing(refusal: Refusal) -> Refusal:
    """Return what whoever holds a handed link may read: not whether the address has an account."""
    if not isinstance(refusal, SignInFirst):
        return refusal
    text = _("Open the link in the mail that we sent to this address, and go on there.")
    return Refusal(Problem("", text))


def _welcome(request: HttpRequest, person: User, *, is_proved: bool) -> HttpResponse:
    """Sign a new person in, say what comes next, and go to the start page."""
    if not request.user.is_authenticated:
        login(request, person, backend=BACKEND)
    if is_proved:
        messages.success(request, _("You have joined."))
    else:
        text = _("You have joined. Open the link we mail you: messages reach you only after that.")
        messages.success(request, text)
    return redirect("/")


@login_not_required
@form_door
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the address would be used for, with one button; on POST, take it as proved."""
    now = database_now()
    found = verification_behind(token, now)
    if found is None:
        return link_gone(request)
    if request.method != "POST":
        return render(request, "accounts/verify.html", {"contact_point": found.contact_point})
    try:
        contact_point = contact_point_verify(token=token, now=now)
    except LinkGone:
        return link_gone(request)
    return render(request, "accounts/verified.html", {"contact_point": contact_point})


def link_gone(request: HttpRequest) -> HttpResponse:
    """Answer the same for a link that is unknown, used, withdrawn or too old."""
    return render(request, "accounts/link_gone.html", status=404)


@login_not_required
def not_offered(_request: HttpRequest) -> HttpResponse:
    """Answer "not found" where allauth would let people sign up or change their address."""
    raise NotVisible
