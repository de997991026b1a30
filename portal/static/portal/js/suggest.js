// Suggestions under the search field: a combobox as the ARIA practices have it. Without script the form works alone.
(() => {
  const form = document.querySelector("[data-suggest]"), input = form.q, [list, status] = form.querySelectorAll("[role]");
  const set = (element, values) => { for (const name in values) element.setAttribute(name, values[name]); };
  let at, timer;
  const pick = number => {
    at = number;
    [...list.children].forEach((link, own) => set(link, { "aria-selected": own === at }));
    set(input, { "aria-activedescendant": at < 0 ? "" : list.children[at].id });
    if (at >= 0) list.children[at].scrollIntoView({ block: "nearest" });
  };
  const show = pages => {
    list.replaceChildren(...pages.map(({ title, url, about }, number) => {
      const link = document.createElement("a"), note = document.createElement("span");
      set(link, { role: "option", id: `suggestion-${number}`, href: url, tabindex: -1 });
      note.textContent = about;
      link.append(title, " ", note);
      return link;
    }));
    list.hidden = !pages.length;
    set(input, { "aria-expanded": !list.hidden });
    status.textContent = list.hidden ? "" : `${list.getAttribute("aria-label")}: ${pages.length}`;
    pick(-1);
  };
  const ask = async () => {
    const q = input.value.trim(), none = { pages: [] };
    const { pages } = q.length < 2 ? none : await fetch(`${form.dataset.suggest}?${new URLSearchParams({ q })}`, { credentials: "omit" })
      .then(answer => answer.ok ? answer.json() : none).catch(() => none);
    if (q === input.value.trim() && document.activeElement === input) show(pages);
  };
  set(input, { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": false });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
  input.addEventListener("blur", () => show([]));
  list.addEventListener("mousedown", event => event.preventDefault());
  input.addEventListener("keydown", event => {
    const stops = list.children.length + 1, step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (list.hidden || event.isComposing) return;
    if (step) pick((at + 1 + step + stops) % stops - 1);
    else if (event.key === "Escape") show([]);
    else if (event.key === "Enter" && at >= 0) list.children[at].click();
    else return;
    event.preventDefault();
  });
  if (input.value !== input.defaultValue) ask(); // what was typed while this script came
})();
