// The service worker: pages come from the network, and from what is kept when there is none.
// It keeps the shell's pages, their parts and the public pages; never a page of somebody signed in.
// A form is never intercepted: what is said without a network is kept by the page (device-store.js).
"use strict";
{% load static %}
importScripts("{% static "vendor/idb.js" %}", "{% static "device-store.js" %}", "{% static "push-worker.js" %}");

const SHELL = "stepdown-{{ version }}";
const PUBLIC = "stepdown-public";
const LANGUAGE = "{{ language|escapejs }}"; // of the person who was signed in when this was registered
const KEPT = [{% for address in kept %}
  "{{ address|escapejs }}",{% endfor %}
];
const PATIENCE = 4000; // milliseconds for a page that has a copy here
const AWAY = [502, 503, 504]; // answers of a site that is not there
const OFFLINE = "/offline/";
const OWN_SIGNS = "/today/signs/"; // kept here: the public signs of the clinic of who is signed in
const DAY = 86400000; // milliseconds
const COPIES = [
  [/^\/offline\/(check-in\/|urgent\/)?$/, (path) => path],
  [/^\/today\/signs\/$/, (path) => path],
  [/^\/$|^\/today\//, () => OFFLINE],
  [/^\/check-in\//, () => "/offline/check-in/"],
  [/^\/urgent\/|^\/feed\/[^/]+\/urgent\//, () => "/offline/urgent/"],
  [/^\/(signs|medicine)\/$|^\/c\/[^/]+\/signs\/$/, (path) => path],
];
const isPublic = (path) => /^\/(signs|medicine)\/$|^\/c\/[^/]+\/signs\/$/.test(path);

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const asked = (address) => new Request(address, {
      cache: "reload", headers: { "Accept-Language": LANGUAGE },
    });
    const shell = await caches.open(SHELL);
    await shell.addAll(KEPT.map(asked));
    const open = await caches.open(PUBLIC);
    await open.addAll(["/signs/", "/medicine/"].map(asked)).catch(() => {});
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => /^stepdown-/.test(name)
      && name !== SHELL && name !== PUBLIC);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

function copyOf(path) {
  const found = COPIES.find(([pattern]) => pattern.test(path));
  return found ? found[1](path) : null;
}

// Whatever language a copy was asked for in: there is one of each.
const copyAt = (path) => caches.match(path, { ignoreVary: true });

// The kept page in the place of one that did not come. A clinic's signs without a copy are the
// signs without a clinic; anything that has no copy is Today.
async function kept(path) {
  const found = await copyAt(copyOf(path) || OFFLINE);
  const areSigns = isPublic(path) || path === OWN_SIGNS;
  return found || (areSigns && (await copyAt("/signs/"))) || copyAt(OFFLINE);
}

// A public page says in its headers that it is public; only that is kept, of clinics the last one.
async function keepPublic(path, answer, key = path) {
  const isKept = answer.ok && !answer.redirected
    && /\bpublic\b/.test(answer.headers.get("Cache-Control") || "");
  if (!isKept) return;
  const open = await caches.open(PUBLIC);
  if (path.startsWith("/c/")) {
    const others = (await open.keys()).filter(({ url }) => new URL(url).pathname.startsWith("/c/")
      && new URL(url).pathname !== path);
    await Promise.all(others.map((one) => open.delete(one)));
  }
  await open.delete(key, { ignoreVary: true });
  await open.put(key, answer);
}

// Today names the signs of the person's clinic: with their numbers they open without a network though
// nobody opened them before. Once a day is often enough.
async function keepOwnSigns(path) {
  const found = await copyAt(OWN_SIGNS);
  const isSame = found && new URL(found.url).pathname === path;
  if (isSame && Date.now() - Date.parse(found.headers.get("Date")) < DAY) return;
  const answer = await fetch(path, { headers: { "Accept-Language": LANGUAGE } });
  await keepPublic(path, answer.clone());
  await keepPublic(path, answer, OWN_SIGNS);
}
self.addEventListener("message", (event) => {
  const { signs } = event.data || {};
  if (typeof signs === "string" && isPublic(signs)) event.waitUntil(keepOwnSigns(signs).catch(() => {}));
});

function answered(request, patience) {
  const answer = fetch(request);
  if (!patience) return answer;
  const late = new Promise((_, refuse) => setTimeout(refuse, patience, new Error("late")));
  return Promise.race([answer, late]);
}

async function page(event, path) {
  const copy = copyOf(path);
  try {
    const answer = await answered(event.request, copy ? PATIENCE : 0);
    if (copy && AWAY.includes(answer.status)) return (await kept(path)) || answer;
    if (isPublic(path)) event.waitUntil(keepPublic(path, answer.clone()));
    return answer;
  } catch {
    return (await kept(path)) || Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode !== "navigate" && !KEPT.includes(pathname)) return;
  const isOurs = KEPT.includes(pathname);
  event.respondWith(isOurs
    ? copyAt(pathname).then((found) => found || fetch(request))
    : page(event, pathname));
});
