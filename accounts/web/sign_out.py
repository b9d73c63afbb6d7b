"""Signing out leaves nothing of a person in the browser: no page, no kept doses, no worker."""

from allauth.account.views import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse

CLEARED = '"cache", "storage"'


@login_not_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask on GET; on POST end the session, and have the browser clear what this site kept in it."""
    response: HttpResponse = logout(request)
    if request.method == "POST":
        response.headers["Clear-Site-Data"] = CLEARED
    return response
