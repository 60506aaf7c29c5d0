// The board of trends renews itself while it is open. Without this file, reloading the page does the same.
"use strict";

const board = document.getElementById("tren-papan");
const pause = document.getElementById("tren-jeda");

if (board && pause && "EventSource" in window) {
  let stream = null;
  let waiting = null;

  // Rows never change under a finger or a cursor: what came meanwhile is shown once the reader has left them.
  const isInUse = () => board.contains(document.activeElement) || board.matches(":hover");
  const show = () => {
    if (waiting === null || isInUse()) return;
    board.innerHTML = waiting;
    waiting = null;
  };
  const open = () => {
    stream = new EventSource(board.dataset.stream);
    stream.addEventListener("papan", (event) => {
      waiting = event.data;
      show();
    });
  };
  const close = () => {
    stream?.close();
    stream = null;
  };
  const isPaused = () => pause.getAttribute("aria-pressed") === "true";

  board.addEventListener("mouseleave", show);
  board.addEventListener("focusout", () => setTimeout(show));
  pause.addEventListener("click", () => {
    const paused = !isPaused();
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? pause.dataset.go : pause.dataset.pause;
    if (paused) close();
    else open();
  });
  // A page that nobody looks at asks for nothing.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else if (!isPaused() && !stream) open();
  });
  window.addEventListener("pagehide", close);

  pause.hidden = false;
  if (!document.hidden) open();
}
