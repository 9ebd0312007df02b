/* The player of a recording: ten seconds back and forth, the speed, and what went wrong in words.
   It may come while the page is open, so everything is listened for on the document. */
"use strict";

(() => {
  const KEY = "player-speed";
  const player = () => document.getElementById("call-player");
  const audio = () => player().querySelector("audio");

  const say = (words) => {
    player().querySelector(".player__trouble").textContent = words;
  };

  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };

  const remember = (speed) => {
    try {
      localStorage.setItem(KEY, speed);
    } catch {
      // A browser that keeps nothing still plays.
    }
  };

  const setSpeed = (speed) => {
    audio().playbackRate = audio().defaultPlaybackRate = Number(speed);
  };

  const offer = () => {
    const controls = player() && player().querySelector(".player__controls");
    if (!controls || !controls.hidden) return;
    controls.hidden = false;
    const select = controls.querySelector("select");
    const speed = remembered();
    if ([...select.options].some((option) => option.value === speed)) select.value = speed;
    setSpeed(select.value);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-player-skip]");
    if (!button) return;
    const sound = audio();
    const end = Number.isFinite(sound.duration) ? sound.duration : Infinity;
    sound.currentTime = Math.min(Math.max(sound.currentTime + Number(button.dataset.playerSkip), 0), end);
  });

  // After an error the browser's own button does nothing until the sound is loaded anew.
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-player-retry]")) return;
    const at = audio().currentTime;
    audio().load();
    audio().currentTime = at;
    setSpeed(player().querySelector("select").value);
    audio().play().catch(() => null);
  });

  document.addEventListener("change", (event) => {
    if (event.target.id !== "player-speed") return;
    setSpeed(event.target.value);
    remember(event.target.value);
  });

  // Media events do not bubble. The server's sentence says more than the browser's code.
  document.addEventListener(
    "error",
    async (event) => {
      if (!(event.target instanceof HTMLAudioElement)) return;
      let words = event.target.dataset.failed;
      try {
        const answer = await fetch(event.target.src, { headers: { Range: "bytes=0-0" } });
        if (!answer.ok && (answer.headers.get("Content-Type") || "").startsWith("text/plain")) words = await answer.text();
      } catch {
        // The console itself cannot be reached; the general sentence will do.
      }
      say(words);
      player().querySelector("[data-player-retry]").hidden = false;
    },
    true,
  );
  document.addEventListener(
    "playing",
    () => {
      say("");
      player().querySelector("[data-player-retry]").hidden = true;
    },
    true,
  );

  document.addEventListener("DOMContentLoaded", offer);
  document.addEventListener("htmx:afterSwap", offer);
})();
