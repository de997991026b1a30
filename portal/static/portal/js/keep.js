// Keeps the help pages on the phone, so that they open without a network. The exit link forgets them.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js");
