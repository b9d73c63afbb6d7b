"""What every response gets: no caching of private pages, no leaking of secret links."""

from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseBase

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
        """Return None for public views and signed-in people, else the way to the sign-in page."""
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)
