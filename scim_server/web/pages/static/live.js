// Lists that follow what is typed: the same page is asked for again, and its part marked `data-live` replaced.
// Whoever has no script sends the form.
const WAIT = 200;
let asked = 0;

const refresh = async (form) => {
  const number = ++asked;
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  const address = `${form.action.split("?")[0]}?${query}`;
  const live = document.querySelector("[data-live]");
  live.classList.add("busy");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (number !== asked) return;
    if (!answer.ok) return location.assign(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    live.replaceChildren(...page.querySelector("[data-live]").childNodes);
    history.replaceState(null, "", address);
    live.dispatchEvent(new CustomEvent("replaced", { bubbles: true }));
  } finally {
    if (number === asked) live.classList.remove("busy");
  }
};

for (const form of document.querySelectorAll("form[data-live-form]")) {
  let timer;
  form.querySelector("[data-needless]")?.setAttribute("hidden", "");
  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => refresh(form), event.target.type === "search" ? WAIT : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    refresh(form);
  });
}

// Bars that say how many are selected, and boxes that select all of a page.
const count = () => {
  const chosen = document.querySelectorAll("[data-select]:checked").length;
  for (const bar of document.querySelectorAll("[data-selection]")) bar.hidden = chosen === 0;
  for (const place of document.querySelectorAll("[data-selected]")) place.textContent = chosen;
};
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) {
    for (const box of document.querySelectorAll("[data-select]")) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-select], [data-select-all]")) count();
});
document.addEventListener("replaced", count);
for (const box of document.querySelectorAll("[data-select-all]")) box.hidden = false;
count();
