// Return the texts on the page whose contrast with what is behind them is below arguments[0], with that contrast.
const least = arguments[0];

function read(colour) {
  const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
  return { channels: [red, green, blue], alpha };
}

function over(front, back) {
  return front.channels.map((channel, i) => front.alpha * channel + (1 - front.alpha) * back[i]);
}

function luminance(channels) {
  const [red, green, blue] = channels.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function behind(element) {
  if (!element) return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  const colour = read(getComputedStyle(element).backgroundColor);
  return colour.alpha === 1 ? colour.channels : over(colour, behind(element.parentElement));
}

function opacity(element) {
  return element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1;
}

const found = [];
let count = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  // What a figure's text is drawn on is a shape, and no background; the figures choose their own inks, which have tests.
  if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("script, style, figure svg")) continue;
  count += 1;
  const style = getComputedStyle(element);
  const colour = read(element instanceof SVGElement ? style.fill : style.color);
  colour.alpha *= opacity(element);
  const back = behind(element);
  const [dark, light] = [luminance(over(colour, back)), luminance(back)].sort((a, b) => a - b);
  const contrast = (light + 0.05) / (dark + 0.05);
  if (contrast < least) found.push([walker.currentNode.data.trim(), contrast]);
}
return { count, found };
