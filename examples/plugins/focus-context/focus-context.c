#include "../sdk/c/names.h"

CAPABILITY(load_graph, "read-graph", "load");

/** A node as the caller gave it, and how many edges it is away from the focus. */
typedef struct {
  Text text;
  uint32_t distance;
  bool included;
} Node;

typedef struct {
  uint32_t from;
  uint32_t to;
} Edge;

#define UNREACHED UINT32_MAX

/**
 * Edges by node, in both directions: the other ends of `node` are `others[starts[node]]` up to the next start, with
 * a mark on those that it leads to.
 */
typedef struct {
  uint32_t *starts;
  uint32_t *others;
} Adjacency;

#define LEADS_TO 0x80000000u

static Adjacency connect(const Edge *edges, uint32_t edge_count, uint32_t nodes) {
  Adjacency adjacency = {take((nodes + 2) * sizeof(uint32_t)), take(2 * edge_count * sizeof(uint32_t))};
  // One place further than they belong: filling the rows moves every start to its end, which is the next start.
  uint32_t *const starts = adjacency.starts;
  __builtin_memset(starts, 0, (nodes + 2) * sizeof(uint32_t));
  for (uint32_t i = 0; i < edge_count; i++) {
    starts[edges[i].from + 2]++;
    starts[edges[i].to + 2]++;
  }
  for (uint32_t node = 0; node < nodes; node++) starts[node + 2] += starts[node + 1];
  for (uint32_t i = 0; i < edge_count; i++) {
    adjacency.others[starts[edges[i].from + 1]++] = edges[i].to | LEADS_TO;
    adjacency.others[starts[edges[i].to + 1]++] = edges[i].from;
  }
  return adjacency;
}

/** English prose and code average about four bytes a token. */
static uint32_t tokens_of(uint32_t bytes) { return (bytes + 3) / 4; }

/** Bytes of the section that is being written, before they are escaped. */
static uint32_t section_bytes;

static void put(Text text) {
  section_bytes += text.length;
  write_part(text);
}

/** A node's section: a heading, its text, and what it leads to. */
static void write_section(const Names *names, const Node *nodes, Adjacency adjacency, uint32_t node) {
  section_bytes = 0;
  put(TEXT("## "));
  put(names->names[node]);
  put(TEXT("\n\n"));
  if (nodes[node].text.length > 0) {
    put(nodes[node].text);
    put(TEXT("\n\n"));
  }
  bool is_first = true;
  for (uint32_t i = adjacency.starts[node]; i < adjacency.starts[node + 1]; i++) {
    if ((adjacency.others[i] & LEADS_TO) == 0) continue;
    put(is_first ? TEXT("Uses: ") : TEXT(", "));
    put(names->names[adjacency.others[i] & ~LEADS_TO]);
    is_first = false;
  }
  if (!is_first) put(TEXT("\n\n"));
}

/** Breadth-first over edges in both directions, from all that is in focus at once. */
static uint32_t find_near(Node *nodes, uint32_t *order, uint32_t count, Adjacency adjacency, uint32_t hops) {
  for (uint32_t next = 0; next < count; next++) {
    const uint32_t node = order[next];
    if (nodes[node].distance >= hops) continue;
    for (uint32_t i = adjacency.starts[node]; i < adjacency.starts[node + 1]; i++) {
      const uint32_t other = adjacency.others[i] & ~LEADS_TO;
      if (nodes[other].distance != UNREACHED) continue;
      nodes[other].distance = nodes[node].distance + 1;
      order[count++] = other;
    }
  }
  return count;
}

static bool put_in_focus(const Names *names, Node *nodes, uint32_t *order, uint32_t *count, Text name) {
  const uint32_t node = find_name(names, name);
  if (node == NO_NAME) {
    fail_about(TEXT("UNKNOWN_NODE"), TEXT("The graph has no node \""), name, TEXT("\"."));
    return false;
  }
  if (nodes[node].distance != 0) order[(*count)++] = node;
  nodes[node].distance = 0;
  return true;
}

