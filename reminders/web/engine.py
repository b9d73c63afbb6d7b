"""Health, for people and for monitors."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

from accounts.clock import database_now
from reminders.selectors.heartbeats import engine_at, engine_faults


@login_not_required
@require_safe
def banner(request: HttpRequest) -> HttpResponse:
    """Return the engine's notice, empty while all is well; open pages ask for it every minute."""
    return render(request, "parts/engine_notice.html")


@login_not_required
@require_safe
def livez(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Say whether PostgreSQL and Valkey answer; 503 names the one that does not."""
    faults = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        faults.append("database")
    try:
        Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5).ping()
    except RedisError:
        faults.append("broker")
    return JsonResponse(
        {"status": "fault" if faults else "ok", "faults": faults}, status=503 if faults else 200
    )


@login_not_required
@require_safe
def healthz_engine(_request: HttpRequest) -> HttpResponse:
    """Say whether the engine sweeps and sends; 503 once it has been silent for five minutes."""
    now = database_now()
    engine = engine_at(now)
    faults = engine_faults(engine, now)
    return JsonResponse(
        {
            "status": "fault" if faults else "ok",
            "faults": faults,
            "now": now,
            "last_sweep_at": engine.last_sweep_at,
            "last_dispatch_at": engine.last_dispatch_at,
        },
        status=503 if faults else 200,
    )
