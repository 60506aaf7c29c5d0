// What a script adds to pages that work without one: keys, the desk's columns, and errors that keep what was typed.
"use strict";

// ---- a menu closes when its reader turns elsewhere --------------------------------------------------------------

function closeMenus(except) {
  document.querySelectorAll("details.me[open]").forEach((menu) => {
    if (!menu.contains(except)) menu.open = false;
  });
}
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("focusin", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.me[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// ---- one key for what a page marks with data-key; never while somebody writes -----------------------------------

function isWriting(element) {
  return element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
}
// Whoever speaks to the machine, or holds keys too long, can turn single keys off (WCAG 2.1.4).
const KEYS = "suluh-keys";
function areKeysOn() {
  try {
    return localStorage.getItem(KEYS) !== "off";
  } catch {
    return true;
  }
}
function setKeysOn(on) {
  localStorage.setItem(KEYS, on ? "on" : "off");
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isWriting(event.target)) return;
  if (!areKeysOn() || document.querySelector("dialog[open]")) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]:not([disabled])`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
});

// ---- a list in which j and k move from row to row: data-rows on the list, links inside --------------------------

document.addEventListener("keydown", (event) => {
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  const list = document.querySelector("[data-rows]");
  if (!step || !list || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
  if (!areKeysOn() || document.querySelector("dialog[open]")) return;
  if (event.key.startsWith("Arrow") && !list.contains(event.target)) return;
  const links = [...list.querySelectorAll("[data-row]")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1);
  links[next].focus();
  event.preventDefault();
});

// ---- a form is sent once ----------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// ---- what a phone kept of one person goes with them, see inbox-worker.js -------------------------------------------

async function forgetKeptPages() {
  if (!("caches" in window)) return;
  const names = (await caches.keys()).filter((name) => name.startsWith("suluh-inbox-"));
  await Promise.all(names.map((name) => caches.delete(name)));
}
document.addEventListener("submit", (event) => {
  if (event.target.matches('form[action="/keluar"], form[action="/profil/hapus"]')) forgetKeptPages();
});
if (document.querySelector('form[action="/masuk"]')) forgetKeptPages();

// ---- what was typed is not left behind by accident: data-keep on a form ------------------------------------------

let unsaved = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("form[data-keep]")) unsaved = true;
});
document.addEventListener("submit", () => {
  unsaved = false;
});
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

// ---- an answer that says no is shown above the page, which stays as it is ----------------------------------------

function tell(sentence) {
  let flash = document.querySelector("p.flash");
  if (!flash) {
    flash = document.createElement("p");
    document.querySelector("main").before(flash);
  }
  flash.className = "flash stop";
  flash.setAttribute("role", "alert");
  flash.textContent = sentence;
  flash.scrollIntoView({ block: "nearest" });
}
document.addEventListener("htmx:responseError", (event) => {
  const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const sentence = answer.querySelector("h1");
  if (sentence) tell(sentence.textContent.trim());
});

// ---- on a narrow screen the row of places begins where one is ----------------------------------------------------

const here = document.querySelector("nav.places [aria-current]");
if (here) {
  const row = here.closest("nav.places");
  row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}

// ---- the desk's columns remember their widths --------------------------------------------------------------------

const WIDTHS = "suluh-desk";
function storedWidths() {
  try {
    return JSON.parse(localStorage.getItem(WIDTHS)) || {};
  } catch {
    return {};
  }
}
function setWidth(desk, side, width) {
  const kept = Math.round(Math.min(Math.max(width, 240), 640));
  desk.style.setProperty(`--desk-${side}`, `${kept}px`);
  return kept;
}
function keepWidth(side, width) {
  localStorage.setItem(WIDTHS, JSON.stringify({ ...storedWidths(), [side]: width }));
}
function makeGrip(desk, column, side) {
  const grip = document.createElement("div");
  grip.className = `grip grip-${side}`;
  grip.tabIndex = 0;
  grip.setAttribute("role", "separator");
  grip.setAttribute("aria-orientation", "vertical");
  grip.setAttribute("aria-label", desk.dataset.grip || "");
  const show = (width) => {
    const kept = setWidth(desk, side, width);
    grip.setAttribute("aria-valuenow", kept);
    keepWidth(side, kept);
  };
  grip.setAttribute("aria-valuemin", "240");
  grip.setAttribute("aria-valuemax", "640");
  grip.setAttribute("aria-valuenow", Math.round(column.getBoundingClientRect().width));
  const direction = side === "left" ? 1 : -1;
  grip.addEventListener("pointerdown", (event) => {
    const from = event.clientX;
    const width = column.getBoundingClientRect().width;
    grip.setPointerCapture(event.pointerId);
    const move = (moved) => show(width + direction * (moved.clientX - from));
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", () => grip.removeEventListener("pointermove", move), { once: true });
  });
  grip.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (!step) return;
    show(column.getBoundingClientRect().width + direction * step);
    event.preventDefault();
  });
  return grip;
}
document.querySelectorAll(".desk").forEach((desk) => {
  const columns = [...desk.children];
  if (columns.length !== 3) return;
  const kept = storedWidths();
  ["left", "right"].forEach((side) => {
    if (kept[side]) setWidth(desk, side, kept[side]);
  });
  desk.classList.add("with-grips");
  columns[0].after(makeGrip(desk, columns[0], "left"));
  columns[2].before(makeGrip(desk, columns[2], "right"));
});
