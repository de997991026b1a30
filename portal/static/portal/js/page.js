// Quick exit: blanks the page, then leaves. Without script the link itself leads away.
(() => {
  const link = document.querySelector("[data-exit]"), status = document.querySelector("[data-exit-status]");
  if (!link) return;
  let presses = 0, timer = 0, held = false;
  const leave = () => { document.body.replaceChildren(); document.title = "…"; location.replace(link.href); };
  link.addEventListener("click", event => { event.preventDefault(); leave(); });
  addEventListener("keyup", event => {
    if (event.key === "Shift" && !held) {
      clearTimeout(timer);
      timer = setTimeout(() => { presses = 0; }, 5000);
      presses += 1;
      if (presses === 3) leave(); else status.textContent = String(3 - presses);
    } else if (event.key !== "Shift") presses = 0;
    held = event.shiftKey;
  }, true);
})();
// The font comes when the words are there: it would hold up the sheet they are drawn with. Who has the sheet has the font too,
// and sees it from the first line.
(() => {
  const put = () => document.documentElement.classList.add("lettered");
  if (performance.getEntriesByType("resource").some(file => file.name.includes("/css/site.") && !file.transferSize)) put();
  else new PerformanceObserver((paints, self) => { self.disconnect(); put(); }).observe({ type: "paint", buffered: true });
})();
