// The document's mark on the strip of a run can be moved; its rank, p, verdict and grade follow.
const words = document.getElementById("words").content;

function play(row) {
  const rule = JSON.parse(row.dataset.rule);
  const strip = row.querySelector(".strip");
  const mark = strip.querySelector(".reported");
  const cells = Object.fromEntries([...row.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell]));
  const printed = new Map(Object.values(cells).map((cell) => [cell, [...cell.childNodes]]));
  const [low, high] = rule.ends;
  const digits = rule.decimals[rule.point];
  const step = Math.max(10 ** -digits, (high - low) / 200);
  const reported = rule.document[rule.point];
  let now = reported;

  const back = document.createElement("button");
  back.type = "button";
  back.textContent = "Put back";

  function format(value) {
    return rule.percent[rule.point]
      ? `${(100 * value).toFixed(Math.max(0, digits - 2))} %`
      : value.toFixed(Math.min(4, Math.max(0, digits)));
  }

  function write(cell, first, second) {
    const aside = document.createElement("span");
    aside.className = "of always";
    aside.textContent = second ?? "";
    cell.replaceChildren(first, " ", aside);
  }

  function move(value) {
    const values = moveValue(rule, rule.point, Math.min(high, Math.max(low, value)));
    now = values[rule.point];
    const isMoved = now !== reported;
    const answer = judge(rule, values);
    const p = answer.p < 0.01 ? "< 0.01" : answer.p.toFixed(2);
    mark.setAttribute("x", `${(100 * (now - low)) / (high - low)}%`);
    mark.setAttribute("aria-valuenow", now);
    const verdict = [answer.word, answer.grade].filter(Boolean).join(", ");
    mark.setAttribute("aria-valuetext", `${format(now)}: rank ${answer.place} of ${answer.all}, p ${p}, ${verdict}`);
    row.classList.toggle("moved", isMoved);
    if (!isMoved) return printed.forEach((nodes, cell) => cell.replaceChildren(...nodes));
    write(cells.word, words.querySelector(`[data-word="${answer.word}"]`).cloneNode(true), answer.grade);
    write(cells.printed, format(now), "if it had printed that");
    // Below the strip, so that this stays under the pointer.
    cells.printed.append(back);
    write(cells.p, p, `${answer.place} of ${answer.all}`);
    cells.within.textContent = Number.isNaN(answer.within) ? "unknown" : `${(100 * answer.within).toFixed(1)} points`;
  }

  function follow(event) {
    const { left, width } = strip.getBoundingClientRect();
    move(low + ((event.clientX - left) / width) * (high - low));
  }

  const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
  const places = { Home: low, End: high, Escape: reported };
  mark.addEventListener("keydown", (event) => {
    if (!(event.key in steps || event.key in places)) return;
    event.preventDefault();
    move(places[event.key] ?? now + step * steps[event.key]);
  });
  strip.addEventListener("pointerdown", (event) => {
    strip.setPointerCapture(event.pointerId);
    mark.focus({ preventScroll: true });
    follow(event);
  });
  strip.addEventListener("pointermove", (event) => {
    if (strip.hasPointerCapture(event.pointerId)) follow(event);
  });
  back.addEventListener("click", () => {
    move(reported);
    mark.focus();
  });

  strip.classList.add("movable");
  // Nothing within a picture can be reached.
  strip.setAttribute("role", "group");
  const name = row.cells[0].querySelector("a").textContent;
  const roles = { role: "slider", tabindex: 0, "aria-label": `Document's value of ${name}` };
  for (const [key, value] of Object.entries({ ...roles, "aria-valuemin": low, "aria-valuemax": high })) {
    mark.setAttribute(key, value);
  }
  move(reported);
}

// Within another page a run stands alone: play.html?RUN. A fragment would scroll that page too.
const alone = [...document.querySelectorAll(".play [data-rule]")].find((row) => row.id === location.search.slice(1));
alone?.parentElement.replaceChildren(alone);
for (const row of document.querySelectorAll("[data-rule]")) play(row);
for (const hint of document.querySelectorAll(".hint")) hint.hidden = false;
