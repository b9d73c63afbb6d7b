// A check-in without a network: kept with its time, sent later. An emergency sign opens the numbers
// at once, whatever becomes of the answer.
"use strict";

const answers = document.getElementById("ci");
const saidPart = document.querySelector("[data-said]");

function showForm(isShown) {
  answers.hidden = !isShown;
  document.querySelector("[data-answer]").hidden = !isShown;
  document.querySelector("[data-dock]").hidden = isShown;
}

function showSaid(item, kept) {
  const heading = saidPart.querySelector("h2");
  const isCallNeeded = Boolean(answers.querySelector(".tog--d :checked"));
  const isNone = item.body.is_none;
  say(saidPart.querySelector(".entry p"), { time: clockOf(item.body.said_at, kept.zone) });
  const names = [...answers.querySelectorAll("[name=sign]:checked")].map((sign) => sign
    .closest("label").querySelector("span span").textContent);
  heading.textContent = names.join(", ") || heading.dataset[isNone ? "none" : "other"];
  partIn(saidPart, "same-day").hidden = !isCallNeeded;
  partIn(saidPart, "none").hidden = isCallNeeded;
  saidPart.hidden = false;
  saidPart.querySelector("h1").focus();
  saidPart.querySelector("[data-take-back]").onclick = async () => {
    await DeviceStore.drop(item.client_id);
    saidPart.hidden = true;
    showForm(true);
    await showWaiting();
  };
}

async function send(submitter) {
  const kept = await DeviceStore.kept();
  const body = BODIES.signs(answers, saidIn(answers, submitter));
  const incomplete = answers.querySelector("[data-incomplete]");
  incomplete.hidden = Boolean(body);
  if (!body) return incomplete.focus();
  const isUrgent = Boolean(answers.querySelector(".tog--e :checked"));
  const isKept = keepSaid({
    kind: "check-in", what: "signs", person: kept.person, body, is_urgent: isUrgent,
    address: `/api/v1/patients/${kept.record}/signs-answers/`, again: "/check-in/",
  });
  const item = await isKept.catch(() => void lost());
  if (isUrgent) return location.assign(answers.dataset.urgent);
  if (!item) return;
  showForm(false);
  showSaid(item, kept);
}
answers.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.submitter);
});

// The signs are asked about by the route of the person who agreed; without one there is no record
// here to which an answer could belong.
DeviceStore.kept().then((kept) => {
  if (!kept) return;
  document.querySelector("[data-unknown]").hidden = true;
  for (const part of answers.querySelectorAll("[data-route]")) {
    part.hidden = part.dataset.route !== kept.route;
  }
  showForm(true);
});
