// Messages that this phone shows. Permission is asked on a tap alone; at every visit the subscription
// is compared with what the server has, and what was lost is said.
"use strict";

const pushCard = document.querySelector("[data-push]");
const canPush = "PushManager" in self && "serviceWorker" in navigator && "Notification" in self;
const POINTS = "/api/v1/me/contact-points/";
const CHECKED = "stepdown-push-checked"; // once a visit

const bytesOf = (key) => Uint8Array.from(
  atob(key.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0),
);
const subscribed = async () => {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return worker ? worker.pushManager.getSubscription() : null;
};
async function me() {
  const { me: found } = await DeviceStore.whoIsHere();
  if (!found) throw new Error("nobody is signed in");
  return found;
}
async function post(address, token, body) {
  const answer = await fetch(address, {
    method: "POST", credentials: "same-origin", body: JSON.stringify(body || {}),
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
async function pointOf(endpoint) {
  const answer = await fetch(POINTS, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const points = (await answer.json()).results;
  return points.find((point) => point.kind === "push" && point.address === endpoint);
}

async function subscribe() {
  const { push_key: key, csrf_token: token } = await me();
  const worker = await navigator.serviceWorker.ready;
  const made = await worker.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: bytesOf(key),
  });
  const { endpoint, keys } = made.toJSON();
  const name = pushCard ? pushCard.dataset.name : "";
  await post(POINTS, token, { kind: "push", address: endpoint, keys, name });
  await DeviceStore.push({ person, endpoint });
}
async function endPush() {
  const mark = await DeviceStore.pushed();
  const made = canPush ? await subscribed() : null;
  if (mark && mark.person === person) {
    const point = await pointOf(mark.endpoint).catch(() => null);
    if (point) await post(`${POINTS}${point.id}/remove/`, (await me()).csrf_token).catch(() => {});
  }
  if (made) await made.unsubscribe();
  await DeviceStore.unpush();
}

// The same person's subscription is kept true; another person's ends with their visit.
async function syncPush() {
  const mark = await DeviceStore.pushed();
  if (!mark || !person || !canPush || !navigator.onLine) return;
  if (mark.person !== person) return void (await endPush());
  if (sessionStorage.getItem(CHECKED)) return;
  const made = await subscribed();
  const point = await pointOf(mark.endpoint);
  if (!point) return void (await endPush()); // taken off the list, here or elsewhere
  const isWhole = made && made.endpoint === mark.endpoint && !point.disabled_at;
  if (!isWhole && Notification.permission === "granted") await subscribe();
  else if (!isWhole) tellLost();
  if (isWhole || Notification.permission === "granted") sessionStorage.setItem(CHECKED, "yes");
}
function tellLost() {
  strip.querySelector('[data-part="push-lost"]').hidden = false;
  strip.hidden = false;
}

async function showPush() {
  const isLogout = document.querySelector("[data-push-ends]");
  const mark = await DeviceStore.pushed();
  const isOn = Boolean(mark && mark.person === person) && Boolean(canPush && (await subscribed()));
  if (isLogout) isLogout.hidden = !isOn;
  if (!pushCard || !canPush) return;
  pushCard.hidden = false;
  const isDenied = Notification.permission === "denied";
  const state = (isDenied && "denied") || (isOn ? "on" : "off");
  for (const part of pushCard.querySelectorAll("[data-pushing]")) {
    part.hidden = part.dataset.pushing !== state;
  }
}
async function answerPush(answer) {
  const isAllowed = answer === "off" || (await Notification.requestPermission()) === "granted";
  if (!isAllowed) return showPush();
  await (answer === "off" ? endPush() : subscribe());
  return location.reload();
}
if (pushCard) {
  pushCard.addEventListener("click", (event) => {
    const answer = event.target.closest("[data-push-answer]")?.dataset.pushAnswer;
    const failed = pushCard.querySelector('[data-pushing="failed"]');
    if (answer) answerPush(answer).catch(() => { failed.hidden = false; });
  });
}
syncPush().catch(() => {}).then(showPush);
