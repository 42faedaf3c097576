// The panel of the first requests: the server says when another one has come, and the panel is loaded anew.
// Without a script people load the page again.
const panel = () => document.querySelector("[data-first-requests]");

const load = async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-first-requests]");
  if (!fresh) return;
  panel().replaceChildren(...fresh.childNodes);
  panel().dispatchEvent(new CustomEvent("replaced", { bubbles: true }));
};

const first = panel();
if (first && first.dataset.seen !== "111") {
  const source = new EventSource(`${first.dataset.firstRequests}?seen=${first.dataset.seen}`);
  source.addEventListener("message", (event) => {
    load();
    if (event.data === "111") source.close();
  });
  addEventListener("pagehide", () => source.close());
}