static void write_ids(const Names *names, const Node *nodes, const uint32_t *order, uint32_t count, bool included) {
  bool is_first = true;
  for (uint32_t i = 0; i < count; i++) {
    if (nodes[order[i]].included != included) continue;
    if (!is_first) write_raw(",");
    write_text(names->names[order[i]]);
    is_first = false;
  }
}

/**
 * `{graph?: {nodes: [{id, text}], edges}, focus: "a" | ["a"], budget, hops?: 2}` → `{text, tokens, included,
 * omitted}`: what lies within that many hops of the focus, nearest first, as many whole sections as the budget of
 * tokens has room for. Without a graph the host's is read.
 */
COMMAND(context) {
  Json graph = member(input, "graph");
  if (graph->kind == NOTHING) graph = ask(load_graph, TEXT("{}"));
  if (graph == NULL) return;
  const double budget = number_or(member(input, "budget"), 0);
  if (!(budget >= 1 && budget <= UINT32_MAX)) {
    fail("INVALID_INPUT", "Say how many tokens there are: {\"budget\": 2000}.");
    return;
  }
  const double far = number_or(member(input, "hops"), 2);
  const uint32_t hops = far >= 0 && far < UNREACHED ? (uint32_t)far : 2;

  Json given_nodes = member(graph, "nodes"), given_edges = member(graph, "edges");
  const uint32_t edge_count = length_of(given_edges);
  const uint32_t most = length_of(given_nodes) + 2 * edge_count;
  Names names = create_names(most);
  Node *nodes = take(most * sizeof(Node));
  for (uint32_t i = 0; i < most; i++) nodes[i] = (Node){TEXT(""), UNREACHED, false};
  Json at = first_of(given_nodes);
  for (uint32_t i = 0; i < length_of(given_nodes); i++, at = behind(at)) {
    const Text id = text_or(at->kind == OBJECT ? member(at, "id") : at, TEXT(""));
    nodes[add_name(&names, id)].text = text_or(member(at, "text"), TEXT(""));
  }
  Edge *edges = take(edge_count * sizeof(Edge));
  at = first_of(given_edges);
  for (uint32_t i = 0; i < edge_count; i++, at = behind(at)) {
    const uint32_t from = add_name(&names, text_or(member(at, "from"), TEXT("")));
    edges[i] = (Edge){from, add_name(&names, text_or(member(at, "to"), TEXT("")))};
  }

  uint32_t *order = take(most * sizeof(uint32_t)), count = 0;
  Json focus = member(input, "focus");
  if (focus->kind == LIST) {
    at = first_of(focus);
    for (uint32_t i = 0; i < length_of(focus); i++, at = behind(at)) {
      if (!put_in_focus(&names, nodes, order, &count, text_or(at, TEXT("")))) return;
    }
  } else if (!put_in_focus(&names, nodes, order, &count, text_or(focus, TEXT("")))) return;
  const Adjacency adjacency = connect(edges, edge_count, names.count);
  count = find_near(nodes, order, count, adjacency, hops);

  // Sections are written at once and taken back where they are too long: nothing else knows their length.
  write_raw("{\"text\":\"");
  uint32_t tokens = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t before = answer_length;
    write_section(&names, nodes, adjacency, order[i]);
    const uint32_t cost = tokens_of(section_bytes);
    nodes[order[i]].included = tokens + cost <= (uint32_t)budget;
    if (nodes[order[i]].included) tokens += cost;
    else answer_length = before;
  }
  write_raw("\",\"tokens\":");
  write_count(tokens);
  write_raw(",\"included\":[");
  write_ids(&names, nodes, order, count, true);
  write_raw("],\"omitted\":[");
  write_ids(&names, nodes, order, count, false);
  write_raw("]}");
}
