// The page is complete without a script; this one closes, opens, sorts and filters claims.
const table = document.getElementById("claims-table");
const form = document.querySelector("#claims .filters");
const status = document.getElementById("shown");
const claims = [...table.tBodies];
const headings = [...table.tHead.rows[0].cells];
const buttons = new Map(claims.map((claim) => [claim, makeButton(claim)]));

// The name of a claim becomes the button that opens it.
function makeButton(claim) {
  const name = claim.querySelector(".name");
  const detail = claim.querySelector(".detail");
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-controls", detail.id);
  // The experiment stands in another cell, or is not seen.
  button.setAttribute("aria-label", `${name.textContent}, ${claim.querySelector(".of").textContent}`);
  button.append(...name.childNodes);
  name.append(button);
  button.addEventListener("click", () => show(claim, detail.hidden));
  return button;
}

// The page describes an experiment once; an opened claim gets a copy.
function describe(claim) {
  const links = claim.querySelectorAll(".made > a");
  if (links.length !== 1) return;
  const description = document.getElementById(decodeURIComponent(links[0].hash.slice(1))).cloneNode(true);
  description.removeAttribute("id");
  links[0].parentElement.replaceWith(description);
}

function show(claim, opened) {
  if (opened) describe(claim);
  claim.querySelector(".detail").hidden = !opened;
  buttons.get(claim).setAttribute("aria-expanded", String(opened));
  labelOpened();
}

function isOpened(claim) {
  return !claim.querySelector(".detail").hidden;
}

function listShown() {
  return [...table.tBodies].filter((claim) => !claim.hidden);
}

function labelOpened() {
  const shown = listShown();
  form.elements.open.textContent = shown.length && shown.every(isOpened) ? "Close all" : "Open all";
}

function filter() {
  const text = form.elements.text.value.trim().toLowerCase();
  choose(form, claims);
  for (const claim of claims) claim.hidden ||= !claim.textContent.toLowerCase().includes(text);
  const shown = listShown().length;
  status.textContent = shown ? `${shown} of ${claims.length} claims shown` : "No claim matches. Reset shows all.";
  table.hidden = !shown;
  labelOpened();
}

// Sort by the keys of cells where they have one, unit by unit; cells without a number come last.
function read(claim, column, kind) {
  const { textContent, dataset } = claim.rows[0].cells[column];
  if (kind === "text") return { unit: "", key: textContent.trim() };
  return { unit: dataset.unit ?? "", key: dataset.key ? Number(dataset.key) : NaN };
}

function compare(first, second, direction) {
  if (typeof first.key === "string") return direction * first.key.localeCompare(second.key, "en", { numeric: true });
  const [isFirst, isSecond] = [first, second].map(({ key }) => Number.isNaN(key));
  if (isFirst || isSecond) return isFirst - isSecond;
  return first.unit.localeCompare(second.unit) || direction * (first.key - second.key);
}

function sort(heading, direction) {
  clearOrder();
  heading.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
  const keys = new Map(claims.map((claim) => [claim, read(claim, heading.cellIndex, heading.dataset.sort)]));
  table.append(...[...claims].sort((a, b) => compare(keys.get(a), keys.get(b), direction)));
}

function clearOrder() {
  for (const heading of headings) heading.removeAttribute("aria-sort");
}

function reset() {
  clearOrder();
  table.append(...claims);
  for (const claim of claims) show(claim, false);
  filter();
}

for (const heading of headings) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener("click", () => sort(heading, heading.getAttribute("aria-sort") === "ascending" ? -1 : 1));
}
for (const kind of ["input", "change"]) form.addEventListener(kind, filter);
form.addEventListener("submit", (event) => event.preventDefault());
// The fields are empty only after this event.
form.addEventListener("reset", () => setTimeout(reset));
form.elements.open.addEventListener("click", () => {
  const shown = listShown();
  const opened = !shown.every(isOpened);
  for (const claim of shown) show(claim, opened);
});
form.hidden = false;
reset();
