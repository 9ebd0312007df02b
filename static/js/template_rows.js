/* Puts rows of a template into another order: dragged by a handle, or moved by buttons.
   The numbers of the rows are what is saved; without this script people type them. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const group = document.getElementById("data_points-group");
  const words = document.getElementById("row-words");
  if (!group || !words) return;
  const body = group.querySelector("tbody");
  const status = document.getElementById("row-status");

  const rows = () => [...body.querySelectorAll("tr.form-row:not(.empty-form)")];
  const position = (row) => row.querySelector("input[name$='-position']");

  const renumber = () => {
    const all = rows();
    all.forEach((row, index) => {
      if (position(row)) position(row).value = index + 1;
      const [up, down] = row.querySelectorAll(".row-tools [data-step]");
      if (up) up.disabled = index === 0;
      if (down) down.disabled = index === all.length - 1;
    });
  };

  const tell = (row) => {
    status.textContent = words.dataset.moved.replace("0", String(rows().indexOf(row) + 1));
  };

  const move = (row, step, button) => {
    const all = rows();
    const neighbour = all[all.indexOf(row) + step];
    if (!neighbour) return;
    if (step < 0) neighbour.before(row);
    else neighbour.after(row);
    renumber();
    // At the end of the way the other button takes over.
    (button.disabled ? row.querySelector(`[data-step="${-step}"]`) : button).focus();
    tell(row);
  };

  const drag = (row, handle, start) => {
    handle.setPointerCapture(start.pointerId);
    row.classList.add("is-dragged");
    const follow = (event) => {
      const middle = (other) => {
        const area = other.getBoundingClientRect();
        return (area.top + area.bottom) / 2;
      };
      // Past the middle of a neighbour, so that rows of different heights do not swap to and fro.
      const all = rows();
      const at = all.indexOf(row);
      const above = all.slice(0, at).filter((other) => event.clientY < middle(other));
      const below = all.slice(at + 1).filter((other) => event.clientY > middle(other));
      // The others move around the row: taken out of the page even for a moment, it would lose the pointer.
      row.after(...above);
      row.before(...below);
    };
    const end = () => {
      row.classList.remove("is-dragged");
      handle.removeEventListener("pointermove", follow);
      renumber();
      tell(row);
    };
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("lostpointercapture", end, { once: true });
  };

  const button = (sign, label) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = sign;
    made.setAttribute("aria-label", label);
    made.title = label;
    return made;
  };

  const equip = (row) => {
    const field = position(row);
    if (!field || row.querySelector(".row-tools")) return;
    field.type = "hidden";
    const tools = document.createElement("div");
    tools.className = "row-tools";
    const handle = button("⠿", words.dataset.drag);
    handle.className = "row-tools__drag";
    // Keyboards have the two other buttons.
    handle.tabIndex = -1;
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      drag(row, handle, event);
    });
    tools.append(handle);
    for (const [sign, label, step] of [["↑", words.dataset.up, -1], ["↓", words.dataset.down, 1]]) {
      const mover = button(sign, label);
      mover.dataset.step = step;
      mover.addEventListener("click", () => move(row, step, mover));
      tools.append(mover);
    }
    field.closest("td").append(tools);
  };

  rows().forEach(equip);
  // A form that was refused comes back in the old order, with the numbers of the new one.
  const place = (row) => Number(position(row) && position(row).value) || Infinity;
  rows().sort((one, other) => place(one) - place(other)).forEach((row) => {
    body.insertBefore(row, body.querySelector("tr.empty-form"));
  });
  renumber();
  document.addEventListener("formset:added", (event) => {
    equip(event.target);
    renumber();
  });
  document.addEventListener("formset:removed", renumber);
  // A row that holds nothing but its number is no row.
  group.closest("form").addEventListener("submit", () => {
    for (const row of rows()) {
      const filled = [...row.querySelectorAll("input:not([type=hidden]):not([type=checkbox]), textarea")];
      if (position(row) && filled.every((field) => !field.value)) position(row).value = "";
    }
  });
});
