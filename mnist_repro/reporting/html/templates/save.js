// What is seen of the claims, as a file: made here, without a request.
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function formatCsv() {
  const rows = listShown().map((claim) => {
    const cells = [...claim.rows[0].cells].map((cell) => (cell.querySelector(".name") ?? cell).innerText);
    return [...cells, claim.querySelector(".source").textContent, claim.querySelector(".reason").textContent];
  });
  const lines = [[...headings.map((heading) => heading.textContent), "Source", "Reason"], ...rows];
  const quote = (text) => `"${text.trim().replace(/\s+/g, " ").replaceAll('"', '""')}"`;
  return lines.map((cells) => `${cells.map(quote).join(",")}\r\n`).join("");
}

// The table drawn by the page's own style.
async function drawTable() {
  const box = table.closest(".scroll");
  const [width, height] = [box.scrollWidth, box.scrollHeight];
  const copied = box.cloneNode(true);
  copied.style.cssText = `width: ${width}px; margin: 0; font: ${getComputedStyle(box).font}`;
  const style = document.createElement("style");
  style.textContent = document.querySelector("style").textContent;
  const inside = [style, copied].map((each) => new XMLSerializer().serializeToString(each)).join("");
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<foreignObject width="100%" height="100%">${inside}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  const scale = Math.min(2, 16000 / height);
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const context = canvas.getContext("2d");
  const body = getComputedStyle(document.body);
  context.fillStyle = body.backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(scale, scale);
  context.drawImage(image, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

form.elements.csv.addEventListener("click", () => save(new Blob([formatCsv()], { type: "text/csv" }), "claims.csv"));
form.elements.png.addEventListener("click", async () => save(await drawTable(), "claims.png"));
