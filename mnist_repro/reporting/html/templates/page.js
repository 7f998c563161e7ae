"use strict";
// The page is complete without this script, which closes, opens, sorts and filters claims.
(() => {
  const table = document.getElementById("claims-table");
  const form = document.querySelector(".filters");
  const status = document.getElementById("shown");
  const claims = [...table.tBodies];
  const buttons = new Map(claims.map((claim) => [claim, makeButton(claim)]));

  // The name of a claim becomes the button that opens it.
  function makeButton(claim) {
    const name = claim.querySelector(".name");
    const detail = claim.querySelector(".detail");
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-controls", detail.id);
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

  function labelOpened() {
    const shown = claims.filter((claim) => !claim.hidden);
    form.elements.open.textContent = shown.length && shown.every(isOpened) ? "Close all" : "Open all";
  }

  // Filters.
  function filter() {
    const text = form.elements.text.value.trim().toLowerCase();
    for (const claim of claims) {
      const kept = ["verdict", "document", "environment"].every((key) => {
        const wanted = form.elements[key]?.value;
        return !wanted || claim.dataset[key] === wanted;
      });
      claim.hidden = !(kept && claim.textContent.toLowerCase().includes(text));
    }
    const shown = claims.filter((claim) => !claim.hidden).length;
    status.textContent = `${shown} of ${claims.length} claims shown`;
    labelOpened();
  }

  // Sort by the keys of cells where they have one; cells without a number come last.
  function read(claim, column, kind) {
    const cell = claim.rows[0].cells[column];
    if (kind === "text") return cell.textContent.trim();
    return cell.dataset.key ? Number(cell.dataset.key) : NaN;
  }

  function compare(first, second, direction) {
    if (typeof first === "string") return direction * first.localeCompare(second, "en", { numeric: true });
    if (Number.isNaN(first) || Number.isNaN(second)) return Number.isNaN(first) - Number.isNaN(second);
    return direction * (first - second);
  }

  function sort(heading) {
    const direction = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    clearOrder();
    heading.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    const keys = new Map(claims.map((claim) => [claim, read(claim, heading.cellIndex, heading.dataset.sort)]));
    table.append(...[...claims].sort((a, b) => compare(keys.get(a), keys.get(b), direction)));
  }

  function clearOrder() {
    for (const heading of table.tHead.rows[0].cells) heading.removeAttribute("aria-sort");
  }

  for (const heading of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(heading));
  }

  // A link into a folded part unfolds it; a link to a claim opens it, even if a filter had hidden it.
  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target?.closest("details");
    if (folded) folded.open = true;
    const claim = claims.find((each) => each === target);
    if (!claim) return;
    if (claim.hidden) form.reset();
    show(claim, true);
    claim.scrollIntoView();
    buttons.get(claim).focus({ preventScroll: true });
  }

  form.addEventListener("input", filter);
  form.addEventListener("change", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    clearOrder();
    table.append(...claims);
    // The fields are empty only after this event.
    setTimeout(filter);
  });
  form.elements.open.addEventListener("click", () => {
    const shown = claims.filter((claim) => !claim.hidden);
    const opened = !shown.every(isOpened);
    for (const claim of shown) show(claim, opened);
  });
  addEventListener("hashchange", follow);

  form.hidden = false;
  for (const claim of claims) show(claim, false);
  filter();
  follow();
})();
