/*
 * What scripts add to pages that work without them: shortcuts, copying, filters that apply themselves, messages that
 * close, select-all, unsaved changes. Everything is delegated from the document, so swapped-in parts need no set-up.
 *
 * Hooks: data-search · table[data-rows] with a[data-row-link] · data-copy · form[data-autosubmit] · data-open="dialog id" ·
 * data-close, data-fades (messages) · data-select-all, data-select-row, data-selection-bar, data-selection-count ·
 * data-select-everything (all that match, not only this page) · data-key="l" (a key opens the link, or with
 * data-key-focus reaches the control; in the row that has the focus first), data-key-of="l" (a click does what the key does) ·
 * form[data-dirty] · data-say (text told to screen readers when it changes).
 */
(() => {
  "use strict";
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const shown = (element) => element.getClientRects().length > 0;
  const say = (text) => {
    const live = document.getElementById("said");
    if (live && live.textContent !== text) live.textContent = text;
  };

  /* ---- keyboard */
  const typing = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;
  const focusSearch = () => {
    const boxes = all("[data-search]").filter(shown);
    const box = boxes.find((input) => input.closest("main")) || boxes[0];
    if (box) { box.focus(); box.select(); }
    return Boolean(box);
  };
  const moveRow = (step) => {
    const links = all("table[data-rows] a[data-row-link]").filter(shown);
    if (links.length === 0) return false;
    const here = document.activeElement.closest("tr");
    const at = links.findIndex((link) => link.closest("tr") === here);
    const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
    links[next].focus();
    links[next].closest("tr").scrollIntoView({ block: "nearest" });
    return true;
  };
  const openDialog = (id) => {
    const dialog = document.getElementById(id);
    if (dialog && !dialog.open) dialog.showModal();
    return Boolean(dialog);
  };
  const goTo = (key) => {
    const path = { h: ".brand", p: ".sidenav a[href*='pending']" }[key];
    const link = path && document.querySelector(path);
    if (link) link.click();
    return Boolean(link);
  };
  const shortcuts = { "/": focusSearch, "?": () => openDialog("shortcuts"), j: () => moveRow(1), k: () => moveRow(-1) };
  /* A key reaches what is marked with it: in the row that has the focus, else on the page outside of tables. It opens pages
     and takes hold of buttons; it never sends a form, so that a slip decides nothing. */
  const reach = (key) => {
    if (!/^[a-z0-9]$/.test(key)) return false;
    const marked = `[data-key="${key}"]`;
    const row = document.activeElement && document.activeElement.closest("table[data-rows] tr");
    const found = (row && row.querySelector(marked)) || all(marked).find((each) => shown(each) && !each.closest("table[data-rows]"));
    if (!found) return false;
    if (!("keyFocus" in found.dataset)) { found.click(); return true; }
    if (found.type === "radio") found.checked = true;
    found.focus();
    found.scrollIntoView({ block: "center" });
    return true;
  };
  let leader = 0;
  const escape = (target) => {
    const menu = target.closest("details.menu[open]") || document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); } else if (typing(target)) target.blur();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") { escape(event.target); return; }
    if (typing(event.target) && !event.target.matches("[type=radio], [type=checkbox]")) return;
    const led = Date.now() - leader < 1200;
    leader = event.key === "g" ? Date.now() : 0;
    const act = led ? () => goTo(event.key) : () => Boolean(shortcuts[event.key] && shortcuts[event.key]()) || reach(event.key);
    if (act()) event.preventDefault();
  });

  /* ---- clicks */
  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      say("Selected. Copy it with your keyboard.");
      return;
    }
    button.classList.add("is-done");
    say("");
    say("Copied");
    setTimeout(() => button.classList.remove("is-done"), 1600);
  };
  document.addEventListener("click", (event) => {
    const inside = event.target.closest("details.menu");
    all("details.menu[open]").forEach((menu) => { if (menu !== inside) menu.open = false; });
    const button = event.target.closest("[data-copy], [data-close], [data-open], [data-key-of]");
    if (!button) return;
    if (button.dataset.keyOf) { if (reach(button.dataset.keyOf)) event.preventDefault(); }
    else if (button.dataset.copy) copy(button);
    else if (button.dataset.open) { openDialog(button.dataset.open); all("details.menu[open]").forEach((menu) => { menu.open = false; }); }
    else button.closest(".toast-line").remove();
  });

  /* ---- filters apply themselves */
  const waiting = new WeakMap();
  const submitSoon = (form, delay) => {
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(() => form.requestSubmit(), delay));
  };
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (!form) return;
    const swaps = form.hasAttribute("hx-get") && Boolean(window.htmx);
    if (event.target.matches("[type=search]")) { if (swaps) submitSoon(form, 300); return; }
    event.target.classList.toggle("is-set", event.target.value !== "" && event.target.name !== "sort");
    submitSoon(form, 0);
  });

  /* ---- select all */
  const countSelected = () => {
    const boxes = all("[data-select-row]");
    const picked = boxes.filter((box) => box.checked).length;
    all("[data-select-all]").forEach((box) => { box.checked = picked > 0 && picked === boxes.length; box.indeterminate = picked > 0 && picked < boxes.length; });
    all("[data-selection-count]").forEach((place) => { place.textContent = picked.toLocaleString(); });
    all("[data-selection-bar]").forEach((bar) => { bar.hidden = picked === 0; });
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-everything]")) all("[data-select-row]").forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches("[data-select-row], [data-select-all]")) all("[data-select-everything]").forEach((box) => { box.checked = false; });
    if (event.target.matches("[data-select-all]")) all("[data-select-row]").forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches("[data-select-all], [data-select-row], [data-select-everything]")) countSelected();
  });

  /* ---- unsaved changes */
  const isChanged = (input) => input.type === "checkbox" || input.type === "radio" ? input.checked !== input.defaultChecked : input.value !== input.defaultValue;
  const markDirty = (form) => {
    const dirty = Array.from(form.elements).some((input) => "defaultValue" in input && input.type !== "hidden" && isChanged(input));
    all(".savebar", form).forEach((bar) => bar.classList.toggle("is-dirty", dirty));
    all("[data-when-dirty]", form).forEach((part) => { part.hidden = !dirty; });
    all("[data-when-clean]", form).forEach((part) => { part.hidden = dirty; });
    return dirty;
  };
  document.addEventListener("input", (event) => { const form = event.target.closest("form[data-dirty]"); if (form) markDirty(form); });
  document.addEventListener("reset", (event) => { if (event.target.matches("form[data-dirty]")) setTimeout(() => markDirty(event.target), 0); });
  document.addEventListener("submit", (event) => { if (event.target.matches("form[data-dirty]")) event.target.dataset.saving = "true"; });
  window.addEventListener("beforeunload", (event) => { if (all("form[data-dirty]:not([data-saving])").some(markDirty)) event.preventDefault(); });

  /* ---- what came in: on load, and after each HTMX swap */
  const giveTableRoles = (table) => {
    // Tables turn into cards by CSS on phones; roles keep them tables for screen readers.
    const roles = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
    [table, ...all("thead, tbody, tr, td, th", table)].forEach((part) => part.setAttribute("role", roles[part.tagName] || (part.scope === "row" ? "rowheader" : "columnheader")));
  };
  const fade = (message) => {
    let timer = 0;
    const start = () => { timer = setTimeout(() => message.remove(), 8000); };
    const stop = () => clearTimeout(timer);
    message.removeAttribute("data-fades");
    ["mouseenter", "focusin"].forEach((name) => message.addEventListener(name, stop));
    ["mouseleave", "focusout"].forEach((name) => message.addEventListener(name, start));
    start();
  };
  const settle = () => {
    all("table.grid-cards:not([role])").forEach(giveTableRoles);
    all("[data-fades]").forEach(fade);
    all("[data-say]").forEach((part) => say(part.dataset.say));
    const list = document.querySelector("[data-filtered]");
    if (list) {
      all("[data-clear-filters]").forEach((link) => { link.hidden = list.dataset.filtered !== "true"; });
      all("form[data-autosubmit] [name=sort]").forEach((select) => { if (list.dataset.sort) select.value = list.dataset.sort; });
    }
    all("form[data-dirty]").forEach(markDirty);
    if (document.querySelector("[data-select-row]")) countSelected();
  };
  settle();
  document.addEventListener("htmx:afterSettle", settle);
})();
