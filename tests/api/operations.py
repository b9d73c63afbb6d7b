"""Every operation of the API, from the resolver, with who may do it and a body that it reads.

An operation without a line in POLICY fails the build: access is decided before it is reachable.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.api.callers import new_id
from tests.api.worlds import World, change_of
from tests.cast import PASSWORD

DENIED_EVERYWHERE = (
    "stranger",  # an account and nothing else
    "juno",  # a clinician of another clinic
    "ended_caregiver",
    "ended_clinician",
    "invited",  # asked by the clinic, has not joined
    "unagreed",  # has joined, the patient has not agreed
    "admin",  # the clinic's administrator: no clinical read
)
PATIENT, LOGS, ALERTED, SEES, CLINIC = "ewan", "isla", "tomasz", "watcher", "priya"
PEOPLE = (PATIENT, LOGS, ALERTED, SEES, CLINIC)
EVERYBODY = frozenset(PEOPLE)
OWN = frozenset({PATIENT})
STAFF = frozenset({CLINIC})
OWN_AND_STAFF = OWN | STAFF
LOGGERS = frozenset({PATIENT, LOGS, CLINIC})
TRAVELLERS = frozenset({PATIENT, LOGS})
TOLD = frozenset({LOGS, ALERTED, CLINIC})

# Addresses about nobody's record: what they answer is about the person who asks.
ABOUT_ONESELF = frozenset(
    {
        ("GET", "me/"),
        ("GET", "me/contact-points/"),
        ("POST", "me/contact-points/"),
        ("GET", "patients/"),
    }
)
PUBLIC = frozenset({("GET", "medicines/baclofen/")})

ONE = "patients/<uuid:patient_id>/"
POLICY: dict[tuple[str, str], frozenset[str]] = {
    ("POST", "me/contact-points/<uuid:point_id>/test/"): OWN,
    ("POST", "me/contact-points/<uuid:point_id>/remove/"): OWN,
    ("GET", "me/device/"): OWN,
    ("GET", "me/export/"): OWN,
    ("POST", "patients/"): STAFF,
    ("GET", "worklist/"): STAFF,
    ("GET", ONE): EVERYBODY,
    ("GET", f"{ONE}care-links/"): OWN_AND_STAFF,
    ("POST", f"{ONE}care-links/"): OWN_AND_STAFF,
    ("POST", f"{ONE}care-links/<uuid:link_id>/consent/"): OWN,
    ("POST", f"{ONE}care-links/<uuid:link_id>/scope/"): OWN,
    ("POST", f"{ONE}care-links/<uuid:link_id>/end/"): OWN_AND_STAFF,
    ("GET", f"{ONE}contact-points/"): OWN,
    ("POST", f"{ONE}contact-points/"): OWN,
    ("GET", f"{ONE}access-log/"): OWN,
    ("GET", f"{ONE}plans/"): EVERYBODY,
    ("POST", f"{ONE}plans/"): STAFF,
    ("GET", f"{ONE}doses/"): EVERYBODY,
    ("GET", f"{ONE}entries/"): EVERYBODY,
    ("POST", f"{ONE}entries/"): LOGGERS,
    ("GET", f"{ONE}check-ins/"): EVERYBODY,
    ("POST", f"{ONE}check-ins/"): EVERYBODY,
    ("POST", f"{ONE}signs-answers/"): EVERYBODY,
    ("POST", f"{ONE}reports/"): EVERYBODY,
    ("GET", f"{ONE}zone/"): EVERYBODY,
    ("POST", f"{ONE}zone/"): TRAVELLERS,
    ("GET", f"{ONE}pumps/"): EVERYBODY,
    ("POST", f"{ONE}pumps/"): STAFF,
    ("GET", "pumps/<uuid:pump_id>/"): EVERYBODY,
    ("POST", "pumps/<uuid:pump_id>/dates/"): STAFF,
    ("POST", "pumps/<uuid:pump_id>/dates/<uuid:date_id>/confirm/"): STAFF,
    ("GET", "pumps/<uuid:pump_id>/events/"): EVERYBODY,
    ("POST", "pumps/<uuid:pump_id>/events/"): EVERYBODY,
    ("POST", "pumps/<uuid:pump_id>/events/<uuid:event_id>/confirm/"): STAFF,
    ("GET", f"{ONE}stays/"): EVERYBODY,
    ("POST", f"{ONE}stays/"): STAFF,
    ("POST", f"{ONE}stays/<uuid:stay_id>/end/"): STAFF,
    ("POST", f"{ONE}stays/<uuid:stay_id>/take-back/"): STAFF,
    ("POST", f"{ONE}stays/<uuid:stay_id>/correct/"): STAFF,
    ("GET", f"{ONE}risks/"): OWN_AND_STAFF,
    ("POST", f"{ONE}risks/"): STAFF,
    ("POST", f"{ONE}risks/<uuid:risk_id>/take-off/"): STAFF,
    ("GET", f"{ONE}adherence/"): EVERYBODY,
    ("GET", f"{ONE}flags/"): EVERYBODY,
    ("GET", f"{ONE}alerts/"): EVERYBODY,
    ("GET", "plans/<uuid:plan_id>/"): EVERYBODY,
    ("PUT", "plans/<uuid:plan_id>/"): STAFF,
    ("GET", "plans/<uuid:plan_id>/preview/"): STAFF,
    ("POST", "plans/<uuid:plan_id>/sign/"): STAFF,
    ("POST", "plans/<uuid:plan_id>/cosign/"): STAFF,
    ("POST", "plans/<uuid:plan_id>/withdraw/"): STAFF,
    ("POST", "plans/<uuid:plan_id>/versions/"): STAFF,
    ("POST", "plans/<uuid:plan_id>/resume/"): STAFF,
    ("POST", "plans/<uuid:plan_id>/discard/"): STAFF,
    ("POST", "plans/<uuid:plan_id>/seen/"): frozenset({PATIENT, LOGS}),
    ("POST", "plans/<uuid:plan_id>/hold/"): STAFF,
    ("POST", "plans/<uuid:plan_id>/stop/"): STAFF,
    ("POST", "plans/<uuid:plan_id>/complete/"): STAFF,
    ("POST", "doses/<uuid:dose_id>/entries/"): LOGGERS,
    ("POST", "entries/<uuid:entry_id>/void/"): OWN_AND_STAFF,
    ("POST", "entries/<uuid:entry_id>/count-as-extra/"): OWN_AND_STAFF,
    ("POST", "flags/<uuid:flag_id>/close/"): STAFF,
    ("GET", "alerts/<uuid:alert_id>/"): EVERYBODY,
    ("POST", "alerts/<uuid:alert_id>/acknowledge/"): TOLD,
    ("POST", "alerts/<uuid:alert_id>/pass-on/"): TOLD,
}


@dataclass(frozen=True, order=True)
class Operation:
    """One method at one address, as the resolver has it."""

    method: str
    route: str

    def path(self, world: World) -> str:
        """The address of Ewan's own rows."""
        rows = {
            "patient_id": world.cast.ewan,
            "link_id": world.asked_link,
            "point_id": world.cast.ewan_user.contact_points.get(),
            "plan_id": world.plan,
            "dose_id": world.past_dose,
            "entry_id": world.entry,
            "flag_id": world.flag,
            "alert_id": world.alert,
            "stay_id": world.stay,
            "risk_id": world.risk,
            "pump_id": world.pump,
            "event_id": world.refill,
            "date_id": world.pump_date,
        }
        route = self.route
        for name, row in rows.items():
            route = route.replace(f"<uuid:{name}>", str(row.pk))
        assert "<" not in route, f"no row for {self.route}"
        return f"/{route}"

    def nowhere(self) -> str:
        """The address of rows that do not exist."""
        parts = [new_id() if part.startswith("<uuid:") else part for part in self.route.split("/")]
        return "/" + "/".join(parts)


