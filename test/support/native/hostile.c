/* A native plugin that speaks protocol 1 and does what its file name says, up to the first '~'. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char line[1 << 20];
static char text[1 << 16];
static const char *mode;

static int is(const char *name) { return strcmp(mode, name) == 0; }

static long number(const char *key) {
  const char *at = strstr(line, key);
  return at == NULL ? 0 : strtol(at + strlen(key), NULL, 10);
}

static void answer(long id, const char *result) {
  printf("{\"jsonrpc\":\"2.0\",\"id\":%ld,\"result\":%s}\n", id, result);
  fflush(stdout);
}

/* Appends "path": "what became of it". */
static void tell(const char *path, int descriptor) {
  size_t length = strlen(text);
  const char *what = descriptor >= 0 ? "done" : strerror(errno);
  snprintf(text + length, sizeof text - length, "%s\"%s\":\"%s\"", length == 1 ? "" : ",", path, what);
  if (descriptor >= 0) close(descriptor);
}

static void paths(long id, int flags) {
  strcpy(text, "{");
  char *at = strstr(line, "\"paths\":[");
  for (char *path = strtok(at + 9, "\","); path != NULL && path[0] != ']'; path = strtok(NULL, "\","))
    tell(path, open(path, flags, 0644));
  strcat(text, "}");
  answer(id, text);
}

static void reach(long id) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)number("\"port\":"))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  strcpy(text, "{");
  tell("socket", descriptor < 0 ? -1 : dup(descriptor));
  tell("connect", connect(descriptor, (struct sockaddr *)&address, sizeof address));
  strcat(text, "}");
  answer(id, text);
}

static void fill(long id) {
  static char block[1 << 16];
  int descriptor = open("filled", O_CREAT | O_WRONLY, 0600);
  long written = 0;
  for (ssize_t count; (count = write(descriptor, block, sizeof block)) > 0;) written += count;
  strcpy(text, "{");
  tell("write", -1);
  snprintf(text + strlen(text), 64, ",\"bytes\":%ld}", written);
  answer(id, text);
}

static void grow(void) {
  for (;;) {
    char *block = malloc(1 << 20);
    if (block == NULL) abort();
    memset(block, 1, 1 << 20);
  }
}

static void daemonize(void) {
  if (fork() == 0) {
    setsid();
    if (fork() == 0) for (;;) pause();
  }
  _exit(3);
}

static void flood(void) {
  static char block[1 << 16];
  memset(block, 'x', sizeof block);
  for (int count = 0; count < 512; count += 1) fwrite(block, 1, sizeof block, stderr);
  fputs("the last word", stderr);
}

static void execute(long id) {
  if (is("reads")) paths(id, O_RDONLY);
  else if (is("writes")) paths(id, O_WRONLY | O_CREAT);
  else if (is("reaches")) reach(id);
  else if (is("fills")) fill(id);
  else if (is("grows")) grow();
  else if (is("leaves")) daemonize();
  else if (is("spins")) for (;;) continue;
  else if (is("forks")) for (;;) fork();
  else if (is("another-id")) answer(id + 1000, "1");
  else if (is("answers-twice")) { answer(id, "1"); answer(id, "1"); }
  else if (is("long-line")) for (;;) fputs("too long", stdout);
  else if (is("kills")) {
    kill(getppid(), SIGKILL);
    kill(1, SIGKILL);
    kill(-1, SIGKILL);
    answer(id, "\"alive\"");
  } else {
    if (is("floods")) flood();
    answer(id, "\"well\"");
  }
}

int main(int count, char **arguments) {
  char *name = strrchr(arguments[count - 1], '/') + 1;
  *strchr(name, '~') = 0;
  mode = name;
  if (is("mute")) for (;;) pause();
  if (is("deaf")) signal(SIGTERM, SIG_IGN);
  while (fgets(line, sizeof line, stdin) != NULL) {
    long id = number("\"id\":");
    if (strstr(line, "\"method\":\"execute\"") != NULL) execute(id);
    else if (strstr(line, "\"method\":\"initialize\"") != NULL) {
      if (is("garbage")) puts("Segmentation fault (core dumped)");
      else answer(id, "{\"protocol\":1,\"commands\":[\"run\"]}");
      fflush(stdout);
    } else if (strstr(line, "\"method\":\"shutdown\"") != NULL && !is("deaf")) {
      answer(id, "null");
      return 0;
    }
  }
  if (is("deaf")) for (;;) pause();
  return 0;
}
