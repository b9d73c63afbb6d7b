// A dose beside the plan, without a network: kept with the time of the tap, and the signs that can
// follow are shown at once. offline-day.js puts what waits here into the day.
"use strict";

const extraPart = document.querySelector("[data-extra]");
const extraButton = extraPart.querySelector("[data-open]");
const extraForm = extraPart.querySelector("form");

function openExtra(isOpen) {
  extraForm.hidden = !isOpen;
  extraButton.setAttribute("aria-expanded", String(isOpen));
}
// It can be said as long as there is a plan to which it can belong.
function offerExtra(kept) {
  extraPart.hidden = !kept.plan_version;
  extraForm.dataset.zone = kept.zone;
  say(extraForm.querySelector("[data-say]"), { zone: placeOf(kept.zone) });
  extraForm.elements.taken_on.max = kept.today;
  if (extraForm.hidden) extraForm.elements.taken_on.value = kept.today;
}
function extraOf(item, kept) {
  const entry = waitingPart("extra", item, kept);
  const moment = momentOf(item.body.taken_at || item.body.said_at, kept.zone);
  say(entry.querySelector("h2"), { moment });
  const note = entry.querySelector("[data-own-words]");
  note.textContent = item.body.amount_note;
  note.hidden = !item.body.amount_note;
  return entry;
}
// What can follow too much, as soon as more or other than the plan was said here.
const isAlike = (item) => item.kind === "extra" || Boolean(item.body.amount_differs);

async function logExtra(body) {
  const kept = await DeviceStore.kept();
  const item = await keepSaid({
    kind: "extra", what: "extra", person: kept.person, body, due_at: null, zone: kept.zone,
    address: `/api/v1/patients/${kept.record}/entries/`, again: "/today/extra/",
  });
  extraForm.reset();
  openExtra(false);
  await showDay(item.client_id);
}

extraButton.addEventListener("click", () => {
  openExtra(extraForm.hidden);
  if (!extraForm.hidden) extraForm.elements.taken_on.focus();
});
extraForm.querySelector("[data-close]").addEventListener("click", () => {
  openExtra(false);
  extraButton.focus();
});
extraForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = BODIES.extra(extraForm, saidIn(extraForm, event.submitter));
  extraForm.querySelector("[data-incomplete]").hidden = Boolean(body);
  if (body) onceAtATime(() => logExtra(body));
});
