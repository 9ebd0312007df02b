/* The page of a call and Home look for news by itself (htmx, every few seconds) and morph what changed.
   What a reader opened, scrolled to or put the focus on stays as it is. */
(() => {
  "use strict";

  // Whether a folded block is open is the reader's business, not the server's.
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
    !(name === "open" && element instanceof HTMLDetailsElement);

  // So is what somebody is typing, and what a script keeps for the reader.
  const isChanged = (field) => "defaultValue" in field && field.type !== "hidden" && field.value !== field.defaultValue;
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (node) =>
    !(node instanceof HTMLElement && node.hasAttribute("data-keep")) &&
    !(node instanceof HTMLFormElement && [...node.elements].some(isChanged));

  const trouble = document.getElementById("live-trouble");

  const say = (words) => {
    if (trouble && trouble.textContent !== words) {
      trouble.textContent = words;
    }
  };

  const lost = () => say(trouble ? trouble.dataset.words : "");

  // Nobody looks at a hidden tab.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden) {
      event.preventDefault();
    }
  });
  document.addEventListener("visibilitychange", () => {
    const live = document.querySelector("#call-live, #home-live");
    if (!document.hidden && live && live.hasAttribute("hx-get")) {
      htmx.ajax("GET", live.getAttribute("hx-get"), { source: live, target: live, swap: "morph:outerHTML" });
    }
  });

  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, lost);
  }
  document.addEventListener("htmx:afterSwap", () => say(""));
})();