def operations() -> list[Operation]:
    """Every method of every address under /api/v1, from the resolver."""
    found = set()
    for route, callback in _routes(get_resolver().url_patterns, ""):
        view = getattr(callback, "cls", None)
        if not route.startswith("api/v1/") or view is None:
            continue
        methods = {"get", "post", "put", "patch", "delete"} & set(dir(view))
        found |= {Operation(method.upper(), route.removeprefix("api/v1/")) for method in methods}
    return sorted(found)


def _routes(patterns: list[URLPattern | URLResolver], before: str) -> list[tuple[str, Any]]:
    found = []
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += _routes(pattern.url_patterns, route)
        else:
            found.append((route, pattern.callback))
    return found


def body_of(operation: Operation, world: World) -> dict[str, Any] | None:
    """Return a body that the operation reads without complaint; None when it reads none."""
    cast, last = world.cast, operation.route.rstrip("/").rpartition("/")[2]
    content = None
    if operation.route.startswith("plans/") and operation.method == "PUT":
        content = world.draft.draft.content | {"opened_at": world.draft.draft.saved_at.isoformat()}
    change = change_of(world)
    signature = {
        "text_sha256": "0" * 64,
        "ticked_steps": [1],
        "has_confirmed_hours": True,
        "password": PASSWORD,
    }
    stay = {
        "kind": "hospital",
        "from_at": cast.now.isoformat(),
        "until_at": (cast.now + timedelta(days=1)).isoformat(),
        "note": "Ward 4",
    }
    bodies: dict[str, dict[str, Any] | None] = {
        "patients": {
            "clinic": str(cast.harbour.pk),
            "name": "Wanda Iversen",
            "zone": "Europe/Oslo",
            "language": "en",
            "email": "wanda@example.org",
        },
        "care-links": {
            "email": "n@example.org",
            "name": "Nadia",
            "relation": "aunt",
            "is_alerted": True,
            "may_log": False,
        },
        "contact-points": {"address": "ewan.two@example.org"},
        "plans": world.draft.draft.content,
        "entries": {"client_id": new_id(), "amount_note": "5 mg"},
        "check-ins": {"client_id": new_id(), "signs": ["fever"], "note": "Warm"},
        "signs-answers": {"client_id": new_id(), "signs": ["fever"], "has_stopped": True},
        "reports": {"client_id": new_id(), "kind": "stopped", "note": "Ran out"},
        "zone": {"zone": "America/New_York", "answer": "keep"},
        "pumps": {
            "model": "SynchroMed II",
            "critical_alarm": "two tones",
            "non_critical_alarm": "single beep",
            "team_phone": "01632 960 143",
        },
        "dates": {"replacement": "2030-05-12", "read_from": "implant card"},
        "events": {"client_id": new_id(), "kind": "alarm_critical"},
        "stays": stay,
        "correct": stay | {"reason": "Wrong ward"},
        "take-back": {"reason": "Not admitted after all"},
        "risks": {"factor": "renal_impairment", "note": "eGFR in the letter"},
        "take-off": {"reason": "Not confirmed"},
        "sign": signature,
        "cosign": signature,
        "versions": change | {"kind": "amend"},
        "resume": change,
        "seen": {"version_number": 1},
        "hold": {
            "reason": "Surgery",
            "review_on": (cast.now + timedelta(days=9)).date().isoformat(),
            "has_read_warning": True,
        },
        "stop": {"reason": "Side effects", "has_read_warning": True},
        "void": {"reason": "Wrong day"},
        "close": {"note": "Seen"},
        "pass-on": {"note": "On a train"},
        "scope": {"is_alerted": True, "may_log": True},
        "<uuid:plan_id>": content,
    }
    confirmations = {
        "dates": {"falls_on": world.pump_date.falls_on.isoformat()},
        "events": {"is_confirmed": False, "note": "Visit cancelled"},
    }
    if last == "confirm":
        return confirmations[operation.route.split("/")[2]]
    if operation.route == f"{ONE}stays/<uuid:stay_id>/end/":
        return {"until_at": (cast.now + timedelta(days=3)).isoformat()}
    if operation.route == "doses/<uuid:dose_id>/entries/":
        return {"client_id": new_id(), "outcome": "skipped", "reason": "Vomiting"}
    return bodies.get(last)
