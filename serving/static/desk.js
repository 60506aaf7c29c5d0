// The desk by keyboard, and words that are never lost. Without this file every step is still a link, button or form.
"use strict";

(() => {
  const desk = document.querySelector(".desk");
  const form = document.getElementById("rancangan");
  const queue = document.querySelector("ol.queue");

  // ---- dialogs: the browser's own, which hold the focus and give it back ------------------------------------------

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      event.preventDefault();
      document.getElementById(opener.dataset.opens).showModal();
    }
    const closer = event.target.closest("dialog [data-close]");
    if (closer) closer.closest("dialog").close();
  });

  const keysOn = document.querySelector("[data-keys-on]");
  if (keysOn) {
    keysOn.checked = areKeysOn();
    keysOn.addEventListener("change", () => setKeysOn(keysOn.checked));
  }

  // ---- where the next thing to do is ------------------------------------------------------------------------------

  function isOpen(element) {
    return element.checkVisibility() && !element.disabled;
  }
  const MAY_STAY_EMPTY = ["topic", "source_quote", "source_archived_url"];
  function firstUnanswered(station) {
    for (const part of station.querySelectorAll("fieldset, input:not([type=hidden], [type=radio]), select, textarea")) {
      if (!isOpen(part) || MAY_STAY_EMPTY.includes(part.id)) continue;
      if (!part.matches("fieldset") && part.form !== form) continue;
      if (part.matches("fieldset") ? !part.querySelector(":checked") : !part.value) {
        return part.matches("fieldset") ? part.querySelector("input") : part;
      }
    }
    return station.querySelector("[data-next]");
  }
  function goOn() {
    const station = document.querySelector("[data-todo]") || document.getElementById("langkah-submit");
    const target = station && firstUnanswered(station);
    if (target) target.focus();
  }
  // A browser that goes to a fragment lets go of the focus once the page is there, so ours comes after.
  if (form && location.hash === "#keputusan") window.addEventListener("load", () => setTimeout(goOn));

  // ---- keys inside the decision -----------------------------------------------------------------------------------

  function answer(event, fieldset) {
    const radios = [...fieldset.querySelectorAll("input[type=radio]")];
    const value = { y: "ya", t: "tidak" }[event.key];
    const chosen = fieldset.matches(".yes-no")
      ? value && radios.find((radio) => radio.value === value)
      : fieldset.hasAttribute("data-digits") && radios[Number(event.key) - 1];
    if (!chosen) return false;
    chosen.checked = true;
    chosen.dispatchEvent(new Event("input", { bubbles: true }));
    const controls = [...fieldset.closest("section, form").querySelectorAll("input, select, textarea, [data-next]")];
    const after = controls.slice(controls.indexOf(radios.at(-1)) + 1).filter(isOpen);
    const next = after.find((control) => control.type !== "radio" || !isAnswered(control)) || after[0];
    (next && fieldset.matches(".yes-no") ? emptyOrNext(after, next) : chosen).focus();
    return true;
  }
  function isAnswered(radio) {
    return radio.closest("fieldset").querySelector(":checked") !== null;
  }
  function emptyOrNext(after, next) {
    return after.find((control) => control.type === "radio" ? !isAnswered(control) : !control.value) || next;
  }
  let reasonFor = null;
  function pressNext(from) {
    const within = from.closest("dialog, section.sheet, details.sheet, form");
    const last = within?.matches("[id^=langkah-]") ? document.querySelector("#langkah-submit [data-next]") : null;
    const button = (within?.contains(reasonFor) && reasonFor) || within?.querySelector("[data-next]") || last;
    if (button) button.click();
    return Boolean(button);
  }
  function askReason(button) {
    const details = button.closest("details");
    if (details) details.open = true;
    reasonFor = button;
    const inside = button.closest("details") || document;
    inside.querySelector(`[name="${button.dataset.reason}"]`).focus();
  }

  // ---- keys of one row of the queue -------------------------------------------------------------------------------

  function currentRow() {
    return document.activeElement?.closest("li.desk-row");
  }
  function rowKey(key) {
    const row = currentRow();
    const single = document.getElementById("satu-klaim");
    if (!row || !single) return false;
    if (key === "x") {
      row.querySelector("[data-pick]").click();
    } else if (key === "a") {
      single.action = `/klaim/${row.dataset.claim}/ambil`;
      single.requestSubmit();
    } else if (key === "h" || key === "e") {
      const dialog = document.getElementById("alasan");
      const title = dialog.querySelector("h2");
      title.textContent = key === "h" ? title.dataset.hold : title.dataset.escalate;
      dialog.querySelector("form").action = `/klaim/${row.dataset.claim}/${key === "h" ? "tunda" : "naikkan"}`;
      dialog.querySelector("[data-wording]").textContent = row.querySelector("[data-row]").textContent;
      dialog.showModal();
      dialog.querySelector("textarea").focus();
    } else {
      return false;
    }
    return true;
  }
  function countPicked() {
    const n = document.querySelectorAll("[data-pick]:checked").length;
    document.getElementById("sekaligus-jumlah").textContent = n ? `(${n})` : "";
    if (n) document.getElementById("sekaligus-lipatan").open = true;
  }
  if (queue && document.getElementById("sekaligus")) {
    queue.addEventListener("change", (event) => {
      if (event.target.matches("[data-pick]")) countPicked();
    });
  }

  function matchKey(key) {
    const match = document.activeElement?.closest("[data-match]") || document.querySelector("[data-match]");
    const button = match?.querySelector(`[data-match-key="${CSS.escape(key)}"]`);
    if (button) button.click();
    return Boolean(button);
  }

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        if (pressNext(event.target)) event.preventDefault();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      // Enter in a line of a station goes on from this station, not from the form's first button.
      const station = event.target.closest("section[id^=langkah-]");
      if (event.key === "Enter" && station && event.target.form === form && event.target.matches("input, select")) {
        if (pressNext(event.target)) event.preventDefault();
        return;
      }
      if (event.key === "?" && !isWriting(event.target) && areKeysOn()) {
        const open = document.querySelector("dialog#pintasan[open]");
        if (open) {
          open.close();
          event.preventDefault();
        }
        return;
      }
      if (isWriting(event.target) || !areKeysOn() || document.querySelector("dialog[open]")) return;
      const fieldset = event.target.closest("fieldset");
      const reason = document.querySelector(`[data-reason][data-key="${CSS.escape(event.key)}"]`);
      if (fieldset && answer(event, fieldset)) event.preventDefault();
      else if (queue && rowKey(event.key)) event.preventDefault();
      else if (reason) {
        askReason(reason);
        event.preventDefault();
      } else if (desk && event.key === "q") document.querySelector(".crumbs a").click();
      else if (desk && matchKey(event.key)) event.preventDefault();
    },
    true,
  );

  // ---- what is typed is kept every few seconds --------------------------------------------------------------------

  const status = document.getElementById("ketikan");
  if (!form || !status) return;
  const EVERY_MS = 3000;
  // What the server has not said it has; of this tab only, and of this person.
  const spare = `suluh-ketik:${status.dataset.person}:${location.pathname}`;
  let typed = false;
  let sending = false;

  // Kept words are no news to a screen reader, lost ones are.
  function warn(sentence) {
    status.setAttribute("role", "alert");
    if (status.textContent !== sentence) status.textContent = sentence;
  }
  function fields() {
    return [...new FormData(form)].filter(([name]) => !["csrf", "version", "do", "shown"].includes(name));
  }
  function putBack() {
    let kept;
    try {
      kept = JSON.parse(sessionStorage.getItem(spare));
    } catch {
      kept = null;
    }
    if (!kept) return;
    for (const [name, value] of kept) {
      for (const control of form.elements) {
        if (control.name !== name) continue;
        if (control.type === "radio") control.checked = control.value === value;
        else control.value = value;
      }
    }
    typed = true;
  }
  putBack();

  document.addEventListener("input", (event) => {
    if (event.target.form !== form) return;
    typed = true;
    sessionStorage.setItem(spare, JSON.stringify(fields()));
  });
  // A form that is sent stores what is in it; whatever it is refused for, the page shows it again.
  form.addEventListener("submit", () => {
    typed = false;
    sending = true;
    sessionStorage.removeItem(spare);
  });
  setInterval(() => {
    if (!typed || sending) return;
    typed = false;
    sending = true;
    htmx.trigger(status, "suluh:ketik");
  }, EVERY_MS);
  status.addEventListener("htmx:afterRequest", (event) => {
    sending = false;
    if (event.detail.successful) {
      status.removeAttribute("role");
      if (!typed) sessionStorage.removeItem(spare);
      return;
    }
    typed = true;
    warn(status.dataset.away);
  });
  // A session that ended must not take the page away under the words.
  status.addEventListener("htmx:beforeOnLoad", (event) => {
    if (![401, 403].includes(event.detail.xhr.status)) return;
    event.preventDefault();
    warn(status.dataset.ended);
  });
  window.addEventListener("pagehide", () => {
    if (!typed) return;
    const data = new FormData(form);
    navigator.sendBeacon(status.getAttribute("hx-post"), new URLSearchParams(data));
  });
})();
