/* The sidebar as a drawer on small screens, the account menu, and "/" for the search box. */
"use strict";

(() => {
  const sidebar = document.getElementById("sidebar");
  const opener = document.getElementById("sidebar-toggle");
  const closer = document.getElementById("sidebar-close");
  const backdrop = document.getElementById("sidebar-backdrop");

  if (sidebar && opener) {
    const behind = () => document.querySelectorAll(".appbar, #header ~ nav, #main, #footer");

    const setOpen = (open) => {
      document.body.classList.toggle("sidebar-open", open);
      opener.setAttribute("aria-expanded", String(open));
      backdrop.hidden = !open;
      behind().forEach((element) => {
        element.inert = open;
      });
      (open ? closer : opener).focus();
    };
    const isOpen = () => document.body.classList.contains("sidebar-open");

    opener.addEventListener("click", () => setOpen(true));
    closer.addEventListener("click", () => setOpen(false));
    backdrop.addEventListener("click", () => setOpen(false));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && isOpen()) {
        setOpen(false);
      }
    });
    window.matchMedia("(min-width: 64rem)").addEventListener("change", (query) => {
      if (query.matches && isOpen()) {
        setOpen(false);
      }
    });
  }

  const menu = document.getElementById("user-menu");
  if (menu) {
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) {
        event.stopPropagation();
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
    document.addEventListener("click", (event) => {
      if (menu.open && !menu.contains(event.target)) {
        menu.open = false;
      }
    });
  }

  const search = document.getElementById("searchbar");
  if (search) {
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    });
  }
})();
