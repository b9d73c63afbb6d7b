"""What every door of this app does the same way."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.access import NotVisible
from accounts.domain.problems import Refusal
from accounts.models import User

form_door = require_http_methods(["GET", "HEAD", "POST"])
"""Marks a door that shows a form and takes what is sent with it."""


def person_of(request: HttpRequest) -> User:
    """Return who is signed in; NotVisible when nobody is."""
    user = request.user
    if not isinstance(user, User):
        raise NotVisible
    return user


def problems_put(form: forms.Form, refusal: Refusal) -> None:
    """Put every problem at its field of the form; what has no field there stands above it."""
    for problem in refusal.problems:
        field = problem.field if problem.field in form.fields else None
        form.add_error(field, gettext(str(problem.text)))


def problems_tell(request: HttpRequest, refusal: Refusal) -> None:
    """Say on the next page why a single button did not do what it says."""
    for problem in refusal.problems:
        messages.error(request, gettext(str(problem.text)))
