/* The conversation on the page of a call: search in it, and copy it.
   Finds are marked by the browser's own highlights, so that the page's parts stay as the server sent them. */
"use strict";

(() => {
  let ranges = [];
  let current = -1;
  const part = (name) => document.getElementById(`transcript-${name}`);
  const texts = () => [...document.querySelectorAll("#call-transcript .turn__text")];
  const canMark = "highlights" in CSS;

  const rangesIn = (node, words) => {
    const text = node.textContent.toLocaleLowerCase();
    const found = [];
    for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length)) {
      const range = new Range();
      // Lower case may be longer in some languages; such a find is marked to the end of the text.
      range.setStart(node, Math.min(at, node.length));
      range.setEnd(node, Math.min(at + words.length, node.length));
      found.push(range);
    }
    return found;
  };

  const show = () => {
    const count = part("count");
    if (canMark) {
      CSS.highlights.set("found", new Highlight(...ranges));
      CSS.highlights.set("found-current", new Highlight(...ranges.slice(current, current + 1).filter(() => current >= 0)));
    }
    const asked = part("words").value.trim();
    count.textContent = ranges.length ? `${current + 1} / ${ranges.length}` : asked ? count.dataset.none : "";
    part("previous").disabled = part("next").disabled = ranges.length < 2;
  };

  const search = () => {
    const words = part("words").value.trim().toLocaleLowerCase();
    ranges = words ? texts().flatMap((text) => (text.firstChild ? rangesIn(text.firstChild, words) : [])) : [];
    current = ranges.length ? Math.min(Math.max(current, 0), ranges.length - 1) : -1;
    show();
  };

  const go = (step) => {
    if (!ranges.length) return;
    current = (current + step + ranges.length) % ranges.length;
    show();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    ranges[current].startContainer.parentElement.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  };

  const copy = async (button) => {
    const turns = [...document.querySelectorAll("#call-transcript .turn")].map((turn) => {
      const who = turn.querySelector(".turn__who bdi").textContent.trim();
      return `${who}: ${turn.querySelector(".turn__text").textContent.trim()}`;
    });
    const words = button.textContent;
    try {
      await navigator.clipboard.writeText(turns.join("\n"));
      button.textContent = button.dataset.done;
    } catch {
      button.textContent = button.dataset.failed;
    }
    setTimeout(() => {
      button.textContent = words;
    }, 2500);
  };

  // The conversation may come while the page is open, so both parts are offered whenever they are there.
  const offer = () => {
    const box = part("search");
    const button = part("copy");
    if (button && button.hidden && navigator.clipboard) {
      button.hidden = false;
      button.addEventListener("click", () => copy(button));
    }
    if (!box) return;
    if (box.hidden) {
      box.hidden = false;
      part("words").addEventListener("input", () => {
        current = 0;
        search();
      });
      part("words").addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        go(event.shiftKey ? -1 : 1);
      });
      part("previous").addEventListener("click", () => go(-1));
      part("next").addEventListener("click", () => go(1));
    }
    search();
  };

  document.addEventListener("DOMContentLoaded", offer);
  document.addEventListener("htmx:afterSwap", offer);
})();
