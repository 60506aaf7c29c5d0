// Asks whoever has worked for long whether to rest. How long that is, is known to this browser only: nothing is sent.
"use strict";

(() => {
  const place = document.querySelector(".rest");
  if (!place) return;
  const MINUTE_MS = 60_000;
  const AT_MOST_EVERY_MS = 2_000;
  const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "scroll", "focusin", "input"];
  const KEPT = `suluh-rest:${place.dataset.person}`;
  const ms = (name) => Number(place.dataset[name]) * MINUTE_MS;
  const heavyPage = document.querySelector("[data-heavy-claim]") ? location.pathname : null;

  // `since`: when this stretch of work began; `heavy`: claims in it whose words were veiled; `quiet`: until when "later"
  // holds. Shared by the tabs of one browser.
  const begun = (now) => ({ since: now, last: now, heavy: [], quiet: 0 });
  function stretch(now) {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(KEPT));
    } catch {
      kept = null;
    }
    const goesOn = kept && now >= kept.last && now - kept.last < ms("pause");
    return goesOn ? kept : begun(now);
  }
  function keep(work) {
    try {
      localStorage.setItem(KEPT, JSON.stringify(work));
    } catch {
      // A browser that keeps nothing counts nothing, and asks nothing.
    }
  }

  // ---- the words, in the header: what is being read neither moves nor lies beneath them ---------------------------

  let cameFrom = null;
  function show(work, now) {
    const isDue = now - work.since + work.heavy.length * ms("heavy") >= ms("after") && now >= work.quiet;
    if (isDue === place.hasChildNodes()) return;
    const hadFocus = place.contains(document.activeElement);
    place.replaceChildren(...(isDue ? [document.getElementById("rest-words").content.cloneNode(true)] : []));
    if (hadFocus) (cameFrom?.isConnected ? cameFrom : document.getElementById("main")).focus({ preventScroll: true });
  }
  place.addEventListener("focusin", (event) => {
    if (!place.contains(event.relatedTarget)) cameFrom = event.relatedTarget;
  });
  place.addEventListener("click", (event) => {
    const answer = event.target.closest("[data-rest]")?.dataset.rest;
    if (!answer) return;
    const now = Date.now();
    const work = answer === "later" ? { ...stretch(now), quiet: now + ms("later") } : begun(now);
    keep(work);
    show(work, now);
  });

  // ---- every sign of work -------------------------------------------------------------------------------------------

  let noted = 0;
  function note() {
    const now = Date.now();
    if (now >= noted && now - noted < AT_MOST_EVERY_MS) return;
    noted = now;
    const work = stretch(now);
    work.last = now;
    if (heavyPage && !work.heavy.includes(heavyPage)) work.heavy.push(heavyPage);
    keep(work);
    show(work, now);
  }
  SIGNS.forEach((sign) => document.addEventListener(sign, note, { capture: true, passive: true }));
  // Another tab was told that its reader has rested.
  window.addEventListener("storage", (event) => {
    if (event.key === KEPT) show(stretch(Date.now()), Date.now());
  });
  note();
})();
