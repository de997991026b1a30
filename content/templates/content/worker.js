{% load static %}// Answers for the help pages, and for what they are drawn with, when there is no network.
const KEPT = "tirek-help-1", PAGES = ["/kk/help/", "/ru/help/", "/en/help/"];
const FILES = ["{% static 'portal/css/site.css' %}", "{% static 'portal/js/exit.js' %}", "{% static 'portal/img/icon.svg' %}", "{% static 'portal/fonts/onest-cyrillic.woff2' %}", "{% static 'portal/fonts/onest-cyrillic-ext.woff2' %}", "{% static 'portal/fonts/onest-latin.woff2' %}"];
addEventListener("install", event => { event.waitUntil(caches.open(KEPT).then(kept => kept.addAll([...PAGES, ...FILES])).then(() => skipWaiting())); });
addEventListener("activate", event => { event.waitUntil(caches.keys().then(names => Promise.all(names.filter(name => name !== KEPT).map(name => caches.delete(name)))).then(() => clients.claim())); });
addEventListener("fetch", event => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== "GET") return;
  if (FILES.includes(path)) event.respondWith(caches.match(event.request, { ignoreSearch: true }).then(kept => kept || fetch(event.request)));
  else if (event.request.mode === "navigate") event.respondWith(fetch(event.request).catch(() => caches.match(PAGES.find(page => page.slice(0, 4) === path.slice(0, 4)) || PAGES[0])));
});
