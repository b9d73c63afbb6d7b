// A tap that did not arrive is kept on the phone with the time of the tap, and sent later. It has the
// id that its form had: a request that arrived after all is the same request.
"use strict";

const ANSWER_WITHIN = 10000; // milliseconds
const AHEAD_AT_MOST = 600000; // the server's own patience with two clocks

// The instant of a wall-clock time in a zone, as the server reckons it: a time that is skipped moves
// later by the gap, one that happens twice means the first.
function instantOf(day, time, zone) {
  const wall = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}Z`);
  const shown = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  const ahead = (instant) => {
    const part = Object.fromEntries(shown.formatToParts(instant).map((one) => [one.type, one.value]));
    const there = `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}Z`;
    return Date.parse(there) - Math.floor(instant / 1000) * 1000;
  };
  const before = wall - ahead(wall - 86400000);
  const after = wall - ahead(wall + 86400000);
  const isBefore = before + ahead(before) === wall;
  return new Date(isBefore || after + ahead(after) !== wall ? before : after);
}

// Each kind of form as the API reads it; null for one that lacks what it needs.
const textOf = (said, name) => (said.get(name) || "").trim();
function takenAt(form, said) {
  const quick = said.get("quick");
  if (quick === "now") return { taken_at: null };
  if (quick === "dose") return { taken_at: new Date(form.dataset.dueAt).toISOString() };
  const [day, time] = [said.get("taken_on"), said.get("taken_time")];
  if (!day || !time) return null;
  const at = instantOf(day, time, form.dataset.zone);
  return at - Date.now() > AHEAD_AT_MOST ? null : { taken_at: at.toISOString() };
}
function skipReason(form, said) {
  const chosen = form.querySelector('[name="reason"]:checked');
  const words = textOf(said, "own_words");
  if (!chosen || (chosen.value === "other" && !words)) return null;
  const kept = chosen.dataset.kept;
  const reason = words ? `${kept}: ${words}` : kept;
  return { reason: chosen.value === "other" ? words : reason, none_left: chosen.value === "none" };
}
const BODIES = {
  now: () => ({ outcome: "taken" }),
  taken(form, said) {
    const [at, note] = [takenAt(form, said), textOf(said, "amount_note")];
    const differs = said.has("is_amount_different") || Boolean(note);
    return at && { outcome: "taken", ...at, amount_differs: differs, amount_note: note };
  },
  skipped(form, said) {
    const reason = skipReason(form, said);
    return reason && { outcome: "skipped", ...reason };
  },
  missed: (_form, said) => ({ outcome: "missed", reason: textOf(said, "reason") }),
  extra(form, said) {
    const at = takenAt(form, said);
    return at && { ...at, amount_note: textOf(said, "amount_note") };
  },
  signs(_form, said) {
    const signs = said.getAll("sign");
    const [isNone, hasStopped] = [said.has("none"), said.has("has_stopped")];
    const runsOutOn = said.get("runs_out_on") || null;
    const isSaid = signs.length || isNone || hasStopped || runsOutOn;
    if (!isSaid || (isNone && (signs.length || hasStopped))) return null;
    return {
      signs, is_none: isNone, has_stopped: hasStopped, runs_out_on: runsOutOn,
      note: textOf(said, "note").replace(/\r?\n/g, "\r\n"),
    };
  },
};
const KINDS = { extra: "extra", signs: "check-in" };

function saidIn(form, submitter) {
  const said = new FormData(form);
  if (submitter && submitter.name) said.append(submitter.name, submitter.value);
  return said;
}

const hasEmergency = (form) => Boolean(form.querySelector(".tog--e :checked"));
function itemOf(form, said) {
  const { keep, sendTo, dueAt, zone, again } = form.dataset;
  const body = BODIES[keep](form, said);
  return body && {
    client_id: said.get("client_id"),
    person: document.getElementById("device").dataset.person,
    kind: KINDS[keep] || "entry",
    what: keep === "now" ? "taken" : keep,
    address: sendTo,
    due_at: dueAt || null,
    zone: zone || null,
    is_urgent: hasEmergency(form),
    again: again || location.pathname,
    body: { ...body, said_at: new Date().toISOString() },
  };
}

// A note in the place of the form; it takes the focus, and says no more than is true.
function noteFor(form, name) {
  for (const earlier of document.querySelectorAll("[data-note]")) earlier.remove();
  const note = document.getElementById(`note-${name}`).content.firstElementChild.cloneNode(true);
  note.dataset.note = name;
  form.before(note);
  note.focus();
  return note;
}
function show(form, isShown) {
  const answers = document.querySelectorAll(`[form="${form.id}"]`);
  for (const part of [form, ...[...answers].map((button) => button.closest(".answer"))]) {
    if (part) part.hidden = !isShown;
  }
}

async function keep(form, said) {
  const item = itemOf(form, said);
  if (item === null) return void noteFor(form, "incomplete");
  await DeviceStore.add(item);
  const note = noteFor(form, "kept");
  note.querySelector("[data-clock]").textContent = clockText(item.body.said_at);
  note.querySelector("[data-take-back]").addEventListener("click", async () => {
    await DeviceStore.drop(item.client_id);
    note.remove();
    for (const part of document.querySelectorAll("[data-kept-alike], [data-kept-urgent]")) {
      part.hidden = true;
    }
    show(form, true);
    paintDevice();
  });
  show(form, false);
  const { body } = item;
  const isAlike = item.kind === "extra" || body.amount_differs;
  for (const part of document.querySelectorAll("[data-kept-alike]")) part.hidden = !isAlike;
  const isUrgent = item.is_urgent;
  for (const part of document.querySelectorAll("[data-kept-urgent]")) part.hidden = !isUrgent;
  await paintDevice();
  if (!isUrgent) return void flushDevice();
  // The page of numbers knows the clinic's without a network only where they are kept; this one does.
  const kept = await DeviceStore.kept();
  const isThere = navigator.serviceWorker?.controller && kept?.person === item.person;
  if (isThere) location.assign(form.dataset.urgent);
  else document.querySelector("[data-kept-urgent]")?.focus();
}

// Cards that HTMX sends
function unheard(event) {
  const form = event.detail.requestConfig?.elt?.closest?.("form[data-keep]");
  const isAway = event.type !== "htmx:responseError" || event.detail.xhr.status >= 500;
  if (!form || !isAway) return;
  event.stopPropagation();
  keep(form, saidIn(form)).catch(() => tellUnheard(event));
}
for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(failure, unheard, true);
}

// Pages with a form of their own: sent here, so that the answer can be missed without losing the page
async function sendForm(form, said) {
  const answer = await fetch(form.action, {
    method: "POST", body: said, credentials: "same-origin", signal: AbortSignal.timeout(ANSWER_WITHIN),
  });
  if (answer.status >= 500) throw new Error(String(answer.status));
  if (answer.redirected) return void location.assign(answer.url);
  // What this page was about is no longer this person's: nothing of it stays on the screen.
  if (answer.status === 404) return void location.reload();
  showMain(await answer.text());
}
// While an answer is on its way its button says so.
function setBusy(form, submitter, isBusy) {
  form.ariaBusy = isBusy ? "true" : null;
  if (submitter && isBusy) submitter.dataset.busy = document.getElementById("device").dataset.sending;
  else if (submitter) delete submitter.dataset.busy;
}
async function sendOrKeep(form, submitter) {
  const said = saidIn(form, submitter);
  setBusy(form, submitter, true);
  try {
    await sendForm(form, said);
  } catch {
    await keep(form, said).catch(() => noteFor(form, "lost"));
  }
  setBusy(form, submitter, false);
}
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-keep]:not([hx-post])");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  if (!form.hasAttribute("aria-busy")) sendOrKeep(form, event.submitter);
});
