"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from tracker.web import (
    caregiver,
    chart,
    check_in,
    device,
    dose_log,
    entries,
    exports,
    openings,
    patient,
    plan_changes,
    plan_editor,
    plan_entered,
    plan_read_back,
    pump,
    pump_phone,
    signs,
    thread,
    thread_export,
    travel,
    urgent,
    worklist,
)

# A patient's own record; the same pages for a caregiver carry the person helped in the address.
own_pages: list[URLPattern | URLResolver] = [
    path("", patient.home, name="home"),
    path("today/", patient.today, name="today"),
    path("today/signs/", patient.own_signs, name="own-signs"),
    path("today/plan/", plan_entered.entered, name="entered-plan"),
    path("today/steps/<int:number>/", patient.step, name="step"),
    path("today/doses/<uuid:dose_id>/", dose_log.what_happened, name="dose"),
    path("today/doses/<uuid:dose_id>/take/", dose_log.take, name="dose-take"),
    path("today/doses/<uuid:dose_id>/taken/", dose_log.taken, name="dose-taken"),
    path("today/doses/<uuid:dose_id>/skip/", dose_log.skip, name="dose-skip"),
    path("today/doses/<uuid:dose_id>/missed/", dose_log.missed, name="dose-missed"),
    path("today/doses/<uuid:dose_id>/settle/", entries.settle, name="dose-settle"),
    path("today/extra/", dose_log.extra, name="dose-extra"),
    path("today/supply/", entries.supply, name="supply"),
    path("today/zone/", travel.zone, name="zone"),
    path("today/entries/<uuid:entry_id>/undo/", entries.undo, name="entry-undo"),
    path("today/entries/<uuid:entry_id>/correct/", entries.correct, name="entry-correct"),
    path("today/entries/<uuid:entry_id>/take-back/", entries.take_back, name="entry-take-back"),
    path("today/entries/<uuid:entry_id>/signs/", entries.alike, name="entry-alike"),
    path("history/", patient.history, name="history"),
    path("check-in/", check_in.check_in, name="check-in"),
    path("check-in/done/", check_in.done, name="check-in-done"),
    path("pump/", pump_phone.pump, name="pump"),
    path("pump/alarm/", pump_phone.alarm, name="pump-alarm"),
    path("pump/refill/", pump_phone.refill_done, name="pump-refill-done"),
    path("pump/oral/", pump_phone.oral, name="pump-oral"),
    path("urgent/", urgent.urgent, name="urgent"),
    path("urgent/stopped/", urgent.stopped, name="stopped"),
]

helped = "feed/<uuid:patient_id>/"
caregiver_pages: list[URLPattern | URLResolver] = [
    path("feed/", caregiver.feed, name="feed"),
    path(helped, caregiver.person, name="person"),
    path(f"{helped}plan/", plan_entered.entered, name="entered-plan"),
    path(f"{helped}log/<uuid:dose_id>/", dose_log.what_happened, name="dose"),
    path(f"{helped}log/<uuid:dose_id>/taken/", dose_log.taken, name="dose-taken"),
    path(f"{helped}log/<uuid:dose_id>/skip/", dose_log.skip, name="dose-skip"),
    path(f"{helped}log/<uuid:dose_id>/missed/", dose_log.missed, name="dose-missed"),
    path(f"{helped}log/<uuid:dose_id>/settle/", entries.settle, name="dose-settle"),
    path(f"{helped}extra/", dose_log.extra, name="dose-extra"),
    path(f"{helped}supply/", entries.supply, name="supply"),
    path(f"{helped}zone/", travel.zone, name="zone"),
    path(f"{helped}entries/<uuid:entry_id>/undo/", entries.undo, name="entry-undo"),
    path(f"{helped}entries/<uuid:entry_id>/correct/", entries.correct, name="entry-correct"),
    path(f"{helped}entries/<uuid:entry_id>/take-back/", entries.take_back, name="entry-take-back"),
    path(f"{helped}entries/<uuid:entry_id>/signs/", entries.alike, name="entry-alike"),
    path(f"{helped}check-in/", check_in.check_in, name="check-in"),
    path(f"{helped}check-in/done/", check_in.done, name="check-in-done"),
    path(f"{helped}pump/", pump_phone.pump, name="pump"),
    path(f"{helped}pump/alarm/", pump_phone.alarm, name="pump-alarm"),
    path(f"{helped}pump/refill/", pump_phone.refill_done, name="pump-refill-done"),
    path(f"{helped}pump/oral/", pump_phone.oral, name="pump-oral"),
    path(f"{helped}urgent/", urgent.urgent_for, name="urgent"),
    path(f"{helped}urgent/stopped/", urgent.stopped, name="stopped"),
]

