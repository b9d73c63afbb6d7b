// Today without a network: the doses this phone keeps, and what was said about them here.
"use strict";

const dayPlace = document.getElementById("kept");
const FARTHEST = DAY / 2; // a late dose is asked about in the large card for no longer

// --- What is true of a dose

const doseIn = (item) => item.address.match(/^\/api\/v1\/doses\/([^/]+)\//)?.[1];
function logOf(dose, items) {
  const item = items.findLast((each) => doseIn(each) === dose.id);
  if (item) return { item, outcome: item.body.outcome, at: item.body.said_at };
  const { logged } = dose;
  return logged && { outcome: logged.outcome, at: logged.received_at, isMine: logged.is_mine };
}
function stateOf(dose, kept, items) {
  const log = logOf(dose, items);
  if (log) return { state: "logged", log };
  if (dose.is_away) return { state: "away" };
  if (kept.now < Date.parse(dose.due_at)) return { state: "next" };
  const isDue = kept.isFresh && kept.now < Date.parse(dose.window_ends_at);
  return { state: isDue ? "due" : "late" };
}

// The one dose of the large card, by the same rule as the page of the server: the one that is due,
// else the last one past for half the way to the next, else the next.
function heroOf(doses, kept) {
  const due = doses.find((dose) => dose.state === "due");
  if (due) return due;
  const past = doses.filter((dose) => Date.parse(dose.due_at) <= kept.now).at(-1);
  if (past && past.state === "late" && kept.now < askedUntil(doses, past)) return past;
  return doses.find((dose) => dose.state === "next" && dose.local_date === kept.today);
}
function askedUntil(doses, past) {
  const dueAt = Date.parse(past.due_at);
  const later = doses.map((dose) => Date.parse(dose.due_at) - dueAt).filter((gap) => gap > 0);
  return dueAt + Math.min(Math.min(...later, DAY) / 2, FARTHEST);
}

// --- Parts

function amountIn(part, dose, kept) {
  for (const place of part.querySelectorAll("[data-amt]")) {
    place.textContent = dose.amount;
    place.hidden = !kept.isFresh;
    if (place.closest(".due")) place.classList.toggle("amt--l", dose.amount.length > 12);
  }
  for (const words of part.querySelectorAll("[data-no-amount]")) words.hidden = kept.isFresh;
}
const timeOf = (dose) => dose.wall_time.replace(/^(\d\d:\d\d):00$/, "$1");
function nameOf(dose, kept) {
  const values = { time: timeOf(dose), day: namedDay(dose.local_date) };
  return say(fresh("name"), values, dose.local_date === kept.today ? "today" : "day").textContent;
}
function wordsOf(dose, kept) {
  return {
    time: timeOf(dose),
    day: namedDay(dose.local_date),
    until: clockOf(dose.window_ends_at, kept.zone),
    now: clockOf(kept.now, kept.zone),
    zone: placeOf(kept.zone),
    dose: nameOf(dose, kept),
  };
}
function keepOneMark(part, name) {
  for (const mark of part.querySelectorAll("[data-mark]")) mark.hidden = mark.dataset.mark !== name;
}

function formFor(name, dose, kept, card) {
  const form = fresh(name);
  sayAll(form, wordsOf(dose, kept));
  form.id = `${name}-${dose.id}`;
  Object.assign(form.dataset, { dueAt: dose.due_at, zone: kept.zone });
  for (const label of form.querySelectorAll("[data-label]")) {
    const field = form.elements[label.dataset.label];
    field.id = `${field.name}-${dose.id}`;
    label.htmlFor = field.id;
  }
  if (name === "taken") {
    form.elements.taken_on.value = dose.local_date < kept.today ? dose.local_date : kept.today;
    form.elements.taken_on.max = kept.today;
    form.querySelector("[data-quick-now]").hidden = dose.local_date !== kept.today;
    form.querySelector("[data-quick-dose]").hidden = dose.state === "next";
  }
  const opener = (open) => {
    for (const button of card.querySelectorAll(`[data-open="${name}"]`)) {
      button.setAttribute("aria-expanded", String(open));
    }
    form.hidden = !open;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = BODIES[name](form, saidIn(form, event.submitter));
    if (body) return void log(dose, name, body);
    form.querySelector("[data-incomplete]").hidden = false;
  });
  form.querySelector("[data-close]").addEventListener("click", () => {
    opener(false);
    card.querySelector(`[data-open="${name}"]:not([hidden])`).focus();
  });
  for (const button of card.querySelectorAll(`[data-open="${name}"]`)) {
    button.setAttribute("aria-controls", form.id);
    button.addEventListener("click", () => {
      opener(form.hidden);
      if (!form.hidden) form.querySelector("input").focus();
    });
  }
  return form;
}
function answerable(card, dose, kept) {
  const take = card.querySelector("[data-take]");
  if (take) take.addEventListener("click", () => log(dose, "taken", { outcome: "taken" }));
  const missed = card.querySelector("[data-missed]");
  missed.addEventListener("click", () => log(dose, "missed", { outcome: "missed", reason: "" }));
  return [card, formFor("taken", dose, kept, card), formFor("skipped", dose, kept, card)];
}

