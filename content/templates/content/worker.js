{% load static %}// Answers for the help pages, and for what they are drawn with, when there is no network. Other pages are not kept: for
// those there is a page with the numbers. What is kept was asked for without cookies, and so says nothing of its reader. Kept: {{ kept }}.
const KEPT = "tirek-help-2", LANGUAGES = ["kk", "ru", "en"], HELP = LANGUAGES.map(code => `/${code}/help/`), OFFLINE = LANGUAGES.map(code => `/${code}/offline/`);
const FILES = ["{% static 'portal/css/site.css' %}", "{% static 'portal/img/icon.svg' %}", "{% static 'portal/img/icons.svg' %}", "{% static 'portal/img/koshkar.svg' %}", "{% static 'portal/fonts/onest.woff2' %}"];
const keep = path => caches.open(KEPT).then(kept => kept.add(new Request(path, { credentials: "omit", cache: "no-cache" })));
const instead = path => caches.match(HELP.includes(path) ? path : OFFLINE.find(page => page.slice(0, 4) === path.slice(0, 4)) || OFFLINE[0]);
addEventListener("install", event => { event.waitUntil(Promise.all([...HELP, ...OFFLINE, ...FILES].map(keep)).then(() => skipWaiting())); });
addEventListener("activate", event => { event.waitUntil(caches.keys().then(names => Promise.all(names.filter(name => name !== KEPT).map(name => caches.delete(name)))).then(() => clients.claim())); });
addEventListener("fetch", event => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== "GET" || path === "/exit/" || path.endsWith("/forget/")) return;
  if (FILES.includes(path)) event.respondWith(caches.match(path).then(kept => kept || fetch(event.request)));
  else if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => instead(path)));
    if (HELP.includes(path)) event.waitUntil(keep(path).catch(() => {}));
  }
});
