"""Public pages: the warning signs, with or without a clinic's numbers, and the medicine.

They need no sign-in, no session and, but for a clinic's numbers, no database.
"""

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.clock import database_now
from tracker.selectors.clinic_numbers import clinic_numbers
from tracker.selectors.medicine import baclofen
from tracker.web.signs_presenter import hours_in_words, medicine_page, signs_page

# The same for everybody, so a browser may keep it and show it while the server is away.
cacheable = cache_control(public=True, max_age=300, stale_if_error=86_400)


@login_not_required
@require_safe
@cacheable
def signs(request: HttpRequest) -> HttpResponse:
    """Show the warning signs of both routes."""
    return render(request, "tracker/signs/signs.html", {"page": signs_page(baclofen())})


@login_not_required
@require_safe
@cache_control(public=True, no_cache=True)
def clinic_signs(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the warning signs with a clinic's numbers; without them while the database is away."""
    context: dict[str, object] = {"page": signs_page(baclofen())}
    try:
        found = clinic_numbers(slug, database_now())
    except (OperationalError, InterfaceError):
        return render(request, "tracker/signs/signs.html", {**context, "is_clinic_away": True})
    if found is None:
        raise Http404
    numbers = {"clinic": found.clinic, "hours": hours_in_words(found.hours)}
    return render(request, "tracker/signs/signs.html", context | numbers)


@login_not_required
@require_safe
@cacheable
def medicine(request: HttpRequest) -> HttpResponse:
    """Show what is documented about the medicine itself."""
    return render(request, "tracker/signs/medicine.html", {"page": medicine_page(baclofen())})
