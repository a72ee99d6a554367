#include "../sdk/c/names.h"

CAPABILITY(load_graph, "read-graph", "load");

/**
 * A directed graph in one block without addresses, which can be kept and moved: this header, then for each node
 * where its name and its edges begin, then the edges in both directions (compressed sparse rows), a hash table of
 * the names, room for a search, and the names themselves.
 */
typedef struct {
  uint32_t nodes;
  uint32_t edges;
  uint32_t mask;
  uint32_t name_bytes;
  /** Number of the latest search; a node whose mark is lower has not been seen by it. */
  uint32_t search;
  uint32_t words[];
} Graph;

/** Rows of one direction: the neighbours of `node` are `ends[starts[node]]` up to `ends[starts[node + 1]]`. */
typedef struct {
  uint32_t *starts;
  uint32_t *ends;
} Rows;

static inline uint32_t *name_starts(Graph *graph) { return graph->words; }
static inline Rows out_of(Graph *graph) {
  uint32_t *starts = name_starts(graph) + graph->nodes + 1;
  return (Rows){starts, starts + graph->nodes + 1};
}
static inline Rows into(Graph *graph) {
  uint32_t *starts = out_of(graph).ends + graph->edges;
  return (Rows){starts, starts + graph->nodes + 1};
}
static inline uint32_t *slots(Graph *graph) { return into(graph).ends + graph->edges; }
static inline uint32_t *marks(Graph *graph) { return slots(graph) + graph->mask + 1; }
static inline uint32_t *came_from(Graph *graph) { return marks(graph) + graph->nodes; }
static inline uint32_t *queue(Graph *graph) { return came_from(graph) + graph->nodes; }
static inline char *name_bytes(Graph *graph) { return (char *)(queue(graph) + graph->nodes); }

static uint32_t size_of(Graph *graph) {
  return (uint32_t)(name_bytes(graph) + graph->name_bytes - (char *)graph);
}

static Text name_of(Graph *graph, uint32_t node) {
  const uint32_t *starts = name_starts(graph);
  return (Text){name_bytes(graph) + starts[node], starts[node + 1] - starts[node]};
}

static uint32_t find_node(Graph *graph, Text name) {
  const uint32_t *table = slots(graph);
  for (uint32_t at = hash_text(name) & graph->mask; table[at] != 0; at = (at + 1) & graph->mask) {
    if (same_text(name_of(graph, table[at] - 1), name)) return table[at] - 1;
  }
  return NO_NAME;
}

/* ---- building ---- */

/** A node is its name, or an object with an `id`. */
static Text id_of(Json node) { return text_or(node->kind == OBJECT ? member(node, "id") : node, TEXT("")); }

typedef struct {
  uint32_t from;
  uint32_t to;
} Edge;

/** Sorts edges into rows by counting; edges of a node keep their order. */
static void fill_rows(Rows rows, uint32_t nodes, const Edge *edges, uint32_t count, bool forward) {
  __builtin_memset(rows.starts, 0, (nodes + 1) * sizeof(uint32_t));
  for (uint32_t i = 0; i < count; i++) rows.starts[(forward ? edges[i].from : edges[i].to) + 1]++;
  for (uint32_t node = 0; node < nodes; node++) rows.starts[node + 1] += rows.starts[node];
  uint32_t *next = take(nodes * sizeof(uint32_t));
  __builtin_memcpy(next, rows.starts, nodes * sizeof(uint32_t));
  for (uint32_t i = 0; i < count; i++) {
    const Edge edge = edges[i];
    rows.ends[next[forward ? edge.from : edge.to]++] = forward ? edge.to : edge.from;
  }
}

static Graph *build_graph(Names names, const Edge *edges, uint32_t edge_count) {
  uint32_t bytes = 0;
  for (uint32_t i = 0; i < names.count; i++) bytes += names.names[i].length;
  const Graph header = {names.count, edge_count, slots_for(names.count) - 1, bytes, 0};
  Graph probe = header;
  Graph *graph = take(size_of(&probe));
  *graph = header;

  uint32_t *starts = name_starts(graph);
  starts[0] = 0;
  __builtin_memset(slots(graph), 0, (graph->mask + 1) * sizeof(uint32_t));
  for (uint32_t i = 0; i < names.count; i++) {
    const Text name = names.names[i];
    __builtin_memcpy(name_bytes(graph) + starts[i], name.at, name.length);
    starts[i + 1] = starts[i] + name.length;
    uint32_t at = hash_text(name) & graph->mask;
    while (slots(graph)[at] != 0) at = (at + 1) & graph->mask;
    slots(graph)[at] = i + 1;
  }
  __builtin_memset(marks(graph), 0, graph->nodes * sizeof(uint32_t));
  fill_rows(out_of(graph), graph->nodes, edges, edge_count, true);
  fill_rows(into(graph), graph->nodes, edges, edge_count, false);
  return graph;
}

