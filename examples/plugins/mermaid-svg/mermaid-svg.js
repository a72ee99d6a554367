/** Distances in pixels; text is measured by its length, because nothing here knows a font. */
const FONT = 14;
const LETTER = 8;
const PADDING = 16;
const HEIGHT = 36;
const GAP = { layers: 64, nodes: 24 };
const MARGIN = 16;

const DIRECTIONS = ['LR', 'RL', 'TB', 'TD', 'BT'];
const MOST_NODES = 2000;

/**
 * `{mermaid}` or `{graph: {nodes: [{id, label?}], edges: [{from, to, label?}]}, direction?}` → `{svg, width, height}`.
 * Nodes are drawn in layers, so that edges lead one way where they can; an edge that closes a cycle leads back.
 */
export function draw({ mermaid, graph, direction }) {
  const chart = mermaid === undefined ? readGraph(graph, direction) : readMermaid(mermaid);
  if (!DIRECTIONS.includes(chart.direction))
    refuse('INVALID_INPUT', `The direction is ${DIRECTIONS.join(', ')}.`);
  if (chart.nodes.size > MOST_NODES)
    refuse('TOO_LARGE', `More than ${MOST_NODES} nodes cannot be drawn legibly.`);
  const layerOf = assignLayers(chart);
  const routes = routeEdges(chart, layerOf);
  return write(chart, routes, place(chart, orderLayers(routes, layerOf)));
}

/** `{mermaid}` → `{graph: {nodes, edges}, direction}`: the graph that a flowchart shows. */
export function parse({ mermaid }) {
  const { nodes, edges, direction } = readMermaid(mermaid);
  return { graph: { nodes: [...nodes.values()].map(({ id, label }) => ({ id, label })), edges }, direction };
}

function refuse(code, message) {
  throw Object.assign(new Error(message), { code });
}

/* ---- reading ---- */

function createChart(direction) {
  return { nodes: new Map(), edges: [], direction };
}

function mention(chart, id, label) {
  const node = chart.nodes.get(id);
  if (node === undefined) chart.nodes.set(id, { id, label: label ?? id });
  else if (label !== undefined) node.label = label;
  return id;
}

function readGraph(graph, direction = 'LR') {
  const chart = createChart(direction);
  for (const node of graph?.nodes ?? []) {
    const { id, label } = typeof node === 'string' ? { id: node } : node;
    mention(chart, String(id), label);
  }
  for (const { from, to, label } of graph?.edges ?? []) {
    chart.edges.push({
      from: mention(chart, String(from)),
      to: mention(chart, String(to)),
      ...(label ? { label } : {}),
    });
  }
  return chart;
}

