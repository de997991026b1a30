{# Quick exit: blanks the page, then leaves. Without script the link itself leads away. Shift together with Alt, Ctrl or the mouse #}
{# changes the keyboard's language or marks words: nobody leaves by that. #}
(() => {
  const links = document.querySelectorAll("[data-exit]"), status = document.querySelector("[data-exit-status]");
  if (!status) return;
  let presses = 0, timer = 0, held = false;
  const leave = () => { document.body.replaceChildren(); document.title = "…"; location.replace(links[0].href); };
  const stay = event => { presses = 0; held = event.shiftKey; };
  links.forEach(link => link.addEventListener("click", event => { event.preventDefault(); leave(); }));
  addEventListener("keyup", event => {
    if (event.key !== "Shift" || event.altKey || event.ctrlKey || event.metaKey) return stay(event);
    if (!held) {
      clearTimeout(timer);
      timer = setTimeout(() => { presses = 0; }, 5000);
      presses += 1;
      if (presses === 3) leave(); else status.textContent = status.dataset.exitStatus.split("|")[presses - 1];
    }
    held = event.shiftKey;
  }, true);
  addEventListener("pointerdown", stay, true);
  addEventListener("wheel", stay, { capture: true, passive: true });
})();
{# Font and suggestions come when the words are there: they would hold up the sheet that these are drawn with. #}
{# The font is put on at once when it is here; who has the sheet has it too, and sees it from the first line. A browser that does not #}
{# tell when it draws gets both at once. #}
(() => {
  const form = document.querySelector("[data-suggest]"), keeper = document.body.dataset.keeper;
  const put = () => document.documentElement.classList.add("lettered");
  const suggest = () => { if (form) document.head.append(Object.assign(document.createElement("script"), { src: form.dataset.script })); };
  const tells = window.PerformanceObserver && (PerformanceObserver.supportedEntryTypes || []).includes("paint");
  if (!tells || performance.getEntriesByType("resource").some(file => file.name.includes("/css/site.") && !file.transferSize)) {
    put();
    suggest();
  } else new PerformanceObserver((paints, self) => {
    self.disconnect();
    document.fonts.load("1em Onest").then(put, () => {});
    suggest();
  }).observe({ type: "paint", buffered: true });
  {# Who leaves meanwhile, or whose browser keeps nothing, reads on without it. #}
  if (keeper && navigator.serviceWorker) addEventListener("load", () => navigator.serviceWorker.register(keeper).catch(() => {}));
})();
