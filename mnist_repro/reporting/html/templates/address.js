// The address holds what is filtered, sorted and opened, so that it can be sent: #verdict=contradicted&sort=-p
const FIELDS = ["verdict", "document", "environment", "text"];

function writeAddress() {
  const state = new URLSearchParams();
  for (const name of FIELDS) if (form.elements[name]?.value) state.set(name, form.elements[name].value);
  const sorted = headings.find((heading) => heading.hasAttribute("aria-sort"));
  const sign = sorted?.getAttribute("aria-sort") === "descending" ? "-" : "";
  if (sorted) state.set("sort", sign + sorted.textContent.trim());
  const opened = listShown().filter(isOpened);
  if (opened.length) state.set("opened", opened.map((claim) => claim.id).join(","));
  history.replaceState(null, "", `#${state.size ? state : "claims"}`);
}

function restore(state) {
  for (const name of FIELDS) if (form.elements[name]) form.elements[name].value = state.get(name) ?? "";
  reset();
  const sorted = state.get("sort") ?? "";
  const heading = headings.find((each) => each.textContent.trim() === sorted.replace(/^-/, ""));
  if (heading) sort(heading, sorted.startsWith("-") ? -1 : 1);
  const opened = state.get("opened")?.split(",") ?? [];
  for (const claim of claims) if (opened.includes(claim.id)) show(claim, true);
  document.getElementById("claims").scrollIntoView();
}

// A link into a folded part unfolds it; a link to a claim opens it, even if a filter had hidden it.
function follow(id) {
  const target = document.getElementById(id);
  if (!target) return;
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const part = target.querySelector(":scope > details");
  if (part) part.open = true;
  const claim = claims.find((each) => each === target);
  if (claim?.hidden) restore(new URLSearchParams());
  if (claim) show(claim, true);
  target.scrollIntoView();
  if (claim) buttons.get(claim).focus({ preventScroll: true });
}

function decode(hash) {
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}

function readAddress() {
  const hash = location.hash.slice(1);
  if (hash.includes("=")) restore(new URLSearchParams(hash));
  else follow(decode(hash));
}

const part = document.getElementById("claims");
for (const kind of ["click", "input", "change"]) {
  part.addEventListener(kind, (event) => {
    // The claim's own link is followed, and copied; a reset comes after its event.
    const link = event.target.closest("a");
    if (!link) setTimeout(writeAddress);
    else if (link.classList.contains("copy")) copy(link);
  });
}
addEventListener("hashchange", readAddress);
readAddress();

async function copy(link) {
  await navigator.clipboard.writeText(link.href);
  link.textContent = "Copied";
}
