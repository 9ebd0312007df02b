"use strict";

/* A file takes a while to be sent and read: says so, and keeps a second press from sending it again.
   The pages work without this script. */

for (const button of document.querySelectorAll("button[data-busy]")) {
  const words = button.textContent;
  let isSending = false;
  button.form.addEventListener("submit", (event) => {
    if (isSending) {
      event.preventDefault();
      return;
    }
    isSending = true;
    // Disabled only after the browser collected what is to be sent.
    setTimeout(() => {
      button.disabled = true;
      button.textContent = button.dataset.busy;
    });
  });
  // Whoever comes back by the browser's back button may send again.
  window.addEventListener("pageshow", () => {
    isSending = false;
    button.disabled = false;
    button.textContent = words;
  });
}
