// Says moments in the reader's zone and language, as near ones are thought of: "3 minutes ago".
// Of the page's language the reader's own form: 25/11/2026 and 11/25/2026 are both English.
const written = document.documentElement.lang;
const language = navigator.languages.find((each) => each.split("-")[0] === written) ?? (written || undefined);
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const STEPS = [["minute", 60], ["hour", 3600], ["day", 86400]];

const said = (moment) => {
  const seconds = (moment - Date.now()) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return relative.format(0, "second");
  if (size >= 7 * 86400) return day.format(moment);
  const [unit, length] = STEPS.findLast(([, step]) => size >= step * 0.75) ?? STEPS[0];
  return relative.format(Math.round(seconds / length), unit);
};

export const tell = (root = document) => {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    element.textContent = said(moment);
    element.title = exact.format(moment);
  }
};

tell();
setInterval(tell, 30_000);
document.addEventListener("replaced", (event) => tell(event.target));
