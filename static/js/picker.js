"use strict";

/* Makes a select searchable: an input with a list that narrows while somebody types (the combobox pattern of
   the ARIA practices). The select stays in the form, out of sight, and holds the choice; its options say what is
   shown by data-name and data-about. */

function makeSearchable(select, { words, onChoice }) {
  const options = [...select.options].map((option) => ({
    value: option.value,
    name: option.dataset.name || option.textContent.trim(),
    about: option.dataset.about || "",
  }));
  const input = makeInput(select, words.placeholder);
  const list = makeList(input, select.labels[0]);
  const nothing = document.createElement("p");
  nothing.className = "picker__none";
  nothing.setAttribute("role", "status");
  const box = document.createElement("div");
  box.className = "picker";
  select.before(box);
  box.append(input, list, nothing);
  handOver(select, input);

  let shown = [];
  let active = -1;

  const chosen = () => options.find((option) => option.value === select.value) || options[0];

  const mark = (number) => {
    active = number;
    for (const [at, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(at === active));
    const item = list.children[active];
    if (item) {
      input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  };

  const close = () => {
    list.hidden = true;
    nothing.textContent = "";
    input.setAttribute("aria-expanded", "false");
    mark(-1);
  };

  const restore = () => {
    close();
    input.value = chosen().name;
  };

  const open = (typed = "") => {
    shown = options.filter((option) => fits(option, typed));
    list.replaceChildren(...shown.map((option, number) => makeItem(list, option, number)));
    list.hidden = shown.length === 0;
    nothing.textContent = shown.length ? "" : words.none;
    input.setAttribute("aria-expanded", String(shown.length > 0));
    mark(typed ? 0 : shown.indexOf(chosen()));
  };

  const choose = (option) => {
    const isNew = option.value !== select.value;
    select.value = option.value;
    restore();
    if (isNew) onChoice();
  };

  const step = (by) => {
    if (list.hidden) open();
    else if (shown.length) mark((active + by + shown.length) % shown.length);
  };

  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => {
    if (!list.hidden) return;
    // Some browsers put the caret where the press was, and what is typed next to the name would fit nothing.
    input.select();
    open();
  });
  input.addEventListener("input", (event) => {
    // What is typed here is no part of the call yet.
    event.stopPropagation();
    open(input.value);
  });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("blur", restore);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Escape") restore();
    // Enter never sends the form from here: that would place a call.
    else if (event.key === "Enter" && shown[active] && !list.hidden) choose(shown[active]);
    else if (event.key !== "Enter") return;
    event.preventDefault();
  });
  // The press must not take the focus away, or the list would close before the click.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const item = event.target.closest("[role=option]");
    if (item) choose(shown[[...list.children].indexOf(item)]);
  });
  restore();
}

function fits(option, typed) {
  const text = `${option.name} ${option.about}`.toLocaleLowerCase();
  return typed.toLocaleLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function makeInput(select, placeholder) {
  const input = document.createElement("input");
  input.type = "text";
  input.className = "picker__input";
  input.placeholder = placeholder;
  input.autocomplete = "off";
  input.spellcheck = false;
  input.dir = "auto";
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false" };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  }
  return input;
}

function makeList(input, label) {
  const list = document.createElement("ul");
  list.id = "picker-list";
  list.className = "picker__list";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label.textContent.trim());
  input.setAttribute("aria-controls", list.id);
  return list;
}

function makeItem(list, option, number) {
  const item = document.createElement("li");
  item.id = `${list.id}-${number}`;
  item.className = "picker__option";
  item.setAttribute("role", "option");
  const name = document.createElement("span");
  name.className = "picker__name";
  name.dir = "auto";
  name.textContent = option.name;
  item.append(name);
  if (option.about) {
    const about = document.createElement("span");
    about.className = "picker__about";
    about.dir = "auto";
    about.textContent = option.about;
    item.append(about);
  }
  return item;
}

/* Label, help, and links to an error now lead to the input. */
function handOver(select, input) {
  input.id = select.id;
  select.id = `${select.id}-choice`;
  select.hidden = true;
}
