/*
 * Guest SDK for plugins written in C: wasm ABI 1 in one header. Copy it, it is yours.
 *
 *     #include "sheaf.h"
 *
 *     COMMAND(greet) {
 *       write_raw("{\"text\":");
 *       write_text(text_or(member(input, "name"), TEXT("you")));
 *       write_raw("}");
 *     }
 *
 * A command reads the JSON value `input` and writes the JSON of its answer, or calls `fail`. No library is
 * linked: clang and its linker are all that a build needs.
 *
 *     clang-19 -c --target=wasm32 -Os -ffreestanding -mbulk-memory -Wno-unused-function -o greet.o greet.c
 *     wasm-ld-19 --no-entry --strip-all -z stack-size=65536 --stack-first -o greet.wasm greet.o
 *
 * Memory is an arena: `take` never frees, and the `alloc` that brings the next call's input empties it. What is to
 * last from call to call is built as one block and handed to `keep`. Static variables last, too.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Deeper JSON than this is refused: the parser recurses, and a stack overflow would kill the plugin. */
#define MAX_DEPTH 64
#define WASM_PAGE 65536u

/* ---- texts: UTF-8, without a terminating zero ---- */

typedef struct {
  const char *at;
  uint32_t length;
} Text;

#define TEXT(literal) ((Text){literal, sizeof(literal) - 1})

static inline bool same_text(Text a, Text b) {
  return a.length == b.length && __builtin_memcmp(a.at, b.at, a.length) == 0;
}

/** The compiler calls it for comparisons of unknown length. */
int memcmp(const void *a, const void *b, size_t length) {
  const uint8_t *left = a, *right = b;
  for (size_t i = 0; i < length; i++) {
    if (left[i] != right[i]) return left[i] - right[i];
  }
  return 0;
}

/* ---- memory ---- */

extern uint8_t __heap_base;

/** What lasts: one block, at the start of the heap or, until the present call has been answered, in the arena. */
static void *kept = NULL;
static uint32_t kept_bytes = 0;
static uint32_t arena_top = 0;
static bool in_call = false;

static inline uint32_t aligned(uint32_t address) { return (address + 7) & ~7u; }
static inline uint32_t heap_start(void) { return aligned((uint32_t)(uintptr_t)&__heap_base); }

/** Makes addresses up to `end` usable. A plugin that gets no more memory ends, and the host sees why. */
static void reserve(uint64_t end) {
  const uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * WASM_PAGE;
  if (end <= have) return;
  const uint64_t pages = (end - have + WASM_PAGE - 1) / WASM_PAGE;
  if (end > UINT32_MAX || __builtin_wasm_memory_grow(0, pages) == (size_t)-1) __builtin_trap();
}

/** Room for `bytes`, not cleared, until the call has been answered. */
static void *take(uint32_t bytes) {
  const uint32_t at = aligned(arena_top);
  reserve((uint64_t)at + bytes);
  arena_top = at + bytes;
  return (void *)(uintptr_t)at;
}

/**
 * Lets a block of the arena last, in place of the one that was kept before. It moves before the next call begins, so
 * it must not hold addresses; where it is says `kept`.
 */
static inline void keep(void *block, uint32_t bytes) {
  kept = block;
  kept_bytes = bytes;
}

static void begin_arena(void) {
  void *const home = (void *)(uintptr_t)heap_start();
  if (kept_bytes > 0 && kept != home) kept = __builtin_memmove(home, kept, kept_bytes);
  arena_top = heap_start() + kept_bytes;
}

/** ABI: room for `length` bytes that the host is about to write. */
__attribute__((export_name("alloc"))) uint32_t sheaf_alloc(uint32_t length) {
  if (!in_call) begin_arena();
  return (uint32_t)(uintptr_t)take(length);
}

/* ---- JSON that comes in (RFC 8259) ---- */

typedef enum { NOTHING, BOOLEAN, NUMBER, STRING, LIST, OBJECT } Kind;

/**
 * A value; its members follow it, a member of an object as its key and its value. Reading what is not there yields
 * nothing, so that look-ups chain.
 */
typedef struct Value {
  Kind kind;
  /** Values from this one to the one behind it, its own members included. */
  uint32_t span;
  union {
    double number;
    Text text;
    uint32_t members;
  };
} Value;
typedef const Value *Json;

static const Value NO_VALUE = {NOTHING, 1, {0}};

