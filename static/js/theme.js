/* Django's admin/js/theme.js switches the theme; this keeps other open tabs in step. */
"use strict";

window.addEventListener("storage", (event) => {
  if (event.key === "theme") {
    document.documentElement.dataset.theme = event.newValue || "auto";
  }
});
