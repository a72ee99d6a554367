/* Numbers names in the order of their first mention: a hash table of texts with open addressing. */
#pragma once
#include "sheaf.h"

typedef struct {
  Text *names;
  uint32_t count;
  /** Number of a name, plus one; 0 where there is none. */
  uint32_t *slots;
  /** Slots less one; their count is a power of two and at least twice that of the names. */
  uint32_t mask;
} Names;

static uint32_t slots_for(uint32_t names) {
  uint32_t slots = 16;
  while (slots < 2 * names) slots *= 2;
  return slots;
}

/** A table in the arena that has room for `most` names. */
static Names create_names(uint32_t most) {
  const uint32_t slots = slots_for(most);
  Names names = {take(most * sizeof(Text)), 0, take(slots * sizeof(uint32_t)), slots - 1};
  __builtin_memset(names.slots, 0, slots * sizeof(uint32_t));
  return names;
}

/** FNV-1a, whose high bits are mixed in: the mask keeps the low ones only. */
static uint32_t hash_text(Text text) {
  uint32_t hash = 2166136261u;
  for (uint32_t i = 0; i < text.length; i++) hash = (hash ^ (uint8_t)text.at[i]) * 16777619u;
  return hash ^ hash >> 15;
}

/** The slot that holds a name, or the free one where it belongs. */
static uint32_t *slot_of(const Names *names, Text name) {
  uint32_t at = hash_text(name) & names->mask;
  while (names->slots[at] != 0 && !same_text(names->names[names->slots[at] - 1], name)) at = (at + 1) & names->mask;
  return &names->slots[at];
}

/** The number of a name, which gets the next one if it has none. */
static uint32_t add_name(Names *names, Text name) {
  uint32_t *slot = slot_of(names, name);
  if (*slot == 0) {
    names->names[names->count++] = name;
    *slot = names->count;
  }
  return *slot - 1;
}

#define NO_NAME UINT32_MAX

static uint32_t find_name(const Names *names, Text name) { return *slot_of(names, name) - 1; }