clinician_pages: list[URLPattern | URLResolver] = [
    path("worklist/", worklist.worklist, name="worklist"),
    path("patients/", worklist.patients, name="patients"),
    path("patients/<uuid:patient_id>/", chart.chart, name="chart"),
    path("patients/<uuid:patient_id>/export/", exports.export, name="patient-export"),
    path("patients/<uuid:patient_id>/plan/", plan_editor.plan_form, name="plan-form"),
    path("plans/<uuid:plan_id>/", plan_changes.plan, name="plan"),
    path("plans/<uuid:plan_id>/change/", plan_editor.change, name="plan-change"),
    path("plans/<uuid:plan_id>/resume/", plan_editor.resume, name="plan-resume"),
    path("plans/<uuid:plan_id>/step-back/", plan_editor.step_back, name="plan-step-back"),
    path("plans/<uuid:plan_id>/read-back/", plan_read_back.read_back, name="plan-read-back"),
    path("plans/<uuid:plan_id>/withdraw/", plan_read_back.withdraw, name="plan-withdraw"),
    path("plans/<uuid:plan_id>/hold/", plan_changes.hold, name="plan-hold"),
    path("plans/<uuid:plan_id>/stop/", plan_changes.stop, name="plan-stop"),
    path("plans/<uuid:plan_id>/complete/", plan_changes.complete, name="plan-complete"),
    path("plans/<uuid:plan_id>/discard/", plan_changes.discard, name="plan-discard"),
    path("patients/<uuid:patient_id>/pump/", pump.pump, name="patient-pump"),
    path("patients/<uuid:patient_id>/pump/record/", pump.record, name="pump-record"),
    path("patients/<uuid:patient_id>/pump/dates/", pump.dates, name="pump-dates"),
    path("patients/<uuid:patient_id>/pump/refill/", pump.refill, name="pump-refill"),
    path("patients/<uuid:patient_id>/pump/told/", pump.told, name="pump-told"),
    path("pumps/events/<uuid:event_id>/confirm/", pump.confirm_event, name="pump-event-confirm"),
    path("pumps/dates/<uuid:date_id>/confirm/", pump.confirm_date, name="pump-date-confirm"),
    path("patients/<uuid:patient_id>/openings/", openings.openings, name="openings"),
    path(
        "patients/<uuid:patient_id>/openings/<uuid:file_id>/",
        openings.openings_file,
        name="openings-file",
    ),
    path(
        "patients/<uuid:patient_id>/openings/<uuid:file_id>/take-in/",
        openings.take_in,
        name="openings-take-in",
    ),
    path("flags/<uuid:flag_id>/close/", thread.close_flag, name="flag-close"),
]

# For everybody who sees the patient; what each may do there differs.
alert_pages: list[URLPattern | URLResolver] = [
    path("alerts/<uuid:alert_id>/", thread.alert, name="alert"),
    path("alerts/<uuid:alert_id>/thread.csv", thread_export.alert_csv, name="alert-csv"),
    path("alerts/<uuid:alert_id>/acknowledge/", thread.acknowledge, name="alert-acknowledge"),
    path("alerts/<uuid:alert_id>/pass-on/", thread.pass_on, name="alert-pass-on"),
    path("alerts/<uuid:alert_id>/close/", thread.close_alert, name="alert-close"),
]

# The installed app: the same for everybody, without a sign-in.
device_pages: list[URLPattern | URLResolver] = [
    path("sw.js", device.worker, name="worker"),
    path("manifest.webmanifest", device.manifest, name="manifest"),
    path("offline/", device.today, name="offline"),
    path("offline/check-in/", device.check_in, name="offline-check-in"),
    path("offline/urgent/", device.urgent, name="offline-urgent"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *own_pages,
    *caregiver_pages,
    *clinician_pages,
    *alert_pages,
    *device_pages,
    path("signs/", signs.signs, name="signs"),
    path("c/<slug:slug>/signs/", signs.clinic_signs, name="clinic-signs"),
    path("medicine/", signs.medicine, name="medicine"),
]
