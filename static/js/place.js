"use strict";

/* "Place a call": takes a template as soon as it is chosen, shows the greeting as it will be heard,
   says who will be called, and keeps a second press from sending. The server does all of it without this. */

{
  const form = document.getElementById("place-form");
  const problems = document.getElementById("problems");
  if (problems) problems.focus();
  if (form) {
    const field = (name) => form.elements.namedItem(name);
    takeTemplateWhenChosen(form, field("template"));
    preventSecondPress(form);
    openSectionsOfErrors();
    const refresh = () => {
      showPreview(form, field("greeting"));
      showSummary(field);
    };
    form.addEventListener("input", refresh);
    form.addEventListener("change", refresh);
    refresh();
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
  const words = button.querySelector("span");
  const rest = words.textContent;
  let isSending = false;
  form.addEventListener("submit", (event) => {
    if (isSending) {
      event.preventDefault();
      return;
    }
    isSending = true;
    // Disabled only after the browser collected what is to be sent.
    setTimeout(() => {
      button.disabled = true;
      if (!event.submitter || event.submitter.id !== "use-template") words.textContent = button.dataset.busy;
    });
  });
  // The back button may show this very page again, as it was left.
  window.addEventListener("pageshow", () => {
    isSending = false;
    button.disabled = false;
    words.textContent = rest;
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

function valuesOf(form) {
  const values = { person_name: form.elements.namedItem("person_name").value };
  for (const input of form.querySelectorAll("[data-placeholder]")) values[input.dataset.placeholder] = input.value;
  return values;
}

/* The same language as calls/rendering.py, for the eye only: what is sent is rendered and checked there. */
function pieces(text, values) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(/\{\{([^{}]*)\}\}/g)) {
    const [name, fallback] = match[1].split("|").map((part) => part.trim());
    if (match.index > end) found.push({ kind: "literal", text: text.slice(end, match.index) });
    const value = values[name];
    if (value && value.trim()) found.push({ kind: "value", text: value });
    else if (fallback) found.push({ kind: "fallback", text: fallback });
    else found.push({ kind: "missing", text: spoken(name) });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ kind: "literal", text: text.slice(end) });
  return found;
}

/* "Appointment date" for "appointment_date", as the label of its field. */
function spoken(name) {
  const words = name.replaceAll("_", " ").trim().toLowerCase();
  return words ? words[0].toUpperCase() + words.slice(1) : name;
}

function showPreview(form, greeting) {
  const preview = document.getElementById("preview");
  const found = pieces(greeting.value, valuesOf(form));
  const isUnreadable = found.some((piece) => piece.kind === "literal" && /\{\{|\}\}|\{%/.test(piece.text));
  const shown = found.map((piece) => {
    const span = document.createElement("span");
    span.className = `piece piece--${piece.kind}`;
    span.textContent = piece.text;
    return span;
  });
  if (!greeting.value.trim() || isUnreadable) {
    const note = document.createElement("span");
    note.className = "muted";
    note.textContent = isUnreadable ? preview.dataset.unreadable : preview.dataset.own;
    shown.splice(0, shown.length, note);
  }
  preview.replaceChildren(...shown);
  document.getElementById("preview-missing").hidden = isUnreadable || !found.some((piece) => piece.kind === "missing");
  const said = found.filter((piece) => piece.kind !== "missing");
  showCounter(greeting, said.map((piece) => piece.text).join(""));
}

function showCounter(greeting, rendered) {
  const counter = document.querySelector(`[data-counter-for="${greeting.id}"]`);
  const limit = Number(greeting.dataset.limit);
  // Code points, as the server counts, and not the halves that JavaScript counts.
  const length = [...rendered].length;
  counter.hidden = false;
  counter.textContent = `${length} / ${limit}`;
  counter.classList.toggle("counter--over", length > limit);
}

function showSummary(field) {
  const summary = document.getElementById("place-summary");
  const who = [field("person_name").value.trim(), field("phone_number").value.trim()].filter(Boolean);
  summary.textContent = who.join(" · ");
}