const HEAD = /^(?:flowchart|graph)(?:\s+(\w+))?$/;
/** Ends at a line feed or a semicolon, but not at one within quotes, where entities have them. */
const STATEMENT = /(?:"[^"\n]*"|[^;\n"])+/g;
const NODE =
  /^([\w.-]*\w)\s*(?:\[\s*("[^"]*"|[^\]]*)\s*\]|\(\s*("[^"]*"|[^)]*)\s*\)|\{\s*("[^"]*"|[^}]*)\s*\})?/;
const ARROW = /^\s*(?:-->|---|==>|-\.->)\s*(?:\|("[^"]*"|[^|]*)\|)?\s*/;

/** Flowcharts of nodes, arrows, chains of arrows and labels; comments and styles are passed over. */
function readMermaid(source) {
  const statements = String(source).match(STATEMENT) ?? [];
  const lines = statements.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('%%'));
  const head = HEAD.exec(lines.shift() ?? '');
  if (head === null) refuse('UNREADABLE', 'A flowchart begins with "flowchart" and a direction.');
  const chart = createChart(head[1] ?? 'TB');
  for (const line of lines) {
    if (!/^(classDef|class|style|linkStyle|click)\s/.test(line)) readChain(chart, line);
  }
  return chart;
}

function readChain(chart, line) {
  let rest = line;
  let from;
  let label;
  for (;;) {
    const node = NODE.exec(rest);
    if (node === null) refuse('UNREADABLE', `This line is no part of a flowchart that can be drawn: ${line}`);
    const id = mention(chart, node[1], readLabel(node[2] ?? node[3] ?? node[4]));
    if (from !== undefined) chart.edges.push({ from, to: id, ...(label ? { label } : {}) });
    rest = rest.slice(node[0].length);
    if (rest.trim() === '') return;
    const arrow = ARROW.exec(rest);
    if (arrow === null)
      refuse('UNREADABLE', `This line is no part of a flowchart that can be drawn: ${line}`);
    from = id;
    label = readLabel(arrow[1]);
    rest = rest.slice(arrow[0].length);
  }
}

/** Mermaid's own entities, as mermaid-diagram writes them: `#quot;`, `#35;`. */
function readLabel(text) {
  return text
    ?.replace(/^"(.*)"$/, '$1')
    .replaceAll('<br/>', '\n')
    .replaceAll('#quot;', '"')
    .replace(/#(\d{1,7});/g, (whole, number) => (number <= 0x10ffff ? String.fromCodePoint(number) : whole));
}

/* ---- arranging: layers by longest path, order within them by barycentres (Sugiyama, Tagawa and Toda, 1981) ---- */

/** Layer by node. Edges that close a cycle, as a depth-first search finds them, are left out of account. */
function assignLayers({ nodes, edges }) {
  const targets = new Map([...nodes.keys()].map((id) => [id, []]));
  for (const { from, to } of edges) if (from !== to) targets.get(from).push(to);
  const order = [];
  const state = new Map();
  for (const root of nodes.keys()) {
    if (state.has(root)) continue;
    // An explicit stack: the interpreter's own is short.
    const stack = [[root, 0]];
    state.set(root, 'open');
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const next = targets.get(top[0])[top[1]++];
      if (next === undefined) {
        state.set(top[0], 'done');
        order.push(stack.pop()[0]);
      } else if (!state.has(next)) {
        state.set(next, 'open');
        stack.push([next, 0]);
      }
    }
  }
  order.reverse();
  const position = new Map(order.map((id, index) => [id, index]));
  const layer = new Map(order.map((id) => [id, 0]));
  for (const id of order) {
    for (const to of targets.get(id)) {
      if (position.get(to) > position.get(id)) layer.set(to, Math.max(layer.get(to), layer.get(id) + 1));
    }
  }
  return layer;
}

/**
 * The way of each edge from layer to layer, as ids: where it passes a layer by, a bend of its own takes a place there,
 * so that it leads past the nodes. Bends get a layer like nodes do.
 */
function routeEdges({ edges }, layerOf) {
  let bends = 0;
  return edges.map((edge) => {
    const isBack = layerOf.get(edge.from) > layerOf.get(edge.to);
    const [first, last] = isBack ? [edge.to, edge.from] : [edge.from, edge.to];
    const way = [first];
    for (let layer = layerOf.get(first) + 1; layer < layerOf.get(last); layer++) {
      // No node has this id: those of nodes are texts.
      const bend = Symbol(bends++);
      layerOf.set(bend, layer);
      way.push(bend);
    }
    way.push(last);
    return { edge, way, isBack };
  });
}

const SWEEPS = 8;

/** The layers as lists of ids; each sweep puts nodes and bends beside the middle of what they are connected with. */
function orderLayers(routes, layerOf) {
  const layers = [];
  for (const [id, layer] of layerOf) (layers[layer] ??= []).push(id);
  const neighbours = new Map([...layerOf.keys()].map((id) => [id, []]));
  for (const { way } of routes) {
    for (let i = 1; i < way.length; i++) {
      neighbours.get(way[i - 1]).push(way[i]);
      neighbours.get(way[i]).push(way[i - 1]);
    }
  }
  const rank = new Map();
  const number = (layer) => layer.forEach((id, index) => rank.set(id, (index + 0.5) / layer.length));
  layers.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of sweep % 2 === 0 ? layers : layers.toReversed()) {
      const middleOf = (id) =>
        mean(
          neighbours.get(id).map((other) => rank.get(other)),
          rank.get(id),
        );
      const middle = new Map(layer.map((id) => [id, middleOf(id)]));
      layer.sort((a, b) => middle.get(a) - middle.get(b));
      number(layer);
    }
  }
  return layers;
}

function mean(values, otherwise) {
  return values.length === 0 ? otherwise : values.reduce((sum, value) => sum + value, 0) / values.length;
}

const BEND = { width: 0, height: 0 };

/** Boxes of nodes and bends by id, `{x, y, width, height}`, and the size of the whole. */
function place({ nodes, direction }, layers) {
  const isUpright = direction !== 'LR' && direction !== 'RL';
  const sizes = new Map([...nodes.values()].map(({ id, label }) => [id, sizeOf(label)]));
  const sizeOfId = (id) => sizes.get(id) ?? BEND;
  const extent = (id) => (isUpright ? sizeOfId(id).width : sizeOfId(id).height);
  const depth = (id) => (isUpright ? sizeOfId(id).height : sizeOfId(id).width);
  const lengths = layers.map((layer) => layer.reduce((sum, id) => sum + extent(id) + GAP.nodes, -GAP.nodes));
  const across = Math.max(0, ...lengths);
  const boxes = new Map();
  let main = 0;
  layers.forEach((layer, index) => {
    const thickness = Math.max(...layer.map(depth));
    let side = (across - lengths[index]) / 2;
    for (const id of layer) {
      const middle = main + (thickness - depth(id)) / 2;
      const { width, height } = sizeOfId(id);
      boxes.set(
        id,
        isUpright ? { x: side, y: middle, width, height } : { x: middle, y: side, width, height },
      );
      side += extent(id) + GAP.nodes;
    }
    main += thickness + GAP.layers;
  });
  const along = Math.max(0, main - GAP.layers);
  const [width, height] = isUpright ? [across, along] : [along, across];
  for (const box of boxes.values()) {
    if (direction === 'RL') box.x = width - box.x - box.width;
    if (direction === 'BT') box.y = height - box.y - box.height;
    box.x += MARGIN;
    box.y += MARGIN;
  }
  return { boxes, isUpright, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
}

function sizeOf(label) {
  const lines = label.split('\n');
  const longest = Math.max(...lines.map((line) => [...line].length));
  return { width: longest * LETTER + 2 * PADDING, height: HEIGHT + (lines.length - 1) * (FONT + 4) };
}

/* ---- writing ---- */

function write({ nodes }, routes, { boxes, isUpright, width, height }) {
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" font-family="sans-serif" font-size="${FONT}">`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker></defs>',
  ];
  for (const route of routes) parts.push(writeEdge(route, boxes, isUpright));
  for (const { id, label } of nodes.values()) parts.push(writeNode(boxes.get(id), label));
  parts.push('</svg>');
  return { svg: parts.join('\n'), width: round(width), height: round(height) };
}