function cardOf(dose, kept) {
  const card = fresh("card");
  const { state } = dose;
  const isToday = dose.local_date === kept.today;
  const heading = state === "late" && !isToday ? "lateDay" : state;
  const words = wordsOf(dose, kept);
  say(card.querySelector("h2"), words, heading);
  say(card.querySelector("[data-words]"), words, state);
  amountIn(card, dose, kept);
  card.querySelector("[data-missed]").hidden = state !== "late";
  card.classList.toggle("due--quiet", state === "next");
  card.querySelector("[data-acts]").hidden = state === "next";
  const early = card.querySelector("[data-early]");
  early.hidden = state !== "next";
  sayAll(early, words);
  if (state === "next") card.querySelector("[data-acts]").remove();
  else early.remove();
  const parts = state === "next"
    ? [card, formFor("taken", dose, kept, card)]
    : answerable(card, dose, kept);
  return state === "late" ? [...parts, fresh("advice")] : parts;
}
function askedOf(dose, kept) {
  const card = fresh("asked");
  sayAll(card, wordsOf(dose, kept));
  amountIn(card, dose, kept);
  return answerable(card, dose, kept);
}
// What was said here and waits, with its way back.
function waitingPart(pattern, item, kept) {
  const entry = fresh(pattern);
  entry.dataset.said = item.client_id;
  const values = { time: clockOf(item.body.said_at, kept.zone) };
  say(entry.querySelector("[role=status]"), values, item.is_parked ? "parked" : "queued");
  const back = entry.querySelector("[data-take-back]");
  back.hidden = item.is_parked;
  back.addEventListener("click", async () => {
    await DeviceStore.drop(item.client_id);
    await showWaiting();
    await showDay();
  });
  return entry;
}
function queuedOf(dose, kept) {
  const { log: { item, outcome } } = dose;
  const entry = waitingPart("logged", item, kept);
  entry.dataset.dose = dose.id;
  keepOneMark(entry, outcome);
  say(entry.querySelector("h2"), wordsOf(dose, kept), outcome);
  return entry;
}
function lineOf(dose, kept) {
  const line = fresh("line");
  line.querySelector("time").textContent = timeOf(dose);
  amountIn(line, dose, kept);
  const { log } = dose;
  keepOneMark(line, log ? log.outcome : dose.state);
  const about = log ? (log.isMine ? "mine" : "other") : dose.state;
  say(line.querySelector("small"), { at: log && momentOf(log.at, kept.zone) }, about);
  return line;
}
function listOf(doses, kept, heading) {
  if (!doses.length) return [];
  const part = fresh("rest");
  const title = part.querySelector("h2");
  title.textContent = title.dataset[heading];
  part.querySelector("ol").append(...doses.map((dose) => lineOf(dose, kept)));
  return [part];
}

// --- The day

