// Copy buttons of the kit. Without this file the text can be selected by hand; the buttons stay hidden.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // an address without TLS has no clipboard
    }
    button.textContent = button.dataset.done;
    button.setAttribute("aria-live", "polite");
  });
}
