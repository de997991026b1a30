// For browsers that do not obey Clear-Site-Data: takes away what the worker kept, and says so only after having looked.
(async () => {
  if (!("serviceWorker" in navigator)) return;
  for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
  document.querySelector("[data-forgotten]").hidden = (await caches.keys()).length > 0;
})().catch(() => {}); // a browser that does not let us look: nothing is said