/** Reads `{"nodes": ["a"], "edges": [{"from": "a", "to": "b"}]}`; nodes that have edges need no mention. */
static Graph *read_graph(Json json) {
  Json nodes = member(json, "nodes"), edges = member(json, "edges");
  const uint32_t edge_count = length_of(edges);
  Names names = create_names(length_of(nodes) + 2 * edge_count);
  Edge *numbered = take(edge_count * sizeof(Edge));
  Json at = first_of(nodes);
  for (uint32_t i = 0; i < length_of(nodes); i++, at = behind(at)) add_name(&names, id_of(at));
  at = first_of(edges);
  for (uint32_t i = 0; i < edge_count; i++, at = behind(at)) {
    const uint32_t from = add_name(&names, text_or(member(at, "from"), TEXT("")));
    numbered[i] = (Edge){from, add_name(&names, text_or(member(at, "to"), TEXT("")))};
  }
  return build_graph(names, numbered, edge_count);
}

static Graph *keep_graph(Json json) {
  Graph *graph = read_graph(json);
  keep(graph, size_of(graph));
  return graph;
}

/** The graph of a call: its own, else the one that is kept, else the host's, which is kept from then on. */
static Graph *graph_of(Json input) {
  Json own = member(input, "graph");
  if (own->kind != NOTHING) return read_graph(own);
  if (kept != NULL) return kept;
  Json asked = ask(load_graph, TEXT("{}"));
  return asked == NULL ? NULL : keep_graph(asked);
}

/* ---- searching ---- */

/** The node that `input` names, or NO_NAME and a failed command. */
static uint32_t node_of(Graph *graph, Text name) {
  const uint32_t node = find_node(graph, name);
  if (node == NO_NAME) fail_about(TEXT("UNKNOWN_NODE"), TEXT("The graph has no node \""), name, TEXT("\"."));
  return node;
}

/**
 * Breadth-first search along `rows` and `more` (both may be the same), no further than `hops`, until `goal` is
 * found. Leaves the nodes in the order they were found in the queue, the first being where it began.
 */
static uint32_t search(Graph *graph, uint32_t from, Rows rows, Rows more, uint32_t hops, uint32_t goal) {
  uint32_t *const seen = marks(graph), *const found = queue(graph), *const previous = came_from(graph);
  const uint32_t mark = ++graph->search;
  const uint32_t directions = rows.ends == more.ends ? 1 : 2;
  uint32_t count = 1, level_end = 1, hop = 0;
  found[0] = from;
  seen[from] = mark;
  for (uint32_t next = 0; next < count && hop < hops; next++) {
    const uint32_t node = found[next];
    for (uint32_t direction = 0; direction < directions; direction++) {
      const Rows along = direction == 0 ? rows : more;
      for (uint32_t i = along.starts[node]; i < along.starts[node + 1]; i++) {
        const uint32_t neighbour = along.ends[i];
        if (seen[neighbour] == mark) continue;
        seen[neighbour] = mark;
        previous[neighbour] = node;
        found[count++] = neighbour;
        if (neighbour == goal) return count;
      }
    }
    if (next + 1 == level_end) {
      level_end = count;
      hop++;
    }
  }
  return count;
}

static void write_nodes(Graph *graph, const uint32_t *nodes, uint32_t count) {
  write_raw("{\"nodes\":[");
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) write_raw(",");
    write_text(name_of(graph, nodes[i]));
  }
  write_raw("]");
}

static uint32_t count_or(Json value, uint32_t fallback) {
  const double number = number_or(value, fallback);
  return number >= 0 && number <= UINT32_MAX ? (uint32_t)number : fallback;
}

/** How many nodes an answer lists unless the caller says; it always says how many there are. */
#define LISTED 100

