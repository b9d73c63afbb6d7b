"""The engine's figures for Prometheus: numbers alone, and only for whoever has the token."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from accounts.clock import database_now
from reminders.selectors.figures import Figures, figures_at
from reminders.selectors.heartbeats import FAULTS
from tracker.domain.flags import FlagClass


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the figures as text; without METRICS_TOKEN this address does not exist."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    collectors = CollectorRegistry(auto_describe=False)
    collectors.register(FiguresCollector(figures_at(database_now())))
    return HttpResponse(generate_latest(collectors), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class FiguresCollector(Collector):
    """Shows one reading of the figures; every value is as of that one moment."""

    def __init__(self, figures: Figures) -> None:
        """Keep the reading."""
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, those without a value included by their name."""
        figures = self._figures
        yield _gauge(
            "stepdown_engine_fault",
            "1 while the health page fails for this reason.",
            ("fault",),
            {(fault,): float(fault in figures.faults) for fault in FAULTS},
        )
        yield _gauge(
            "stepdown_seconds_since_pass",
            "Seconds since this leg of the engine last finished a pass.",
            ("leg",),
            {
                (leg,): seconds
                for leg, seconds in figures.since_pass_seconds.items()
                if seconds is not None
            },
        )
        yield _gauge(
            "stepdown_waiting_seconds",
            "How long the oldest row that may be taken up has waited.",
            ("what",),
            {(what,): seconds for what, seconds in figures.waiting_seconds.items()},
        )
        yield _gauge(
            "stepdown_messages",
            "Messages that have not ended: waiting, later (not before a later try), sending.",
            ("state",),
            {(state,): float(count) for state, count in figures.messages.items()},
        )
        yield from self._delivery()
        yield from self._trouble()

    def _delivery(self) -> Iterator[Metric]:
        figures = self._figures
        yield _gauge(
            "stepdown_attempts_lately",
            "Attempts of the last 15 minutes by kind of contact point and result.",
            ("channel", "result"),
            {key: float(count) for key, count in figures.outcomes.items()},
        )
        yield _gauge(
            "stepdown_lag_seconds",
            "First tellings handed over in the last 15 minutes: seconds for this part of the way.",
            ("way", "quantile"),
            {(way, f"{share:g}"): seconds for (way, share), seconds in figures.lags.items()},
        )

    def _trouble(self) -> Iterator[Metric]:
        figures = self._figures
        yield _gauge(
            "stepdown_alerts_open",
            "Open alerts by class.",
            ("class",),
            {(each.value,): float(figures.open_alerts.get(each, 0)) for each in FlagClass},
        )
        yield _gauge(
            "stepdown_undelivered_flags_open",
            "Open flags F23: somebody who should be told cannot be reached.",
            (),
            {(): float(figures.undelivered_flags)},
        )
        yield _gauge(
            "stepdown_contact_points_disabled",
            "Contact points that a permanent error switched off.",
            (),
            {(): float(figures.disabled_contact_points)},
        )


def _gauge(
    name: str,
    meaning: str,
    labels: tuple[str, ...],
    values: Mapping[tuple[str, ...], float],
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
