// Part of the service worker: shows a note, and sends the dose that its button says was taken. The
// note says what the server wrote and nothing more.
"use strict";

const noteIn = (message) => {
  try {
    return message ? message.json() : {};
  } catch {
    return {};
  }
};

self.addEventListener("push", (event) => {
  const note = noteIn(event.data);
  event.waitUntil(self.registration.showNotification(note.title || "Stepdown", {
    body: note.body || "",
    tag: note.id,
    data: note,
    actions: note.tap ? [{ action: "taken", title: note.tap.taken }] : [],
  }));
});

// Opens a page of this site: in a window that is there, else in a new one.
async function openPage(path) {
  const address = new URL(path || "/", self.location.origin);
  if (address.origin !== self.location.origin) return null;
  const windows = await self.clients.matchAll({ type: "window" });
  const found = windows[0];
  if (!found) return self.clients.openWindow(address.href);
  const shown = await found.navigate(address.href).catch(() => null);
  return shown ? shown.focus() : self.clients.openWindow(address.href);
}

async function logTaken(note) {
  const { tap } = note;
  await DeviceStore.add({
    client_id: tap.request,
    person: tap.person,
    kind: "entry",
    what: "taken",
    address: `/api/v1/doses/${tap.dose}/entries/`,
    due_at: tap.due_at,
    zone: tap.zone,
    again: `/today/doses/${tap.dose}/`,
    body: { outcome: "taken", said_at: new Date().toISOString() },
  });
  const found = await DeviceStore.flush();
  const isHeld = (await DeviceStore.waiting()).some((item) => item.client_id === tap.request);
  const isRefused = (await DeviceStore.parked()).some((item) => item.client_id === tap.request);
  if (isRefused || (await DeviceStore.told()).length) return openPage(note.url);
  if (isHeld && (found.needsSignIn || found.ofOthers)) return openPage(tap.url);
  return self.registration.showNotification(note.title, {
    body: isHeld ? tap.kept : tap.sent, tag: note.id, data: { url: note.url },
  });
}

self.addEventListener("notificationclick", (event) => {
  const note = event.notification.data || {};
  event.notification.close();
  const isTap = event.action === "taken" && note.tap;
  event.waitUntil(isTap ? logTaken(note) : openPage(note.url));
});
