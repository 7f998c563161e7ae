// Tables and boxes fit their windows: a narrow table becomes cards, and a box is a stop of the keyboard where it scrolls.
for (const table of document.querySelectorAll(".scroll table")) {
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  for (const body of table.tBodies) {
    for (const row of body.rows) {
      for (const cell of row.cells) cell.dataset.label = cell.colSpan > 1 ? "" : heads[cell.cellIndex];
    }
  }
  table.classList.add("cards");
}

const watch = new ResizeObserver((entries) => {
  for (const { target: box } of entries) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll(".scroll")) watch.observe(box);

// Hide the rows that a choice of a form excludes, and return how many are left; an empty choice excludes none.
function choose(form, rows) {
  const chosen = [...form.querySelectorAll("select")].filter((field) => field.value);
  for (const row of rows) row.hidden = chosen.some(({ name, value }) => row.dataset[name] !== value);
  return rows.filter((row) => !row.hidden).length;
}
