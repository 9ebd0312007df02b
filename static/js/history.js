/* The list of calls: rows that may still change look for news by themselves (htmx), and the menu of views.
   What a reader selected, scrolled to or put the focus on stays as it is. The list works without this script. */
"use strict";

{
  const live = () => document.getElementById("calls-live");
  const trouble = document.getElementById("live-trouble");
  const say = (words) => {
    if (trouble.textContent !== words) trouble.textContent = words;
  };

  const showCurrentTab = () => {
    const tabs = document.querySelector(".call-tabs .tabs");
    const current = tabs.querySelector("[aria-current]");
    if (current.offsetLeft + current.offsetWidth > tabs.clientWidth) current.scrollIntoView({ block: "nearest" });
  };

  const keepRowsFresh = () => {
    // Which rows are selected is the reader's business, not the server's.
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
      !(name === "checked" || (name === "class" && element instanceof HTMLTableRowElement));
    // Nobody looks at a hidden tab.
    document.addEventListener("htmx:beforeRequest", (event) => {
      if (document.hidden) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => {
      const rows = live();
      if (!document.hidden && rows.hasAttribute("hx-get")) {
        htmx.ajax("GET", rows.getAttribute("hx-get"), { source: rows, target: rows, swap: "morph:outerHTML" });
      }
    });
    for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
      document.addEventListener(failure, () => say(trouble.dataset.words));
    }
    document.addEventListener("htmx:afterSwap", () => say(""));
  };

  const closeWhenLeft = (menu) => {
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  };

  showCurrentTab();
  closeWhenLeft(document.getElementById("views-menu"));
  if (live() && live().hasAttribute("hx-get")) keepRowsFresh();
}
