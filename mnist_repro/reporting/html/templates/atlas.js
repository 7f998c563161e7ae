// The runs of all documents, by document, framework and verdict; without a script all of them stand there.
const atlas = document.getElementById("atlas");

function chooseRuns() {
  const rows = [...atlas.querySelectorAll("tbody > tr")];
  const shown = choose(atlas.querySelector("form"), rows);
  atlas.querySelector(".count").textContent = shown
    ? `${shown} of ${rows.length} runs shown`
    : "No run matches. Reset shows all.";
}

if (atlas) {
  const choices = atlas.querySelector("form");
  choices.hidden = false;
  choices.addEventListener("change", chooseRuns);
  // The fields are empty only after this event.
  choices.addEventListener("reset", () => setTimeout(chooseRuns));
}
