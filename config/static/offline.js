// The pages that open without a network: what they share. Times are shown in the zone of the plan,
// amounts and texts as they are kept; every word stands in the page.
"use strict";

const DAY = 86400000; // milliseconds
const SKEW = 600000; // a clock may lie this far before the moment at which it was kept
const SEND_EVERY = 30000;
const speech = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
function say(place, values, name = "say") {
  place.textContent = fill(place.dataset[name], values);
  return place;
}
function sayAll(part, values) {
  for (const place of part.querySelectorAll("[data-say]")) say(place, values);
}
const fresh = (name) => document.getElementById(`p-${name}`).content.firstElementChild.cloneNode(true);

// --- Times

const inWords = (options) => (at, zone) => new Date(at).toLocaleString(speech, {
  timeZone: zone || undefined, hourCycle: "h23", ...options,
});
const clockOf = inWords({ hour: "2-digit", minute: "2-digit" });
const weekdayOf = inWords({ weekday: "short", day: "numeric", month: "short" });
const longDayIn = inWords({ weekday: "long", day: "numeric", month: "long" });
const longDayOf = (at, zone) => longDayIn(at, zone).replace(/^./u, (first) => first.toLocaleUpperCase());
const dateOf = (at, zone) => new Date(at).toLocaleDateString("en-CA", {
  timeZone: zone || undefined, year: "numeric", month: "2-digit", day: "2-digit",
});
// A date of the plan, whatever the zone: at noon UTC it is the same day in the zone UTC.
const namedDay = (day) => weekdayOf(`${day}T12:00:00Z`, "UTC");
// The place that a zone is called after, as the server says it: "New York".
const placeOf = (zone) => zone.replace(/^(?!Etc\/).*\/(.+)$/, "$1").replaceAll("_", " ");
function momentOf(at, zone) {
  const isToday = dateOf(at, zone) === dateOf(Date.now(), zone);
  return isToday ? clockOf(at, zone) : `${weekdayOf(at, zone)} ${clockOf(at, zone)}`;
}

// What is kept as it reads now. The server's clock counts: this phone's may be off, by as much as
// it was when it kept the answer. After a day, past the next change, or with a clock set back
// meanwhile, no amount is shown.
function readKept(kept) {
  if (!kept) return null;
  const readAt = Date.parse(kept.read_at);
  const now = Date.now() - (Date.parse(kept.kept_at) - readAt);
  const changeAt = kept.next_change_at ? Date.parse(kept.next_change_at) : Infinity;
  const isFresh = now < readAt + DAY && now > readAt - SKEW && now < changeAt;
  return { ...kept, now, isFresh, today: dateOf(now, kept.zone) };
}

// --- Numbers

function call(place, number, values) {
  if (!number) return;
  sayAll(place, values);
  const small = place.querySelector("small");
  if (values.words) small.textContent = values.words;
  const sign = number.trim().startsWith("+") ? "+" : "";
  place.href = `tel:${sign}${number.replace("(0)", "").replace(/[^\d*#]/g, "")}`;
  place.hidden = false;
}
function callTo(name, number, values = {}) {
  for (const place of document.querySelectorAll(`[data-call="${name}"]`)) call(place, number, values);
}
function showNumbers(kept) {
  if (!kept || !kept.clinic) return;
  const { clinic, pump } = kept;
  const and = (...words) => words.filter(Boolean).join(". ");
  callTo("emergency", clinic.emergency_number, { number: clinic.emergency_number });
  for (const words of document.querySelectorAll("[data-no-number]")) {
    words.hidden = Boolean(clinic.emergency_number);
  }
  const hours = and(clinic.desk_phone, clinic.hours.join(", "));
  callTo("desk", clinic.desk_phone, { name: clinic.name, words: hours });
  const night = and(clinic.out_of_hours_phone, clinic.out_of_hours_note);
  callTo("night", clinic.out_of_hours_phone, { words: night });
  callTo("team", pump?.team_phone, { words: pump?.team_phone });
  callTo("team-night", pump?.out_of_hours_phone, { words: pump?.out_of_hours_phone });
  for (const age of document.querySelectorAll("[data-numbers-age]")) {
    say(age, { moment: momentOf(kept.kept_at) });
  }
  for (const part of document.querySelectorAll("[data-calls]")) part.hidden = false;
  for (const link of document.querySelectorAll("[data-signs]")) link.href = `/c/${clinic.slug}/signs/`;
}

// --- What waits here

const partIn = (place, name) => place.querySelector(`[data-part="${name}"]`);

async function showWaiting() {
  const waiting = await DeviceStore.waiting();
  const place = document.querySelector("[data-waits]");
  place.hidden = waiting.length === 0;
  const form = new Intl.PluralRules(speech).select(waiting.length) === "one" ? "one" : "other";
  say(place.querySelector("strong"), { count: waiting.length }, form);
  return waiting;
}
function lost() {
  document.querySelector("[data-lost]").hidden = false;
}

// Everything that is said here goes the same way: kept with the time of the tap, then sent.
async function keepSaid(item) {
  const said = {
    ...item, client_id: crypto.randomUUID(),
    body: { ...item.body, said_at: new Date().toISOString() },
  };
  await DeviceStore.add(said);
  await showWaiting();
  sendWaiting();
  return said;
}
async function sendWaiting() {
  if (!navigator.onLine || !(await DeviceStore.waiting()).length) return;
  const found = await DeviceStore.flush();
  if (!found.sent && !found.parked && !found.needsSignIn) return;
  const back = document.querySelector("[data-back]");
  partIn(back, "all-sent").hidden = !(found.sent && !found.parked && !found.waiting);
  partIn(back, "not-filed").hidden = !found.parked;
  partIn(back, "sign-in").hidden = !found.needsSignIn;
  back.hidden = false;
  await showWaiting();
  self.showDay?.();
}

async function connected() {
  document.querySelector("[data-back]").hidden = false;
  await sendWaiting();
}

async function showOffline() {
  showNumbers(await DeviceStore.kept());
  await showWaiting();
  await sendWaiting();
}
addEventListener("online", connected);
document.addEventListener("visibilitychange", () => document.hidden || showOffline());
setInterval(() => document.hidden || sendWaiting(), SEND_EVERY);
showOffline();