function writeNode({ x, y, width, height }, label) {
  const lines = label.split('\n');
  const first = y + height / 2 + FONT / 3 - ((lines.length - 1) * (FONT + 4)) / 2;
  const texts = lines.map(
    (line, index) =>
      `<text x="${round(x + width / 2)}" y="${round(first + index * (FONT + 4))}" text-anchor="middle">${escape(line)}</text>`,
  );
  const box = `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="6" fill="#fff" stroke="#333"/>`;
  return [box, ...texts].join('');
}

/** Edges that lead back keep to one side, or they would lie on those that lead on. */
const ASIDE = 8;

/** From border to border by all bends, leaving and arriving along the way the layers lead. */
function writeEdge({ edge, way, isBack }, boxes, isUpright) {
  const shift = isBack ? ASIDE : 0;
  const points =
    edge.from === edge.to
      ? []
      : waypoints(
          way.map((id) => boxes.get(id)),
          isUpright,
          shift,
        );
  if (points.length === 0) return writeLoop(boxes.get(edge.from), edge.label);
  if (isBack) points.reverse();
  const at = ({ main, side }) =>
    isUpright ? `${round(side)} ${round(main)}` : `${round(main)} ${round(side)}`;
  const curves = points.slice(1).map((to, index) => {
    const from = points[index];
    const main = (from.main + to.main) / 2;
    return `C${at({ main, side: from.side })} ${at({ main, side: to.side })} ${at(to)}`;
  });
  const path = `<path d="M${at(points[0])}${curves.join('')}" fill="none" stroke="#333" marker-end="url(#arrow)"/>`;
  const [first, second] = points;
  const middle = { main: (first.main + second.main) / 2, side: (first.side + second.side) / 2 };
  const [x, y] = isUpright ? [middle.side, middle.main] : [middle.main, middle.side];
  return path + writeLabel(x, y - 4, edge.label);
}

/** Where an edge leaves its first box, passes bends, and arrives at the last; the layers may lead either way. */
function waypoints(boxes, isUpright, shift) {
  const [near, size, side] = isUpright ? ['y', 'height', centreX] : ['x', 'width', centreY];
  const leadsOn = boxes[0][near] < boxes[boxes.length - 1][near];
  return boxes.map((box, index) => {
    const isFar = (index === 0) === leadsOn;
    const main = box[size] === 0 ? box[near] : isFar ? box[near] + box[size] : box[near];
    return { main, side: side(box) + shift };
  });
}

/** An edge from a node to itself: an arc above its right corner. */
function writeLoop({ x, y, width }, label) {
  const right = round(x + width);
  const path = `<path d="M${right - 16} ${round(y)}C${right - 16} ${round(y - 16)} ${right + 16} ${round(y)} ${right} ${round(y + 12)}" fill="none" stroke="#333" marker-end="url(#arrow)"/>`;
  return path + writeLabel(right, y - 6, label);
}

function writeLabel(x, y, label) {
  if (!label) return '';
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="middle" fill="#555">${escape(label)}</text>`;
}

const centreX = ({ x, width }) => x + width / 2;
const centreY = ({ y, height }) => y + height / 2;
const round = (number) => Math.round(number * 10) / 10;

/** A label is shown inside other people's pages: nothing of it may be markup, or what XML 1.0 has no characters for. */
function escape(text) {
  return [...text]
    .map((character) => ENTITIES[character] ?? (isCharacter(character) ? character : '\ufffd'))
    .join('');
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 §2.2. */
function isCharacter(character) {
  const point = character.codePointAt(0);
  if (point < 0x20) return point === 0x09 || point === 0x0a || point === 0x0d;
  return (point < 0xd800 || point > 0xdfff) && point !== 0xfffe && point !== 0xffff;
}
