"use strict";

/* Adds and removes rows of inputs. Without this script a page offers a few spare rows instead. */

document.addEventListener("DOMContentLoaded", () => {
  for (const rows of document.querySelectorAll("[data-rows]")) {
    const list = rows.querySelector("[data-rows-list]");
    const add = rows.querySelector("[data-rows-add]");
    for (const row of [...list.children]) {
      if (isBlankRow(row)) row.remove();
      else offerRemoval(row, list, add);
    }
    add.hidden = false;
    add.addEventListener("click", () => {
      const blank = rows.querySelector("template[data-rows-blank]").content.firstElementChild;
      const row = blank.cloneNode(true);
      list.append(row);
      offerRemoval(row, list, add);
      row.querySelector("input, textarea").focus();
    });
  }
});

function isBlankRow(row) {
  return [...row.querySelectorAll("input:not([type=hidden]), textarea")].every((cell) => !cell.value);
}

function offerRemoval(row, list, add) {
  const remove = row.querySelector("[data-rows-remove]");
  remove.hidden = false;
  remove.addEventListener("click", () => {
    const neighbour = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    // The focus must not fall to the top of the page.
    (neighbour ? neighbour.querySelector("input, textarea") : add).focus();
    list.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
