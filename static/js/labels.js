/* Names for controls that Django's own widgets build without one: autocompletes and filtered selects. */
"use strict";

(() => {
  const nameControls = () => {
    document.querySelectorAll(".select2-container").forEach((container) => {
      const select = container.previousElementSibling;
      const label = select && select.labels && select.labels[0];
      if (label) {
        container.querySelectorAll("[role=combobox], [role=textbox]").forEach((box) => {
          box.setAttribute("aria-label", label.textContent.trim());
        });
      }
    });
    document.querySelectorAll(".datetime input").forEach((input) => {
      const words = input.previousSibling && input.previousSibling.textContent.trim();
      if (words && !input.labels.length) {
        input.setAttribute("aria-label", words);
      }
    });
    document.querySelectorAll("span.help-tooltip[aria-label]:not([role])").forEach((hint) => {
      hint.setAttribute("role", "img");
    });
  };

  window.addEventListener("load", nameControls);
  document.addEventListener("formset:added", () => window.setTimeout(nameControls));
})();
