export { alloc } from '../sdk/assemblyscript';

import { command, fail, formatNumber, ok, Value } from '../sdk/assemblyscript';

class Item {
  constructor(
    readonly label: string,
    readonly value: f64,
  ) {}
}

/** The space that is left; whole rows are cut off its shorter side. */
class Space {
  constructor(
    public x: f64,
    public y: f64,
    public width: f64,
    public height: f64,
  ) {}
}

/** `{items: [{label, value}], width?, height?}` → `{svg}`: areas in proportion to values, as square as may be. */
export function treemap(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const width = input.get('width').numberOr(640);
    const height = input.get('height').numberOr(400);
    if (!(width > 0 && height > 0)) return fail('INVALID_INPUT', 'Width and height are above 0.');
    const given = input.get('items');
    const items: Item[] = [];
    let total = 0.0;
    for (let i = 0; i < given.length; i++) {
      const value = given.at(i).get('value').numberOr(0);
      if (value <= 0) continue;
      items.push(new Item(given.at(i).get('label').textOr(''), value));
      total += value;
    }
    items.sort((a, b) => (a.value < b.value ? 1 : a.value > b.value ? -1 : 0));
    const parts = [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${formatNumber(width)} ${formatNumber(height)}">`,
    ];
    squarify(items, (width * height) / total, new Space(0, 0, width, height), parts);
    parts.push('</svg>');
    return ok(Value.object().set('svg', Value.text(parts.join('\n'))));
  });
}

/**
 * Squarified treemaps (Bruls, Huizing, van Wijk 2000): a row takes items as long as its worst aspect ratio
 * does not get worse. `scale` is the area of one unit of value; items come largest first.
 */
function squarify(items: Item[], scale: f64, space: Space, parts: string[]): void {
  let from = 0;
  while (from < items.length) {
    const side = Math.min(space.width, space.height);
    let sum = items[from].value * scale;
    let end = from + 1;
    while (end < items.length) {
      const grown = sum + items[end].value * scale;
      if (worst(items, from, end + 1, grown, side, scale) > worst(items, from, end, sum, side, scale)) break;
      sum = grown;
      end++;
    }
    placeRow(items.slice(from, end), sum / side, scale, space, parts);
    from = end;
  }
}

/** The worst aspect ratio in a row of items whose areas add up to `sum`, laid along `side`. */
function worst(items: Item[], from: i32, end: i32, sum: f64, side: f64, scale: f64): f64 {
  const thickness = sum / side;
  const longest = (items[from].value * scale) / thickness;
  const shortest = (items[end - 1].value * scale) / thickness;
  return Math.max(longest / thickness, thickness / shortest);
}

function placeRow(row: Item[], thickness: f64, scale: f64, space: Space, parts: string[]): void {
  const upright = space.width >= space.height;
  let offset = 0.0;
  for (let i = 0; i < row.length; i++) {
    const extent = (row[i].value * scale) / thickness;
    if (upright) rectangle(row[i], space.x, space.y + offset, thickness, extent, parts);
    else rectangle(row[i], space.x + offset, space.y, extent, thickness, parts);
    offset += extent;
  }
  if (upright) {
    space.x += thickness;
    space.width -= thickness;
  } else {
    space.y += thickness;
    space.height -= thickness;
  }
}

function rectangle(item: Item, x: f64, y: f64, width: f64, height: f64, parts: string[]): void {
  const text = item.label.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  parts.push(
    `<g><title>${text}: ${formatNumber(item.value)}</title>` +
      `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"` +
      ` fill="#dde7f3" stroke="#456"/>`,
  );
  // A label that does not fit would cover its neighbours; the title still tells it.
  if ((item.label.length as f64) * 7 < width && height > 18) {
    parts.push(`<text x="${round(x + 4)}" y="${round(y + 14)}" font-size="12">${text}</text>`);
  }
  parts.push('</g>');
}

/** Two decimals: a hundredth of a pixel. */
function round(value: f64): string {
  return formatNumber(Math.round(value * 100) / 100);
}
