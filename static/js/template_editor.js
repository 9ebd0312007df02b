"use strict";

/* Counts the greeting's characters beside the limit. Values are filled in later, so it counts what is fixed:
   words outside placeholders, and fallbacks. The server checks the same when the template is saved. */

document.addEventListener("DOMContentLoaded", () => {
  const greeting = document.querySelector("textarea[data-limit]");
  if (!greeting) return;
  const counter = document.createElement("p");
  counter.className = "counter";
  greeting.after(counter);
  const limit = Number(greeting.dataset.limit);
  const count = () => {
    const fixed = greeting.value.replace(/\{\{[^{}|]*(?:\|([^{}]*))?\}\}/g, (whole, fallback) => (fallback || "").trim());
    const length = [...fixed].length;
    counter.textContent = `${length} / ${limit}`;
    counter.classList.toggle("counter--over", length > limit);
  };
  greeting.addEventListener("input", count);
  count();
});
