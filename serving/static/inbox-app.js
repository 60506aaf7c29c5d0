// The inbox as an app: it is kept for a slow line, says when there is none, and can be put on the phone's first screen.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/pekerja.js", { scope: "/kotak" }).catch(() => {
    // Without it, as on an address without TLS, the inbox works as any page.
  });
}

const offline = document.getElementById("luring");
if (offline) {
  const wasKept = !offline.hidden;
  window.addEventListener("offline", () => (offline.hidden = false));
  window.addEventListener("online", () => {
    // A page that came from the phone is asked for again; one that somebody may be writing on is left alone.
    if (wasKept) window.location.reload();
    else offline.hidden = true;
  });
}

const install = document.getElementById("pasang");
if (install) {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    install.hidden = false;
    install.addEventListener("click", () => event.prompt(), { once: true });
  });
  window.addEventListener("appinstalled", () => (install.hidden = true));
}
