// Keeps the inbox usable on a slow line and without one. It watches pages below /kotak and what they are made of, and
// nothing else of the service.
//
// What is kept: the parts of the page, for everybody; and, apart, the pages and cards that one person opened. Which
// person stands in the answer's header, as a number that says nothing. Whenever somebody else's answer comes, or the
// service sends to the sign-in page, everything that was kept of the person before is dropped; the pages themselves drop
// it when somebody signs out or comes to sign in. What is older than a session lasts is not shown.
"use strict";

const SHELL = "suluh-shell-1";
const OF_PERSON = "suluh-inbox-";
const OFFLINE = "/luring";
const PARTS = [
  OFFLINE,
  "/static/vendor/pico.min.css",
  "/static/suluh.css",
  "/static/suluh.js",
  "/static/inbox.js",
  "/static/inbox-app.js",
  "/static/icons/suluh.svg",
];
const PATIENCE_MS = 4000;
const HOLD_MS = 12 * 3600 * 1000;
const PAGES_MAX = 40;

// ---- coming and going -------------------------------------------------------------------------------------------

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((shell) =>
        Promise.all(PARTS.map((part) => shell.add(new Request(part, { credentials: "omit", cache: "reload" })))),
      )
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names.filter((name) => name.startsWith("suluh-shell-") && name !== SHELL).map((name) => caches.delete(name)),
        ),
      )
      .then(() => self.clients.claim()),
  );
});

// ---- what one person opened -------------------------------------------------------------------------------------

async function ofPersons() {
  return (await caches.keys()).filter((name) => name.startsWith(OF_PERSON));
}

async function forgetAllBut(name) {
  const others = (await ofPersons()).filter((other) => other !== name);
  await Promise.all(others.map((other) => caches.delete(other)));
}

async function keep(request, answer) {
  const reader = answer.headers.get("x-suluh-reader");
  if (!reader) return;
  const name = OF_PERSON + reader;
  await forgetAllBut(name);
  const kept = await caches.open(name);
  await kept.delete(request);
  await kept.put(request, answer);
  const all = await kept.keys();
  await Promise.all(all.slice(0, Math.max(0, all.length - PAGES_MAX)).map((old) => kept.delete(old)));
}

async function kept(request) {
  for (const name of await ofPersons()) {
    const answer = await (await caches.open(name)).match(request);
    if (answer && Date.now() - Date.parse(answer.headers.get("date")) < HOLD_MS) return answer;
  }
  return null;
}

// A page that was kept says so: its own notice is hidden until then.
async function saidToBeKept(answer) {
  if (!(answer.headers.get("content-type") || "").startsWith("text/html")) return answer;
  const html = (await answer.text()).replace('id="luring" hidden', 'id="luring"');
  return new Response(html, { status: 200, headers: answer.headers });
}

// ---- answering --------------------------------------------------------------------------------------------------

async function asked(request) {
  const answer = await fetch(request);
  if (answer.type === "opaqueredirect" || answer.status === 401) await forgetAllBut("");
  else if (answer.ok) await keep(request, answer.clone());
  return answer;
}

function after(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, null));
}

async function ownPage(event) {
  const coming = asked(event.request).catch(() => null);
  event.waitUntil(coming);
  const answer = await Promise.race([coming, after(PATIENCE_MS)]);
  if (answer) return answer;
  const before = await kept(event.request);
  if (before) return saidToBeKept(before);
  return (await coming) || caches.match(OFFLINE);
}

async function part(event) {
  const shell = await caches.open(SHELL);
  const before = await shell.match(event.request);
  const coming = fetch(event.request)
    .then(async (answer) => {
      if (answer.ok && before) await shell.put(event.request, answer.clone());
      return answer;
    })
    .catch(() => null);
  event.waitUntil(coming);
  const answer = before ? await Promise.race([coming, after(PATIENCE_MS)]) : await coming;
  return answer || before || Response.error();
}

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  if (request.method !== "GET") {
    // A form that did not reach the service: nothing was sent, and the shell says so.
    if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  } else if (address.pathname.startsWith("/static/")) event.respondWith(part(event));
  else if (/^\/kotak(\/|$)/.test(address.pathname)) event.respondWith(ownPage(event));
});