static inline uint32_t length_of(Json value) { return value->kind == LIST ? value->members : 0; }
static inline Json first_of(Json value) { return value + 1; }
static inline Json behind(Json value) { return value + value->span; }

/** A member of an object. Of a key that is there twice, the last counts, as in JavaScript. */
static Json member_named(Json object, Text key) {
  if (object->kind != OBJECT) return &NO_VALUE;
  Json found = &NO_VALUE, at = first_of(object);
  for (uint32_t i = 0; i < object->members; i++) {
    if (same_text(at->text, key)) found = at + 1;
    at = behind(at + 1);
  }
  return found;
}
#define member(object, key) member_named(object, TEXT(key))

static inline Text text_or(Json value, Text fallback) { return value->kind == STRING ? value->text : fallback; }
static inline double number_or(Json value, double fallback) {
  return value->kind == NUMBER ? value->number : fallback;
}

typedef struct {
  char *at;
  char *end;
  Value *top;
  bool failed;
} Parser;

static int peek(Parser *parser) { return parser->at < parser->end ? (uint8_t)*parser->at : -1; }

static void skip_space(Parser *parser) {
  for (int unit = peek(parser); unit == ' ' || unit == '\n' || unit == '\r' || unit == '\t'; unit = peek(parser))
    parser->at++;
}

/** Steps over a character and the space around it, if it comes next. */
static bool accept(Parser *parser, char expected) {
  skip_space(parser);
  if (peek(parser) != expected) return false;
  parser->at++;
  skip_space(parser);
  return true;
}

static bool accept_word(Parser *parser, Text word) {
  if ((uint32_t)(parser->end - parser->at) < word.length) return false;
  if (!same_text((Text){parser->at, word.length}, word)) return false;
  parser->at += word.length;
  return true;
}

/** Values lie one behind the other at the end of the arena: nothing else may be taken while one is read. */
static Value *push(Parser *parser, Kind kind) {
  reserve((uint64_t)(uintptr_t)(parser->top + 1));
  Value *value = parser->top++;
  *value = (Value){kind, 1, {0}};
  return value;
}

static int hex_digit(int unit) {
  if (unit >= '0' && unit <= '9') return unit - '0';
  unit |= 0x20;
  return unit >= 'a' && unit <= 'f' ? unit - 'a' + 10 : -1;
}

/** The four digits behind `\u`; -1 and a failed parser when they are not. */
static int hex_unit(Parser *parser) {
  int unit = 0;
  for (int i = 0; i < 4; i++) {
    const int digit = hex_digit(peek(parser));
    if (digit < 0) {
      parser->failed = true;
      return -1;
    }
    unit = unit << 4 | digit;
    parser->at++;
  }
  return unit;
}