function partsOf(kept, items) {
  const doses = kept.doses
    .filter((dose) => dose.state !== "cancelled")
    .map((dose) => ({ ...dose, ...stateOf(dose, kept, items) }));
  const queued = doses.filter((dose) => dose.log && dose.log.item);
  const hero = kept.is_on_hold ? null : heroOf(doses, kept);
  const asked = doses.filter((dose) => dose.state === "late" && dose !== hero).reverse();
  const listed = (dose) => dose !== hero && !queued.includes(dose) && !asked.includes(dose);
  const todays = doses.filter((dose) => dose.local_date === kept.today);
  const tomorrows = doses.filter((dose) => dose.local_date > kept.today && listed(dose));
  const questions = asked.length ? [fresh("ask"), ...asked.flatMap((dose) => askedOf(dose, kept))] : [];
  const extras = items.filter((item) => item.kind === "extra");
  return [
    ...extras.map((item) => extraOf(item, kept)),
    ...queued.map((dose) => queuedOf(dose, kept)),
    ...(items.some(isAlike) ? [fresh("alike")] : []),
    ...(kept.is_on_hold ? [fresh("hold")] : []),
    ...(!kept.is_on_hold && !todays.length ? [fresh("empty")] : []),
    ...(hero ? cardOf(hero, kept) : []),
    ...questions,
    ...listOf(todays.filter(listed), kept, "today"),
    ...listOf(tomorrows, kept, "tomorrow"),
  ];
}
function showAge(kept) {
  const place = document.querySelector("[data-age]");
  const plain = kept && !kept.plan_version ? "no-plan" : "fresh";
  const name = kept ? (kept.isFresh || plain === "no-plan" ? plain : "stale") : "none";
  const values = kept && { version: kept.plan_version, moment: momentOf(kept.kept_at, kept.zone) };
  for (const part of place.querySelectorAll("[data-part]")) {
    part.hidden = part.dataset.part !== name;
    if (!part.hidden && part.dataset.say) say(part, values);
  }
  document.querySelector("[data-calls]").hidden = !kept || kept.isFresh;
}

function showCheckIn(kept, items) {
  const waits = items.findLast((item) => item.kind === "check-in" && !item.is_parked);
  const place = document.querySelector("[data-check-in-waits]");
  place.hidden = !waits;
  if (waits) say(place, { time: momentOf(waits.body.said_at, kept.zone) });
  const isUrgent = items.some((item) => item.is_urgent);
  document.querySelector("[data-urgent-waits]").hidden = !isUrgent;
  const last = document.querySelector("[data-check-in]");
  last.hidden = !kept.last_check_in_at;
  if (kept.last_check_in_at) last.textContent = momentOf(kept.last_check_in_at, kept.zone);
  document.querySelector("[data-no-check-in]").hidden = Boolean(waits || kept.last_check_in_at);
}

async function showDay(focusOn) {
  const kept = readKept(await DeviceStore.kept());
  showAge(kept);
  if (!kept) return;
  offerExtra(kept);
  const items = [...(await DeviceStore.parked()), ...(await DeviceStore.waiting())]
    .filter((item) => item.person === kept.person);
  document.querySelector("[data-today]").textContent = longDayOf(kept.now, kept.zone);
  document.querySelector("[data-clock]").textContent = clockOf(kept.now, kept.zone);
  showCheckIn(kept, items);
  dayPlace.replaceChildren(...partsOf(kept, items));
  if (focusOn) dayPlace.querySelector(`[data-said="${focusOn}"]`)?.focus();
}

// A second tap while the first is being kept is the same tap.
let isLogging = false;
async function onceAtATime(keepIt) {
  if (isLogging) return;
  isLogging = true;
  await keepIt().catch(lost);
  isLogging = false;
}
const log = (dose, what, body) => onceAtATime(() => logDose(dose, what, body));

// One dose, one entry: what is kept or waits about it comes first, whoever tapped where.
async function logDose(dose, what, body) {
  const kept = await DeviceStore.kept();
  const items = [...(await DeviceStore.parked()), ...(await DeviceStore.waiting())];
  const known = kept.doses.find((each) => each.id === dose.id) || dose;
  const before = logOf(known, items);
  if (before) {
    await showDay();
    return guard(before, kept);
  }
  const item = await keepSaid({
    kind: "entry", what, person: kept.person, body, due_at: dose.due_at, zone: kept.zone,
    address: `/api/v1/doses/${dose.id}/entries/`, again: `/today/doses/${dose.id}/`,
  });
  return showDay(item.client_id);
}
function guard(before, kept) {
  const note = fresh("guard");
  sayAll(note, { time: clockOf(before.at, kept.zone) });
  dayPlace.prepend(note);
  note.focus();
}

// The day goes on by itself, but never under a form in use.
const isInUse = () => dayPlace.querySelector("form:not([hidden])") !== null;
setInterval(() => document.hidden || isInUse() || showDay(), 60000);
document.addEventListener("visibilitychange", () => document.hidden || isInUse() || showDay());
showDay();
