/* The editor of templates: keeps what is being typed while the preview changes, and inserts placeholders. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("calltemplate_form");
  if (!form) return;

  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
    !(name === "open" && element instanceof HTMLDetailsElement);

  const texts = ["greeting", "prompt"].map((name) => form.elements.namedItem(name)).filter(Boolean);
  if (!texts.length || texts.some((text) => text.tagName !== "TEXTAREA")) return;
  let last = texts[0];
  for (const text of texts) {
    text.addEventListener("focus", () => {
      last = text;
    });
  }

  const offer = () => {
    const box = document.querySelector(".editor__insert");
    if (box) box.hidden = false;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const words = `{{ ${button.dataset.insert} }}`;
    last.setRangeText(words, last.selectionStart, last.selectionEnd, "end");
    last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("htmx:afterSwap", offer);
  offer();
});
