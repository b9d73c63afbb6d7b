// Every page of a phone: what waits on it is sent and shown, what was kept is refreshed, and signing
// out leaves nothing behind unasked. Texts come from parts/device.html.
"use strict";

const strip = document.getElementById("device");
const person = strip.dataset.person;
const FLUSH_EVERY = 30000; // milliseconds, while something waits

if ("serviceWorker" in navigator) {
  const worker = `/sw.js?language=${document.documentElement.lang}`;
  navigator.serviceWorker.register(worker, { scope: "/" }).catch(() => {});
}

const spoken = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const clockText = (at) => new Date(at).toLocaleTimeString(spoken, {
  hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const momentText = (at, zone) => new Date(at).toLocaleString(spoken, {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  hourCycle: "h23", timeZone: zone || undefined,
});
let sentHere = 0; // since this page was opened
const isMine = (item) => item.person === person;

// Puts the main part of an answer in the place of this page's.
function showMain(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const main = page.querySelector("main");
  if (!main) return void location.assign("/");
  document.querySelector("main").replaceWith(main);
  htmx.process(main);
  main.querySelector("[autofocus], .errsum")?.focus();
  self.askAboutZone?.();
}

// --- The strip

function countIn(line, number) {
  line.hidden = number === 0;
  const form = new Intl.PluralRules(document.documentElement.lang).select(number);
  for (const words of line.querySelectorAll("[data-plural]")) {
    words.hidden = words.dataset.plural !== (form === "one" ? "one" : "other");
    const count = words.querySelector("[data-count]");
    if (count) count.textContent = number;
  }
}
const ABOUT = { "check-in": "signs", report: "signs", extra: "extra" };
function fill(list, items, complete) {
  const pattern = list.querySelector("template").content.firstElementChild;
  for (const line of list.querySelectorAll(":scope > li")) line.remove();
  for (const item of items) {
    const line = pattern.cloneNode(true);
    const outcome = item.body?.outcome || "taken";
    const about = item.kind === "entry" && item.what in BODIES_NAMED ? item.what : outcome;
    for (const words of line.querySelectorAll("[data-what]")) {
      words.hidden = words.dataset.what !== (ABOUT[item.kind] || about);
    }
    const at = item.kind === "entry" && item.due_at ? item.due_at : item.said_at;
    line.querySelector("time").textContent = momentText(at, item.due_at ? item.zone : "");
    complete(line, item);
    list.append(line);
  }
  list.hidden = items.length === 0;
}
const BODIES_NAMED = { taken: 1, skipped: 1, missed: 1 };
const againOf = (item) => item.again
  || item.address.replace(/^\/api\/v1\/doses\/([^/]+)\/.*$/, "/today/doses/$1/")
    .replace(/^\/api\/.*$/, item.kind === "extra" ? "/today/extra/" : "/check-in/");

function parkedLine(line, item) {
  const isGone = item.status === 404;
  line.querySelector("[data-reason]").textContent = isGone ? "" : item.reason;
  line.querySelector("[data-gone]").hidden = !isGone;
  line.querySelector("[data-again]").href = againOf(item);
  const sure = line.querySelector("[data-sure]");
  const [drop, stay, yes] = ["drop", "stay", "yes"].map((name) => line.querySelector(`[data-${name}]`));
  drop.addEventListener("click", () => {
    sure.hidden = false;
    drop.hidden = true;
    yes.focus();
  });
  stay.addEventListener("click", () => {
    sure.hidden = true;
    drop.hidden = false;
    drop.focus();
  });
  yes.addEventListener("click", async () => {
    await DeviceStore.drop(item.client_id);
    await paintDevice();
    strip.focus();
  });
}
function toldLine(line, item) {
  const again = againOf({ ...item, what: "" });
  const entry = `${again.replace(/(doses|log)\/[^/]+\/$/, "entries/")}${item.entry}/`;
  const pages = { extra: `${entry}signs/`, clock: `${entry}correct/` };
  for (const words of line.querySelectorAll("[data-told]")) {
    words.hidden = words.dataset.told !== item.told;
    const link = words.querySelector("a");
    if (link) link.href = pages[item.told] || `${again}settle/`;
  }
}

async function paintDevice(found = {}) {
  const [waiting, parked, told] = await Promise.all([
    DeviceStore.waiting(), DeviceStore.parked(), DeviceStore.told(),
  ]);
  const part = (name) => strip.querySelector(`[data-part="${name}"]`);
  const mine = waiting.filter(isMine);
  const needsSignIn = !person || Boolean(found.needsSignIn);
  countIn(part("waits"), person ? mine.length : waiting.length);
  part("send").hidden = needsSignIn;
  part("sign-in").hidden = !needsSignIn;
  part("others").hidden = !person || [...waiting, ...parked].every(isMine);
  countIn(part("sent"), sentHere);
  fill(part("parked"), parked.filter(isMine), parkedLine);
  fill(part("told"), told.filter(isMine), toldLine);
  part("read").hidden = part("told").hidden;
  strip.hidden = [...strip.querySelectorAll("[data-part]")].every((each) => each.hidden
    || each.closest("[data-part][hidden]"));
  return { waiting, parked };
}

// --- Sending

async function flushDevice() {
  const found = await DeviceStore.flush();
  sentHere += found.sent;
  await paintDevice(found);
  if (found.sent) await readAgain();
  return found;
}
// A day that is shown is read again once something about it was sent; a form in use is left alone.
async function readAgain() {
  if (!document.querySelector("[data-read-again]")) return;
  try {
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (answer.ok && !answer.redirected) showMain(await answer.text());
  } catch { /* the next visit reads it */ }
}

// --- What is kept, for the person who agreed and for nobody else

async function refreshKept() {
  if (!person) return;
  const [agreed, told] = await Promise.all([DeviceStore.agreed(), DeviceStore.told()]);
  if (agreed && agreed.person !== person) await DeviceStore.unkeep();
  if (told.some((each) => !isMine(each))) await DeviceStore.read();
  if (!agreed || agreed.person !== person || !navigator.onLine) return;
  try {
    const answer = await fetch("/api/v1/me/device/", {
      headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "manual",
    });
    if (answer.ok) await DeviceStore.keep(await answer.json());
    else if (answer.status === 404) await DeviceStore.unkeep();
  } catch { /* what is kept says how old it is */ }
}

async function visit() {
  await paintDevice();
  await refreshKept();
  await flushDevice();
}

// --- Signing out

async function signOut(form) {
  const ended = Promise.resolve(self.endPush?.()).catch(() => {});
  const cleared = ended.then(() => DeviceStore.forget());
  const patience = new Promise((done) => setTimeout(done, 3000));
  await Promise.race([cleared, patience]);
  form.submit();
}
const unsentPart = document.querySelector("[data-unsent]");
async function showUnsent() {
  if (!unsentPart) return;
  const { waiting, parked } = await paintDevice();
  const items = [...waiting, ...parked];
  countIn(unsentPart.querySelector("[data-mine]"), items.filter(isMine).length);
  unsentPart.querySelector("[data-others]").hidden = items.every(isMine);
  unsentPart.hidden = items.length === 0;
  document.querySelector("[data-plain]").hidden = items.length > 0;
}
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.signOut === undefined) return;
  event.preventDefault();
  const items = [...(await DeviceStore.waiting()), ...(await DeviceStore.parked())];
  if (items.length && form.dataset.signOut !== "discard") location.assign(form.action);
  else signOut(form);
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-flush], [data-forget-told]");
  if (!button) return;
  if (button.dataset.flush === undefined) {
    await DeviceStore.read();
    return void paintDevice();
  }
  button.setAttribute("aria-busy", "true");
  await flushDevice();
  button.removeAttribute("aria-busy");
  await showUnsent();
});
addEventListener("online", visit);
document.addEventListener("visibilitychange", () => document.hidden || visit());
setInterval(async () => {
  if (!document.hidden && (await DeviceStore.waiting()).some(isMine)) flushDevice();
}, FLUSH_EVERY);
visit().then(showUnsent);
