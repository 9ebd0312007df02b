"use strict";

/* "Place a call": takes a template as soon as it is chosen and keeps a second press from sending.
   The parts that depend on what is typed come from the server (htmx). The page works without this script. */

{
  const form = document.getElementById("place-form");
  const problems = document.getElementById("problems");
  if (problems) problems.focus();
  if (form) {
    takeTemplateWhenChosen(form);
    takeContactsAtOnce(form);
    replaceMaskedNumberAsWhole(form);
    askForOwnNumberFirst(form);
    preventSecondPress(form);
    openSectionsOfErrors();
    keepWhatIsTyped();
  }
}

function takeTemplateWhenChosen(form) {
  const button = document.getElementById("use-template");
  button.hidden = true;
  makeSearchable(form.elements.namedItem("template"), {
    words: document.getElementById("template-picker").dataset,
    onChoice: () => form.requestSubmit(button),
  });
}

/* Fills in somebody called lately without a journey to the server. */
function takeContactsAtOnce(form) {
  for (const button of form.querySelectorAll("[name=_use_contact]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const { name, number, country } = button.dataset;
      const values = { person_name: name, phone_number: number, number_of: button.value, country, again: "" };
      for (const [field, value] of Object.entries(values)) form.elements.namedItem(field).value = value;
      const note = document.getElementById("again-note");
      if (note) note.remove();
      form.elements.namedItem("phone_number").dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

/* Half a masked number and half a typed one would be no number. */
function replaceMaskedNumberAsWhole(form) {
  const number = form.elements.namedItem("phone_number");
  number.addEventListener("focus", () => {
    if (number.value.includes("•")) number.select();
  });
}

function askForOwnNumberFirst(form) {
  const button = document.getElementById("own-phone-button");
  const number = form.elements.namedItem("test_number");
  button.addEventListener("click", (event) => {
    if (!("asks" in button.dataset) || number.value.trim()) return;
    event.preventDefault();
    number.closest("details").open = true;
    number.focus();
  });
}

function preventSecondPress(form) {
  const buttons = [...form.querySelectorAll("[data-busy]")];
  const words = (button) => button.querySelector("[data-words]");
  let isSending = false;
  let rest = new Map();
  form.addEventListener("submit", (event) => {
    if (isSending) {
      event.preventDefault();
      return;
    }
    isSending = true;
    rest = new Map(buttons.map((button) => [button, [...words(button).childNodes]]));
    // Enter, which no button of its own stands for, places the call.
    const pressed = event.submitter && event.submitter.name !== "_enter" ? event.submitter : buttons[0];
    // Disabled only after the browser collected what is to be sent.
    setTimeout(() => {
      for (const button of buttons) button.disabled = true;
      if (pressed.dataset.busy) words(pressed).textContent = pressed.dataset.busy;
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
    for (const button of buttons) button.disabled = false;
    for (const [button, before] of rest) words(button).replaceChildren(...before);
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
