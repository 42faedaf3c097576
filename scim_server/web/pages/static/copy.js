// Buttons that copy a value; they are there only where they can.
const show = (root) => {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
};

show(document);
document.addEventListener("replaced", (event) => show(event.target));
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return;
  }
  button.textContent = button.dataset.copied;
  setTimeout(() => (button.textContent = text), 2000);
});

// What can be undone for 30 seconds offers it no longer.
for (const form of document.querySelectorAll("[data-undo]")) setTimeout(() => form.remove(), 30_000);
