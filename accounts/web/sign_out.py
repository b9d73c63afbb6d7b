"""Signing out leaves nothing of a person in the browser: no page, no kept doses, no worker."""

from typing import Any

from allauth.account.views import LogoutView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.utils.decorators import method_decorator

CLEARED = '"cache", "storage"'


@method_decorator(login_not_required, name="dispatch")
class SignOut(LogoutView):
    """Ask on GET, sign out on POST."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session, and have the browser clear what this site has kept in it."""
        response: HttpResponse = super().post(*args, **kwargs)
        response.headers["Clear-Site-Data"] = CLEARED
        return response


sign_out = SignOut.as_view()