static char *put_utf8(char *to, uint32_t point) {
  if (point < 0x80) {
    *to++ = (char)point;
    return to;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  static const uint8_t LEADS[] = {0, 0xc0, 0xe0, 0xf0};
  *to++ = (char)(LEADS[more] | point >> 6 * more);
  for (int left = more - 1; left >= 0; left--) *to++ = (char)(0x80 | (point >> 6 * left & 0x3f));
  return to;
}

/** A `\u` escape, of two units where it has to be. A lone surrogate becomes U+FFFD: UTF-8 cannot carry it. */
static char *read_unicode(Parser *parser, char *to) {
  uint32_t point = (uint32_t)hex_unit(parser);
  if (parser->failed) return to;
  if ((point & 0xfc00) == 0xd800 && accept_word(parser, TEXT("\\u"))) {
    const uint32_t second = (uint32_t)hex_unit(parser);
    if (parser->failed) return to;
    if ((second & 0xfc00) == 0xdc00) return put_utf8(to, 0x10000 + ((point & 0x3ff) << 10 | (second & 0x3ff)));
    to = put_utf8(to, 0xfffd);
    point = second;
  }
  return put_utf8(to, (point & 0xf800) == 0xd800 ? 0xfffd : point);
}

/** A string, unescaped where it stands: no escape is shorter than what it means. */
static Text read_string(Parser *parser) {
  char *const from = ++parser->at;
  char *to = from;
  for (;;) {
    const int unit = peek(parser);
    if (unit < 0x20) {
      parser->failed = true;
      return TEXT("");
    }
    parser->at++;
    if (unit == '"') return (Text){from, (uint32_t)(to - from)};
    if (unit != '\\') {
      *to++ = (char)unit;
      continue;
    }
    const int letter = peek(parser);
    parser->at++;
    if (letter == '"' || letter == '\\' || letter == '/') *to++ = (char)letter;
    else if (letter == 'n') *to++ = '\n';
    else if (letter == 't') *to++ = '\t';
    else if (letter == 'r') *to++ = '\r';
    else if (letter == 'b') *to++ = '\b';
    else if (letter == 'f') *to++ = '\f';
    else if (letter == 'u') to = read_unicode(parser, to);
    else parser->failed = true;
    if (parser->failed) return TEXT("");
  }
}

/** Digits of a number, added to `mantissa` while it has room; `dropped` counts those that it had none for. */
static uint32_t read_digits(Parser *parser, uint64_t *mantissa, int *dropped) {
  uint32_t count = 0;
  for (int unit = peek(parser); unit >= '0' && unit <= '9'; unit = peek(parser)) {
    if (*mantissa < 100000000000000000u) *mantissa = *mantissa * 10 + (uint32_t)(unit - '0');
    else ++*dropped;
    parser->at++;
    count++;
  }
  return count;
}

/** Exact for integers up to 2^53 and to the last bit or two for everything else. */
static double read_number(Parser *parser) {
  const bool negative = peek(parser) == '-';
  if (negative) parser->at++;
  const bool leading_zero = peek(parser) == '0';
  uint64_t mantissa = 0;
  int exponent = 0;
  const uint32_t whole = read_digits(parser, &mantissa, &exponent);
  if (whole == 0 || (leading_zero && whole > 1)) parser->failed = true;
  if (peek(parser) == '.') {
    parser->at++;
    int dropped = 0;
    const uint32_t count = read_digits(parser, &mantissa, &dropped);
    if (count == 0) parser->failed = true;
    exponent -= (int)count - dropped;
  }
  if ((peek(parser) | 0x20) == 'e') {
    parser->at++;
    const bool down = peek(parser) == '-';
    if (down || peek(parser) == '+') parser->at++;
    uint64_t written = 0;
    int ignored = 0;
    if (read_digits(parser, &written, &ignored) == 0) parser->failed = true;
    const int bounded = written > 9999 ? 9999 : (int)written;
    exponent += down ? -bounded : bounded;
  }
  double scale = 1;
  for (int left = exponent < 0 ? -exponent : exponent; left > 0 && scale < 1e300; left--) scale *= 10;
  const double magnitude = exponent < 0 ? (double)mantissa / scale : (double)mantissa * scale;
  return negative ? -magnitude : magnitude;
}

static void read_value(Parser *parser, int depth);

static void read_members(Parser *parser, Kind kind, char end, int depth) {
  Value *const parent = push(parser, kind);
  uint32_t count = 0;
  if (!accept(parser, end)) {
    do {
      if (kind == OBJECT) {
        if (peek(parser) != '"') parser->failed = true;
        else push(parser, STRING)->text = read_string(parser);
        if (parser->failed || !accept(parser, ':')) parser->failed = true;
      }
      if (!parser->failed) read_value(parser, depth + 1);
      count++;
    } while (!parser->failed && accept(parser, ','));
    if (parser->failed || !accept(parser, end)) parser->failed = true;
  }
  parent->members = count;
  parent->span = (uint32_t)(parser->top - parent);
}

static void read_value(Parser *parser, int depth) {
  if (depth > MAX_DEPTH) parser->failed = true;
  else if (accept(parser, '{')) read_members(parser, OBJECT, '}', depth);
  else if (accept(parser, '[')) read_members(parser, LIST, ']', depth);
  else if (peek(parser) == '"') push(parser, STRING)->text = read_string(parser);
  else if (accept_word(parser, TEXT("true"))) push(parser, BOOLEAN)->number = 1;
  else if (accept_word(parser, TEXT("false"))) push(parser, BOOLEAN)->number = 0;
  else if (accept_word(parser, TEXT("null"))) push(parser, NOTHING);
  else push(parser, NUMBER)->number = read_number(parser);
}

/** Reads a JSON text, which is overwritten; a null pointer when it is none. */
static Json read_json(char *text, uint32_t length) {
  Value *const document = take(0);
  Parser parser = {text, text + length, document, false};
  read_value(&parser, 0);
  skip_space(&parser);
  arena_top = (uint32_t)(uintptr_t)parser.top;
  return parser.failed || parser.at < parser.end ? NULL : document;
}

/* ---- JSON that goes out ---- */

static char *answer = NULL;
static uint32_t answer_length = 0;
static uint32_t answer_room = 0;
static bool answer_failed = false;

static void write_bytes(const char *bytes, uint32_t length) {
  if (answer_length + length > answer_room) {
    answer_room = 2 * (answer_length + length) + 256;
    char *wider = take(answer_room);
    __builtin_memcpy(wider, answer, answer_length);
    answer = wider;
  }
  __builtin_memcpy(answer + answer_length, bytes, length);
  answer_length += length;
}

/** Writes JSON as it is. */
#define write_raw(literal) write_bytes(literal, sizeof(literal) - 1)

/** Writes a part of a string: escaped, without the quotes around it. */
static void write_part(Text text) {
  uint32_t from = 0;
  for (uint32_t i = 0; i < text.length; i++) {
    const uint8_t unit = (uint8_t)text.at[i];
    if (unit >= 0x20 && unit != '"' && unit != '\\') continue;
    write_bytes(text.at + from, i - from);
    const char escape[] = {'\\', 'u', '0', '0', "0123456789abcdef"[unit >> 4], "0123456789abcdef"[unit & 15]};
    if (unit == '"') write_raw("\\\"");
    else if (unit == '\\') write_raw("\\\\");
    else if (unit == '\n') write_raw("\\n");
    else write_bytes(escape, sizeof escape);
    from = i + 1;
  }
  write_bytes(text.at + from, text.length - from);
}

/** Writes a string. */
static void write_text(Text text) {
  write_raw("\"");
  write_part(text);
  write_raw("\"");
}

static void write_count(uint32_t count) {
  char digits[10];
  uint32_t at = sizeof digits;
  do digits[--at] = (char)('0' + count % 10);
  while (count /= 10);
  write_bytes(digits + at, (uint32_t)sizeof digits - at);
}

/** Answers with an error in place of what was written. @param code stable, for programs; a sentence for people. */
static void fail_about(Text code, Text sentence, Text about, Text end) {
  answer_length = 0;
  answer_failed = true;
  write_raw("{\"error\":{\"code\":");
  write_text(code);
  write_raw(",\"message\":\"");
  write_part(sentence);
  write_part(about);
  write_part(end);
  write_raw("\"}}");
}
#define fail(code, sentence) fail_about(TEXT(code), TEXT(sentence), TEXT(""), TEXT(""))

/** Begins an answer that is no error; of one that was begun before, or failed, nothing is left. */
static void begin_answer(void) {
  answer_length = 0;
  answer_failed = false;
  write_raw("{\"ok\":");
}

/* ---- commands and capabilities ---- */

static int64_t run_command(void (*command)(Json), uint32_t at, uint32_t length) {
  in_call = true;
  answer = NULL;
  answer_length = answer_room = 0;
  Json input = read_json((char *)(uintptr_t)at, length);
  if (input == NULL) fail("INVALID_JSON", "The input is not JSON, or nested too deep.");
  else {
    begin_answer();
    command(input);
    if (!answer_failed) write_raw("}");
  }
  in_call = false;
  return (int64_t)((uint64_t)(uintptr_t)answer << 32 | answer_length);
}

/** Begins a command: the body gets the JSON value `input`. Its name is that of the export. */
#define COMMAND(name)                                                                              \
  static void name(Json input);                                                                    \
  __attribute__((export_name(#name))) int64_t export_##name(uint32_t at, uint32_t length) {        \
    return run_command(name, at, length);                                                          \
  }                                                                                                \
  static void name(Json input)

/** Declares a function of a capability: an import whose module is the capability's id. */
#define CAPABILITY(name, id, function) \
  __attribute__((import_module(id), import_name(function))) int64_t name(uint32_t at, uint32_t length)

/**
 * Calls a capability of the host. A null pointer when it refused: the command has failed with its error, unless it
 * begins an answer all the same.
 */
static Json ask(int64_t (*capability)(uint32_t, uint32_t), Text request) {
  const uint64_t reply = (uint64_t)capability((uint32_t)(uintptr_t)request.at, request.length);
  Json read = read_json((char *)(uintptr_t)(reply >> 32), (uint32_t)reply);
  if (read == NULL) {
    fail("INVALID_REPLY", "The host answered with something that is not JSON.");
    return NULL;
  }
  Json error = member(read, "error");
  if (error->kind == NOTHING) return member(read, "ok");
  const Text message = text_or(member(error, "message"), TEXT("The host refused."));
  fail_about(text_or(member(error, "code"), TEXT("UNKNOWN")), message, TEXT(""), TEXT(""));
  return NULL;
}
