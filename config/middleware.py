"""What every response gets: no caching of private pages, no leaking of secret links."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from accounts.web.language import speak_to

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

type_of_next = Callable[[HttpRequest], HttpResponseBase]


class PrivacyHeadersMiddleware:
    """Keep pages out of caches unless a view says otherwise, and secret links out of Referer."""

    def __init__(self, get_response: type_of_next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add `no-store` where nothing is said; keep an address with a token out of Referer.

        `no-referrer` would do more and break the page: browsers then send "Origin: null" with its
        form, which is what a forged form looks like.
        """
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        match = request.resolver_match
        if match is not None and "token" in match.kwargs:
            response.headers["Referrer-Policy"] = "strict-origin"
        return response


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Every page needs a signed-in person unless its view is marked `login_not_required`.

    Unlike Django's, it looks at the mark first: a public page (signs, urgent help) never reads
    the session, so it needs neither PostgreSQL nor Valkey for this.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[object, ...],
        view_kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        """Return None for public views and signed-in people, else the way to the sign-in page.

        From there it leads to a page that can be opened. A part that a script asked for leaves its
        page: swapped in, the sign-in page would leave nothing where the part was. What only takes
        a form comes back to the page the form was on.
        """
        if not getattr(view_func, "login_required", True):
            return None
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        is_part = request.headers.get("HX-Request") == "true"
        if refused is None or (request.method in SAFE_METHODS and not is_part):
            return refused
        came_from = request.headers.get("HX-Current-URL" if is_part else "Referer", "")
        sign_in = redirect_to_login(
            _own_path(request, came_from), self.get_login_url(view_func), REDIRECT_FIELD_NAME
        )
        return HttpResponseClientRedirect(sign_in.url) if is_part else sign_in


class OwnLanguageMiddleware:
    """Whoever is signed in reads every page in the language they chose, on whichever device.

    A public page is left alone: it may be kept by caches for everybody, and follows the browser.
    """

    def __init__(self, get_response: type_of_next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        _view_args: tuple[object, ...],
        _view_kwargs: dict[str, object],
    ) -> None:
        """Choose the language once it is known that the page is for somebody who is signed in."""
        if getattr(view_func, "login_required", True) and isinstance(request.user, User):
            speak_to(request.user)


def _own_path(request: HttpRequest, address: str) -> str:
    """Return the path and query of an address of this site; "/" for any other."""
    parts = urlsplit(address)
    path = parts._replace(scheme="", netloc="", fragment="").geturl()
    is_ours = parts.netloc == request.get_host()
    return path if is_ours and url_has_allowed_host_and_scheme(path, None) else "/"