static void write_found(Graph *graph, const uint32_t *nodes, uint32_t count, Json input) {
  const uint32_t limit = count_or(member(input, "limit"), LISTED);
  write_nodes(graph, nodes, count < limit ? count : limit);
  write_raw(",\"total\":");
  write_count(count);
  write_raw("}");
}

/**
 * Reads the graph of the host in advance: for a large one, starting leaves more time than a question does. A host
 * that gives none now is no fault; it is asked again by the first question that needs it.
 */
COMMAND(init) {
  (void)input;
  Json graph = ask(load_graph, TEXT("{}"));
  if (graph != NULL) keep_graph(graph);
  begin_answer();
  write_raw("null");
}

/** `{nodes?, edges?}` → `{nodes, edges}`, how many there are. Without a graph the host's is asked for again. */
COMMAND(load) {
  const bool is_given = member(input, "nodes")->kind != NOTHING || member(input, "edges")->kind != NOTHING;
  Json source = is_given ? input : ask(load_graph, TEXT("{}"));
  if (source == NULL) return;
  const Graph *graph = keep_graph(source);
  write_raw("{\"nodes\":");
  write_count(graph->nodes);
  write_raw(",\"edges\":");
  write_count(graph->edges);
  write_raw("}");
}

/** `{node, direction?: "out" | "in" | "both", hops?, limit?}` → `{nodes, total}`, nearest first, without itself. */
COMMAND(reach) {
  Graph *graph = graph_of(input);
  if (graph == NULL) return;
  const uint32_t node = node_of(graph, text_or(member(input, "node"), TEXT("")));
  if (node == NO_NAME) return;
  const Text direction = text_or(member(input, "direction"), TEXT("out"));
  const Rows first = same_text(direction, TEXT("in")) ? into(graph) : out_of(graph);
  const Rows second = same_text(direction, TEXT("both")) ? into(graph) : first;
  const uint32_t hops = count_or(member(input, "hops"), UINT32_MAX);
  const uint32_t count = search(graph, node, first, second, hops, NO_NAME);
  write_found(graph, queue(graph) + 1, count - 1, input);
}

/** `{from, to}` → `{nodes}`, a shortest path along the edges. */
COMMAND(path) {
  Graph *graph = graph_of(input);
  if (graph == NULL) return;
  const uint32_t from = node_of(graph, text_or(member(input, "from"), TEXT("")));
  if (from == NO_NAME) return;
  const uint32_t to = node_of(graph, text_or(member(input, "to"), TEXT("")));
  if (to == NO_NAME) return;
  search(graph, from, out_of(graph), out_of(graph), UINT32_MAX, to);
  if (marks(graph)[to] != graph->search) {
    fail("NO_PATH", "No path leads there.");
    return;
  }
  // The end of the queue is free now: a path is no longer than the graph has nodes.
  uint32_t *const nodes = queue(graph), at = graph->nodes;
  for (uint32_t node = to; node != from; node = came_from(graph)[node]) nodes[--at] = node;
  nodes[--at] = from;
  write_nodes(graph, nodes + at, graph->nodes - at);
  write_raw("}");
}

/** `{from, to, limit?}` → `{nodes, total}`: every node that lies on some way from one to the other. */
COMMAND(between) {
  Graph *graph = graph_of(input);
  if (graph == NULL) return;
  const uint32_t from = node_of(graph, text_or(member(input, "from"), TEXT("")));
  if (from == NO_NAME) return;
  const uint32_t to = node_of(graph, text_or(member(input, "to"), TEXT("")));
  if (to == NO_NAME) return;
  search(graph, to, into(graph), into(graph), UINT32_MAX, NO_NAME);
  // Of what leads to the end, a search from the beginning keeps what it finds.
  uint32_t *const leads = take(graph->nodes * sizeof(uint32_t));
  __builtin_memcpy(leads, marks(graph), graph->nodes * sizeof(uint32_t));
  const uint32_t mark = graph->search;
  const uint32_t count = search(graph, from, out_of(graph), out_of(graph), UINT32_MAX, NO_NAME);
  uint32_t *const found = queue(graph), kept_count = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (leads[found[i]] == mark) found[kept_count++] = found[i];
  }
  write_found(graph, found, kept_count, input);
}
