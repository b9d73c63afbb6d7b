// Whether this phone keeps today's doses: asked once on Today, answered and taken back by the person.
"use strict";

const keepAsk = document.querySelector("[data-keep-ask]");
const keepState = document.querySelector("[data-keep-state]");
const NOT_NOW = "stepdown-keep-not-before"; // nothing about anybody: when to ask again
const ASK_AGAIN = 30 * 86400000;

function isPutOff() {
  try {
    return Number(localStorage.getItem(NOT_NOW)) > Date.now();
  } catch {
    return false;
  }
}
function putOff() {
  try {
    localStorage.setItem(NOT_NOW, String(Date.now() + ASK_AGAIN));
  } catch { /* then it is asked again at the next visit */ }
}

async function showKeeping() {
  const agreed = await DeviceStore.agreed();
  const isAgreed = Boolean(agreed && agreed.person === person);
  if (keepAsk) keepAsk.hidden = isAgreed || isPutOff();
  if (!keepState) return;
  keepState.hidden = false;
  for (const part of keepState.querySelectorAll("[data-keeping]")) {
    part.hidden = (part.dataset.keeping === "yes") !== isAgreed;
  }
}
// Says how it came out where the question stood; the focus goes with it.
async function tellKeeping(name) {
  const note = document.querySelector(`[data-kept-told="${name}"]`);
  await showKeeping();
  if (!note) return;
  note.hidden = false;
  note.focus();
}
async function startKeeping() {
  await DeviceStore.unkeep();
  await DeviceStore.agree(person);
  await refreshKept();
  navigator.storage?.persist?.();
  await tellKeeping((await DeviceStore.kept()) ? "yes" : "later");
}
async function stopKeeping() {
  await DeviceStore.unkeep();
  putOff();
  await tellKeeping("no");
}
document.addEventListener("click", (event) => {
  const answer = event.target.closest("[data-keep-answer]")?.dataset.keepAnswer;
  if (answer === "yes") startKeeping();
  if (answer === "stop") stopKeeping();
  if (answer === "later") {
    putOff();
    showKeeping();
  }
});
// What is logged here is known to the phone too, so that it does not ask for the dose again.
if (keepAsk) document.addEventListener("htmx:afterSettle", refreshKept);
// The clinic's signs open without a network though nobody opened them before: the worker keeps them.
const clinicSigns = document.querySelector("[data-clinic-signs]")?.dataset.clinicSigns;
if (clinicSigns) {
  navigator.serviceWorker?.ready.then(({ active }) => active.postMessage({ signs: clinicSigns }));
}
showKeeping();
