// The verdict on a reported run, by the rule of stats/places.py and verdicts/reported_verdict.py and worth.py.
const ROUNDING = 1e-9;
const FARTHEST = 1e9;

// How far each number lies from the mean of the others, in their standard deviations.
function leaveOut(numbers) {
  const runs = numbers.length;
  const mean = numbers.reduce((sum, each) => sum + each, 0) / runs;
  const squares = numbers.map((each) => (each - mean) ** 2);
  const total = squares.reduce((sum, each) => sum + each, 0);
  return squares.map((square) => {
    const left = total - (square * runs) / (runs - 1);
    if (left <= ROUNDING * total) return square > 0 ? FARTHEST : 0;
    return (Math.sqrt(square / left) * runs * Math.sqrt(runs - 2)) / (runs - 1);
  });
}

// Distances above their median, in units of what lies between it and the ninth decile.
function standardize(distances) {
  const runs = distances.length;
  const ordered = [...distances].sort((a, b) => a - b);
  const [middle, decile, largest] = [runs / 2, (runs * 9) / 10, runs - 1].map((place) => ordered[Math.floor(place)]);
  const mean = distances.reduce((sum, each) => sum + each, 0) / runs;
  const deviation = Math.sqrt(distances.reduce((sum, each) => sum + (each - mean) ** 2, 0) / runs);
  const scale = [decile - middle, deviation].find((each) => each > ROUNDING * largest) ?? Math.max(1, largest);
  return distances.map((each) => (each - middle) / scale);
}

// The number of runs that lie as far off as the document's, itself included.
function findPlace(rule, values) {
  const runs = [values, ...rule.ours];
  const points = values.map((_, point) => leaveOut(runs.map((run) => run[point])));
  const families = [...new Set(rule.families)].map((family) => {
    const own = points.filter((_, point) => rule.families[point] === family);
    return standardize(runs.map((_, run) => own.reduce((sum, point) => sum + point[run], 0) / own.length));
  });
  const scores = runs.map((_, run) => Math.max(...families.map((family) => family[run])));
  return scores.filter((score) => score >= scores[0] - ROUNDING).length;
}

// The document's values, one of them moved, as it would print them.
function moveValue(rule, point, value) {
  const digits = rule.decimals[point];
  const printed = digits < 0 ? Math.round(value * 10 ** digits) / 10 ** digits : Number(value.toFixed(digits));
  return rule.document.with(point, printed);
}

// The bound of the difference in final accuracy, as a fraction.
function findWithin(rule, values) {
  const bounds = rule.bounds.map(([point, mean, reach, below, above, scale]) => {
    const far = Math.max(Math.abs(values[point] - below - mean), Math.abs(values[point] + above - mean));
    return (far + reach) / scale;
  });
  return bounds.length ? Math.max(...bounds) : NaN;
}

function judge(rule, values) {
  const all = rule.ours.length + 1;
  const place = findPlace(rule, values);
  const within = findWithin(rule, values);
  let word = rule.refuting ? "reproduced" : "consistent";
  if (place <= rule.doubtful) word = "doubtful";
  if (place <= rule.refuting) word = "not reproduced";
  const grade = rule.grades.find(([, most]) => within <= most)?.[0] ?? "weak";
  return { place, all, p: place / all, within, word, grade: word === "reproduced" ? grade : null };
}
