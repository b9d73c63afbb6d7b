"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from tracker.api import (
    adherence,
    alerts,
    check_ins,
    device,
    doses,
    entries,
    flags,
    plan_changes,
    plan_moves,
    plans,
    pumps,
    risks,
    signing,
    stays,
    worklist,
    zones,
)
from tracker.api.medicine import MedicineApi

ONE = "patients/<uuid:patient_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("medicines/baclofen/", MedicineApi.as_view(), name="api-medicine"),
    path("me/device/", device.device, name="api-me-device"),
    path("worklist/", worklist.worklist, name="api-worklist"),
    path(f"{ONE}/plans/", plans.plans, name="api-plans"),
    path(f"{ONE}/doses/", doses.doses, name="api-doses"),
    path(f"{ONE}/entries/", entries.extra_entries, name="api-extra-entries"),
    path(f"{ONE}/check-ins/", check_ins.check_ins, name="api-check-ins"),
    path(f"{ONE}/signs-answers/", check_ins.signs_answer_add, name="api-signs-answers"),
    path(f"{ONE}/reports/", check_ins.report_add_view, name="api-reports"),
    path(f"{ONE}/stays/", stays.stays, name="api-stays"),
    path(f"{ONE}/stays/<uuid:stay_id>/end/", stays.stay_end_view, name="api-stay-end"),
    path(
        f"{ONE}/stays/<uuid:stay_id>/take-back/",
        stays.stay_take_back_view,
        name="api-stay-take-back",
    ),
    path(f"{ONE}/stays/<uuid:stay_id>/correct/", stays.stay_correct_view, name="api-stay-correct"),
    path(f"{ONE}/risks/", risks.risks, name="api-risks"),
    path(
        f"{ONE}/risks/<uuid:risk_id>/take-off/", risks.risk_take_off_view, name="api-risk-take-off"
    ),
    path(f"{ONE}/zone/", zones.zone, name="api-zone"),
    path(f"{ONE}/adherence/", adherence.adherence, name="api-adherence"),
    path(f"{ONE}/flags/", flags.flags, name="api-flags"),
    path(f"{ONE}/alerts/", alerts.alerts, name="api-alerts"),
    path("plans/<uuid:plan_id>/", plans.plan, name="api-plan"),
    path("plans/<uuid:plan_id>/preview/", signing.plan_preview, name="api-plan-preview"),
    path("plans/<uuid:plan_id>/sign/", signing.plan_sign_view, name="api-plan-sign"),
    path("plans/<uuid:plan_id>/cosign/", signing.plan_cosign_view, name="api-plan-cosign"),
    path("plans/<uuid:plan_id>/withdraw/", signing.plan_withdraw_view, name="api-plan-withdraw"),
    path("plans/<uuid:plan_id>/versions/", plan_changes.plan_amend_view, name="api-plan-amend"),
    path("plans/<uuid:plan_id>/resume/", plan_changes.plan_resume_view, name="api-plan-resume"),
    path("plans/<uuid:plan_id>/discard/", plan_changes.plan_discard_view, name="api-plan-discard"),
    path("plans/<uuid:plan_id>/seen/", plan_changes.plan_seen_view, name="api-plan-seen"),
    path("plans/<uuid:plan_id>/hold/", plan_moves.plan_hold_view, name="api-plan-hold"),
    path("plans/<uuid:plan_id>/stop/", plan_moves.plan_stop_view, name="api-plan-stop"),
    path("plans/<uuid:plan_id>/complete/", plan_moves.plan_complete_view, name="api-plan-complete"),
    path("doses/<uuid:dose_id>/entries/", doses.dose_entry_add, name="api-dose-entries"),
    path("entries/<uuid:entry_id>/void/", entries.entry_void_view, name="api-entry-void"),
    path(
        "entries/<uuid:entry_id>/count-as-extra/",
        entries.entry_count_as_extra_view,
        name="api-entry-count-as-extra",
    ),
    path(f"{ONE}/pumps/", pumps.pumps, name="api-pumps"),
    path("pumps/<uuid:pump_id>/", pumps.pump_view, name="api-pump"),
    path("pumps/<uuid:pump_id>/dates/", pumps.pump_dates, name="api-pump-dates"),
    path(
        "pumps/<uuid:pump_id>/dates/<uuid:date_id>/confirm/",
        pumps.pump_date_confirm_view,
        name="api-pump-date-confirm",
    ),
    path("pumps/<uuid:pump_id>/events/", pumps.pump_events, name="api-pump-events"),
    path(
        "pumps/<uuid:pump_id>/events/<uuid:event_id>/confirm/",
        pumps.pump_event_confirm_view,
        name="api-pump-event-confirm",
    ),
    path("flags/<uuid:flag_id>/close/", flags.flag_close_view, name="api-flag-close"),
    path("alerts/<uuid:alert_id>/", alerts.alert_thread_view, name="api-alert"),
    path(
        "alerts/<uuid:alert_id>/acknowledge/",
        alerts.alert_acknowledge_view,
        name="api-alert-acknowledge",
    ),
    path("alerts/<uuid:alert_id>/pass-on/", alerts.alert_pass_on_view, name="api-alert-pass-on"),
]
