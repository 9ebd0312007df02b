"use strict";

/* Search everywhere: Ctrl+K (⌘K), or "/" on pages without a search box of their own, opens the dialog.
   What is typed goes to the server by POST, never into an address. Its openers are links to a page that does the
   same without this script. */

{
  const dialog = document.getElementById("search-dialog");
  if (dialog) searchEverywhere(dialog);
}

function searchEverywhere(dialog) {
  const form = dialog.querySelector("form");
  const field = form.elements.namedItem("q");
  const results = document.getElementById("search-results");
  const status = document.getElementById("search-status");
  const links = () => [...results.querySelectorAll("a")];
  // Long enough for the next letter of somebody who types, too short to be waited for.
  const pause = 180;
  const patience = 10000;
  let timer = 0;
  let asking = null;
  let shown = null;

  const say = (words, isTrouble = false) => {
    status.classList.toggle("search-status--trouble", isTrouble);
    if (status.textContent !== words) status.textContent = words;
  };

  async function look() {
    clearTimeout(timer);
    if (asking) asking.abort();
    const mine = new AbortController();
    asking = mine;
    const typed = field.value;
    const late = setTimeout(() => mine.abort("late"), patience);
    if (!results.childElementCount) say(dialog.dataset.looking);
    try {
      const answer = await fetch(dialog.dataset.live, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        signal: mine.signal,
      });
      if (answer.status === 401) return window.location.reload();
      if (!answer.ok) throw new Error("refused");
      const found = await answer.text();
      if (asking !== mine) return;
      results.innerHTML = found;
      results.scrollTop = 0;
      shown = typed;
      say(results.firstElementChild.dataset.status);
    } catch {
      // Given up for newer words: they have their own answer.
      if (asking !== mine) return;
      results.replaceChildren();
      shown = null;
      say(dialog.dataset.trouble, true);
    } finally {
      clearTimeout(late);
    }
  }

  function open() {
    if (dialog.open) return;
    dialog.showModal();
    field.focus();
    field.select();
    look();
  }

  for (const opener of document.querySelectorAll("[data-search]")) {
    opener.setAttribute("aria-haspopup", "dialog");
    opener.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open();
    });
  }
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    for (const key of document.querySelectorAll("[data-search-key]")) key.textContent = "⌘K";
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (dialog.open) dialog.close();
      else open();
      return;
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "/" && plain && !typing && !document.getElementById("searchbar")) {
      event.preventDefault();
      open();
    }
  });

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, pause);
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (shown !== field.value) await look();
    if (shown === field.value && field.value.trim() && links().length) links()[0].click();
  });

  dialog.addEventListener("keydown", (event) => {
    const stops = [field, ...links()];
    const here = stops.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1 }[event.key];
    if (here >= 0 && to !== undefined) {
      event.preventDefault();
      stops[Math.min(Math.max(to, 0), stops.length - 1)].focus();
    } else if (here > 0 && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) {
      // Whoever goes on typing means the field.
      field.focus();
    }
  });

  // Nothing stays open behind the page that a result leads to, for when the back button is pressed.
  results.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) dialog.close();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.getElementById("search-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    if (asking) asking.abort();
    asking = null;
  });
}
