"""Doors of the installed app: the worker, the manifest, and the pages that open without a network.

They need no sign-in, no session and no database, and they are the same for everybody: what is
about a person is filled in on the phone, from what the phone keeps.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language, get_language_bidi
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tracker.domain.medicine import Urgency
from tracker.domain.plan_states import Route
from tracker.selectors.medicine import baclofen
from tracker.web.dose_forms import NONE_LEFT, SKIP_REASONS

PAGES = {
    "offline": "tracker/device/today.html",
    "offline-check-in": "tracker/device/check_in.html",
    "offline-urgent": "tracker/device/urgent.html",
}
"""The pages of the shell, by the name of their address."""

PARTS = (
    "app.css",
    "fonts/atkinson-hyperlegible-latin-400-normal.woff2",
    "fonts/atkinson-hyperlegible-latin-700-normal.woff2",
    "icons.svg",
    "signs.svg",
    "mark.svg",
    "app.js",
    "page-age.js",
    "vendor/idb.js",
    "device-store.js",
    "device-forms.js",
    "offline.js",
    "offline-extra.js",
    "offline-day.js",
    "offline-check-in.js",
)
"""The static files that those pages, the signs and the medicine page are made of."""

THEME = {"light": "#f1f1ea", "dark": "#0d1614"}
"""The ground of either theme, as the style sheet has it."""

same_for_everybody = cache_control(public=True, no_cache=True)


@login_not_required
@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the service worker; it changes whenever anything that it keeps does.

    `language` in the address is that of the person whose page registered it: public pages follow
    the browser, so the worker asks for them in that language.
    """
    asked = request.GET.get("language", "")
    language = asked if asked in dict(settings.LANGUAGES) else get_language() or ""
    with translation.override(language):
        version = _version(language)
    context = {"kept": kept_addresses(), "version": version, "language": language}
    response = render(request, "tracker/device/sw.js", context, content_type="text/javascript")
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@login_not_required
@require_safe
@same_for_everybody
def manifest(_request: HttpRequest) -> JsonResponse:
    """Say how the site is installed as an app."""
    shown = {
        "id": "/",
        "name": "Stepdown",
        "short_name": "Stepdown",
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": THEME["light"],
        "background_color": THEME["light"],
        "color_scheme_dark": {"theme_color": THEME["dark"], "background_color": THEME["dark"]},
        "icons": [
            _icon("mark.svg", "any", "image/svg+xml"),
            _icon("app-icon-192.png", "192x192", "image/png"),
            _icon("app-icon-512.png", "512x512", "image/png"),
            _icon("app-icon-maskable.svg", "any", "image/svg+xml", purpose="maskable"),
            _icon("app-icon-maskable-512.png", "512x512", "image/png", purpose="maskable"),
        ],
    }
    return JsonResponse(shown, content_type="application/manifest+json")


@login_not_required
@require_safe
@same_for_everybody
def today(_request: HttpRequest) -> HttpResponse:
    """Show the frame that the phone fills with the doses it keeps."""
    return HttpResponse(_page("offline"))


@login_not_required
@require_safe
@same_for_everybody
def check_in(_request: HttpRequest) -> HttpResponse:
    """Ask about the signs without a network."""
    return HttpResponse(_page("offline-check-in"))


@login_not_required
@require_safe
@same_for_everybody
def urgent(_request: HttpRequest) -> HttpResponse:
    """Show whom to call; the phone fills in the clinic's numbers if it keeps them."""
    return HttpResponse(_page("offline-urgent"))


def kept_addresses() -> list[str]:
    """Return every address that the worker keeps from the first."""
    return [*map(reverse, PAGES), *map(static, PARTS)]


def _page(name: str) -> str:
    """Return a page of the shell; made without the request, so it can hold nothing of a person."""
    return render_to_string(PAGES[name], _contents() | {"here": name})


def _contents() -> dict[str, Any]:
    facts = baclofen()
    signs = {
        route: {
            "emergencies": facts.patient_signs_by(route, Urgency.EMERGENCY),
            "same_day": facts.patient_signs_by(route, Urgency.SAME_DAY_CALL),
        }
        for route in Route
    }
    return {
        "medicine": facts,
        "signs": signs,
        "reasons": SKIP_REASONS,
        "none_left": NONE_LEFT,
    }


@cache
def _version(_language: str) -> str:
    """Return a mark of everything that the worker keeps, in the language of the request."""
    made = [*kept_addresses(), *map(_page, PAGES)]
    return hashlib.sha256("\n".join(made).encode()).hexdigest()[:12]


def _icon(name: str, sizes: str, kind: str, *, purpose: str = "any") -> dict[str, str]:
    return {"src": static(name), "sizes": sizes, "type": kind, "purpose": purpose}
