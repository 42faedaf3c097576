// Opens a page that a link marked `data-dialog` leads to in a dialog; its forms are sent as on the page itself.
const box = document.querySelector("[data-dialog-box]");

const open = async (link) => {
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page.querySelector("[data-dialog-content]");
  if (!answer.ok || !content) return false;
  for (const form of content.querySelectorAll("form:not([action])")) form.action = link.href;
  content.querySelector("h1")?.setAttribute("id", "dialog-title");
  box.replaceChildren(content);
  box.showModal();
  box.dispatchEvent(new CustomEvent("replaced", { bubbles: true }));
  box.querySelector("[autofocus]")?.focus();
  return true;
};

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && box && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    link.closest("[popover]")?.hidePopover();
    let opened = false;
    try {
      opened = await open(link);
    } catch {
      // The page itself says what is wrong.
    }
    if (!opened) location.assign(link.href);
  }
  if (event.target.closest("[data-dialog-box] [data-cancel]")) {
    event.preventDefault();
    box.close();
  }
});
box?.addEventListener("click", (event) => {
  if (event.target === box) box.close();
});
