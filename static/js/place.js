"use strict";

/* "Place a call": takes a template as soon as it is chosen and keeps a second press from sending.
   The parts that depend on what is typed come from the server (htmx). The page works without this script. */

{
  const form = document.getElementById("place-form");
  const problems = document.getElementById("problems");
  if (problems) problems.focus();
  if (form) {
    takeTemplateWhenChosen(form, form.elements.namedItem("template"));
    preventSecondPress(form);
    openSectionsOfErrors();
    keepWhatIsTyped();
  }
}

function takeTemplateWhenChosen(form, select) {
  const button = document.getElementById("use-template");
  button.hidden = true;
  // Arrow keys change a closed list at every press, so keyboards confirm by Enter or by leaving the field.
  let byKeyboard = false;
  let taken = select.value;
  const take = () => {
    if (select.value === taken) return;
    taken = select.value;
    form.requestSubmit(button);
  };
  select.addEventListener("keydown", (event) => {
    byKeyboard = true;
    if (event.key === "Enter" && select.value !== taken) {
      event.preventDefault();
      take();
    }
  });
  select.addEventListener("pointerdown", () => {
    byKeyboard = false;
  });
  select.addEventListener("change", () => {
    if (!byKeyboard) take();
  });
  select.addEventListener("blur", take);
}

function preventSecondPress(form) {
  const button = document.getElementById("place-button");
  let isSending = false;
  let rest = "";
  const words = () => document.getElementById("place-words");
  form.addEventListener("submit", (event) => {
    if (isSending) {
      event.preventDefault();
      return;
    }
    isSending = true;
    rest = words().textContent;
    // Disabled only after the browser collected what is to be sent.
    setTimeout(() => {
      button.disabled = true;
      if (!event.submitter || event.submitter.id !== "use-template") words().textContent = button.dataset.busy;
    });
  });
  // What comes in now would only put the button's words back.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isSending) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isSending) event.detail.shouldSwap = false;
  });
  // The back button may show this very page again, as it was left.
  window.addEventListener("pageshow", () => {
    isSending = false;
    button.disabled = false;
    if (rest) words().textContent = rest;
  });
}

function openSectionsOfErrors() {
  for (const link of document.querySelectorAll("#problems a")) {
    link.addEventListener("click", () => {
      const target = document.getElementById(link.hash.slice(1));
      const section = target && target.closest("details");
      if (section) section.open = true;
      if (target) target.focus();
    });
  }
}

/* An answer of the server is older than what is being typed, and a folded block is the reader's business. */
function keepWhatIsTyped() {
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
    !(name === "open" && element instanceof HTMLDetailsElement);
}
