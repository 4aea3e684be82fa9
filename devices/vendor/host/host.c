/* The program in which a vendor's shared library runs, apart from the terminal's agent.
 *
 * A library of 32 bits cannot be loaded by an agent of 64, and a library that crashes or hangs
 * takes down whatever loaded it: this program, which is built with the library's bitness and can
 * be killed. It needs nothing but the system. README.md beside it has the protocol and the
 * commands that build it; __main__.py is the same program in Python, and the same tests try both.
 *
 * What a library answers is personal. So every buffer is wiped once its answer is sent, nothing is
 * written anywhere, and a crash leaves no core file.
 *
 * Longer than 500 lines because it is one file, so that one command builds it on any machine.
 */

#ifndef _WIN32
#define _GNU_SOURCE
#endif
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <windows.h>
#else
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#endif

#define PROTOCOL 1
#define MAX_FRAME (256u * 1024)
#define MAX_OUT (128 * 1024)
#define MAX_TEXT (32u * 1024)
#define MAX_ARGUMENTS 8
#define MAX_FUNCTIONS 32
#define MAX_SECONDS 3600
#define MAX_TOKENS 128
#define MAX_DEPTH 4
#define MAX_NOTE 160
#define GUARD 4096
#define GUARD_BYTE 0xA5

enum ending { GO_ON = -1, DONE = 0, CUT_OFF = 1, TOO_LONG = 2, SPOILED = 3 };

static char frame[MAX_FRAME + 1];
static char reply[MAX_FRAME + 4];
static size_t replied;
/* Behind and before each output lies a guard: who writes past his buffer is seen. */
static unsigned char arena[MAX_OUT + (MAX_ARGUMENTS + 1) * GUARD + MAX_ARGUMENTS * 16];
static size_t arena_used;
static int from_agent, to_agent;

/* An ordinary memset before a buffer's end of life may be left out by a compiler. */
static void wipe(void *start, size_t length)
{
    volatile unsigned char *at = start;
    while (length--)
        *at++ = 0;
}

/* ---- JSON, as much as requests have: objects, arrays, texts, whole numbers of 32 bits ---- */

struct token {
    char kind;      /* { [ s i */
    int children;   /* of an object: keys and values together */
    int next;       /* the token behind this one and all that it holds */
    char *text;     /* decoded in its place, closed by NUL */
    size_t length;
    int32_t number;
};

static struct token tokens[MAX_TOKENS];
static int token_count;
static char *at, *end;

static int read_value(int depth);

static void skip_space(void)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
}

static int is_next(char wanted)
{
    skip_space();
    if (at >= end || *at != wanted)
        return 0;
    at++;
    return 1;
}

static int hex4(uint32_t *value)
{
    *value = 0;
    if (end - at < 4)
        return 0;
    for (int i = 0; i < 4; i++, at++) {
        char c = *at;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return 0;
        *value = *value << 4 | (uint32_t)digit;
    }
    return 1;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* NUL is refused, for the library's texts end there. */
static char *read_escape(char *to)
{
    static const char named[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    uint32_t c, low;
    if (at >= end)
        return NULL;
    char letter = *at++;
    if (letter != 'u') {
        for (const char *pair = named; *pair; pair += 2)
            if (*pair == letter)
                return *to = pair[1], to + 1;
        return NULL;
    }
    if (!hex4(&c) || c == 0 || (c >= 0xDC00 && c <= 0xDFFF))
        return NULL;
    if (c >= 0xD800 && c <= 0xDBFF) {
        if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
            return NULL;
        at += 2;
        if (!hex4(&low) || low < 0xDC00 || low > 0xDFFF)
            return NULL;
        c = 0x10000 + ((c - 0xD800) << 10 | (low - 0xDC00));
    }
    return put_utf8(to, c);
}

/* One character of UTF-8, refused where it is cut off, overlong, a surrogate or past 10FFFF. */
static char *copy_utf8(char *to)
{
    unsigned char first = (unsigned char)*at;
    int more = first < 0x80 ? 0 : first >= 0xC2 && first < 0xE0 ? 1
               : first >= 0xE0 && first < 0xF0 ? 2 : first >= 0xF0 && first < 0xF5 ? 3 : -1;
    if (more < 0 || end - at <= more)
        return NULL;
    uint32_t c = first & (more == 0 ? 0x7Fu : more == 1 ? 0x1Fu : more == 2 ? 0xFu : 7u);
    for (int i = 1; i <= more; i++) {
        if (((unsigned char)at[i] & 0xC0) != 0x80)
            return NULL;
        c = c << 6 | ((unsigned char)at[i] & 0x3Fu);
    }
    if ((more == 2 && (c < 0x800 || (c >= 0xD800 && c <= 0xDFFF))) ||
        (more == 3 && (c < 0x10000 || c > 0x10FFFF)))
        return NULL;
    at += more + 1;
    return put_utf8(to, c);
}

static int read_text(struct token *token)
{
    char *to = at;
    token->kind = 's';
    token->text = at;
    while (at < end && *at != '"') {
        if ((unsigned char)*at < 0x20)
            return 0;
        if (*at == '\\') {
            at++;
            to = read_escape(to);
        } else {
            to = copy_utf8(to);
        }
        if (to == NULL)
            return 0;
    }
    if (at >= end)
        return 0;
    at++;
    *to = 0;
    token->length = (size_t)(to - token->text);
    return 1;
}

static int read_number(struct token *token)
{
    int negative = *at == '-';
    int64_t value = 0;
    char *first = at += negative;
    while (at < end && *at >= '0' && *at <= '9' && at - first < 11)
        value = value * 10 + (*at++ - '0');
    if (at == first || (*first == '0' && at - first > 1))
        return 0;
    value = negative ? -value : value;
    token->kind = 'i';
    token->number = (int32_t)value;
    return value >= INT32_MIN && value <= INT32_MAX;
}

static int read_inside(struct token *token, char kind, int depth)
{
    char close = kind == '{' ? '}' : ']';
    token->kind = kind;
    if (depth >= MAX_DEPTH)
        return 0;
    if (is_next(close))
        return 1;
    do {
        if (kind == '{') {
            int key = token_count;
            if (!read_value(depth + 1) || tokens[key].kind != 's' || !is_next(':'))
                return 0;
            token->children++;
        }
        if (!read_value(depth + 1))
            return 0;
        token->children++;
    } while (is_next(','));
    return is_next(close);
}

static int read_value(int depth)
{
    skip_space();
    if (at >= end || token_count >= MAX_TOKENS)
        return 0;
    struct token *token = &tokens[token_count++];
    memset(token, 0, sizeof *token);
    int good = 0;
    char c = *at;
    if (c == '{' || c == '[')
        good = (at++, read_inside(token, c, depth));
    else if (c == '"')
        good = (at++, read_text(token));
    else if (c == '-' || (c >= '0' && c <= '9'))
        good = read_number(token);
    token->next = token_count;
    return good;
}

static int read_json(size_t length)
{
    at = frame;
    end = frame + length;
    token_count = 0;
    if (!read_value(0))
        return 0;
    skip_space();
    return at == end && tokens[0].kind == '{';
}

/* The value of a key that stands once in an object; NULL otherwise. */
static struct token *member(struct token *object, const char *key, char kind)
{
    struct token *found = NULL;
    int i = (int)(object - tokens) + 1;
    for (int n = 0; n < object->children; n += 2, i = tokens[i + 1].next) {
        if (strcmp(tokens[i].text, key) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = &tokens[i + 1];
    }
    return found != NULL && (kind == 0 || found->kind == kind) ? found : NULL;
}

/* ---- Base64, in the one form that each content has ---- */

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int decode_base64(struct token *token)
{
    unsigned char *to = (unsigned char *)token->text;
    size_t length = token->length, padding = 0;
    if (length % 4 != 0)
        return 0;
    while (padding < 2 && length > padding && token->text[length - 1 - padding] == '=')
        padding++;
    uint32_t bits = 0;
    for (size_t i = 0; i < length - padding; i++) {
        const char *digit = strchr(ALPHABET, token->text[i]);
        if (digit == NULL)
            return 0;
        bits = bits << 6 | (uint32_t)(digit - ALPHABET);
        if (i % 4 != 0)
            *to++ = (unsigned char)(bits >> (6 - i % 4 * 2));
    }
    if (padding && (bits & (padding == 1 ? 3u : 15u)))
        return 0;
    *to = 0;
    token->length = (size_t)((char *)to - token->text);
    return 1;
}

/* ---- Answers ---- */

static void put(const char *text)
{
    size_t length = strlen(text);
    if (length > sizeof reply - replied)
        exit(SPOILED); /* cannot be: limits on what goes in keep every answer inside */
    memcpy(reply + replied, text, length);
    replied += length;
}

static void put_number(long value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%ld", value);
    put(digits);
}

static void put_base64(const unsigned char *from, size_t length)
{
    put("\"");
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t bits = (uint32_t)from[i] << 16 | (left > 1 ? (uint32_t)from[i + 1] << 8 : 0) |
                        (left > 2 ? from[i + 2] : 0);
        char four[5] = {ALPHABET[bits >> 18], ALPHABET[bits >> 12 & 63],
                        left > 1 ? ALPHABET[bits >> 6 & 63] : '=',
                        left > 2 ? ALPHABET[bits & 63] : '=', 0};
        put(four);
    }
    put("\"");
}

static void begin_answer(int32_t id)
{
    replied = 4; /* the length stands before it */
    put("{\"id\":");
    put_number(id);
}

static enum ending fail(int32_t id, const char *error, const char *note)
{
    char plain[MAX_NOTE + 1];
    size_t length = 0;
    for (; note[length] && length < MAX_NOTE; length++) {
        char c = note[length];
        plain[length] = c < 0x20 || c > 0x7E || c == '"' || c == '\\' ? '?' : c;
    }
    plain[length] = 0;
    begin_answer(id);
    put(",\"error\":\"");
    put(error);
    put("\",\"note\":\"");
    put(plain);
    put("\"");
    return GO_ON;
}

/* ---- The system ---- */

static size_t read_fully(void *to, size_t wanted)
{
    size_t got = 0;
    while (got < wanted) {
#ifdef _WIN32
        int count = _read(from_agent, (char *)to + got, (unsigned)(wanted - got));
#else
        ssize_t count = read(from_agent, (char *)to + got, wanted - got);
        if (count < 0 && errno == EINTR)
            continue;
#endif
        if (count <= 0)
            break;
        got += (size_t)count;
    }
    return got;
}

static int send_answer(void)
{
    put("}");
    size_t length = replied - 4, sent = 0;
    for (int i = 0; i < 4; i++)
        reply[i] = (char)(length >> 8 * i);
    while (sent < replied) {
#ifdef _WIN32
        int count = _write(to_agent, reply + sent, (unsigned)(replied - sent));
#else
        ssize_t count = write(to_agent, reply + sent, replied - sent);
        if (count < 0 && errno == EINTR)
            continue;
#endif
        if (count <= 0)
            return 0;
        sent += (size_t)count;
    }
    return 1;
}

#ifdef _WIN32

static HMODULE library;
static HANDLE timer;

/* The library gets NUL for input, output and errors; the agent's two pipes move aside. */
static int move_aside(void)
{
    int nothing = _open("NUL", _O_RDWR | _O_BINARY | _O_NOINHERIT);
    from_agent = _dup(0);
    to_agent = _dup(1);
    if (nothing < 0 || from_agent < 0 || to_agent < 0)
        return 0;
    _setmode(from_agent, _O_BINARY);
    _setmode(to_agent, _O_BINARY);
    for (int i = 0; i < 3; i++)
        if (_dup2(nothing, i) < 0)
            return 0;
    /* A library with a C runtime of its own asks the system, not ours. */
    SetStdHandle(STD_INPUT_HANDLE, (HANDLE)_get_osfhandle(0));
    SetStdHandle(STD_OUTPUT_HANDLE, (HANDLE)_get_osfhandle(1));
    SetStdHandle(STD_ERROR_HANDLE, (HANDLE)_get_osfhandle(2));
    SetHandleInformation((HANDLE)_get_osfhandle(from_agent), HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation((HANDLE)_get_osfhandle(to_agent), HANDLE_FLAG_INHERIT, 0);
    return 1;
}

/* A box that asks what to do about a crash would wait for ever on a terminal. */
static void leave_no_dumps(void)
{
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
}

static void CALLBACK end_late(void *nothing, BOOLEAN fired)
{
    (void)nothing, (void)fired;
    TerminateProcess(GetCurrentProcess(), SPOILED);
}

static void end_after(unsigned seconds)
{
    if (timer != NULL)
        DeleteTimerQueueTimer(NULL, timer, NULL);
    timer = NULL;
    if (seconds)
        CreateTimerQueueTimer(&timer, NULL, end_late, NULL, seconds * 1000, 0,
                              WT_EXECUTEONLYONCE | WT_EXECUTEINTIMERTHREAD);
}

static int wide(const char *text, wchar_t *to, int room)
{
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, to, room) > 0;
}

static int change_folder(const char *folder)
{
    wchar_t path[32768];
    return wide(folder, path, 32768) && SetCurrentDirectoryW(path);
}

static const char *open_library(const char *name, char *note)
{
    wchar_t path[32768];
    if (!wide(name, path, 32768))
        return "library_missing";
    library = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (library != NULL)
        return NULL;
    DWORD why = GetLastError();
    snprintf(note, MAX_NOTE, "system error %lu", (unsigned long)why);
    return why == ERROR_BAD_EXE_FORMAT ? "wrong_bitness" : "library_missing";
}

static void *find_function(const char *name)
{
    FARPROC found = GetProcAddress(library, name);
    void *function;
    memcpy(&function, &found, sizeof function);
    return function;
}

static void close_library(void)
{
    FreeLibrary(library);
    library = NULL;
}

#define PID() ((long)_getpid())

#else

static void *library;

static int move_aside(void)
{
    int nothing = open("/dev/null", O_RDWR);
    from_agent = fcntl(0, F_DUPFD_CLOEXEC, 3);
    to_agent = fcntl(1, F_DUPFD_CLOEXEC, 3);
    if (nothing < 0 || from_agent < 0 || to_agent < 0)
        return 0;
    for (int i = 0; i < 3; i++)
        if (dup2(nothing, i) < 0)
            return 0;
    if (nothing > 2)
        close(nothing);
    return 1;
}

static void leave_no_dumps(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 0); /* a pattern that pipes cores to a program heeds no limit */
#endif
}

static void end_after(unsigned seconds)
{
    alarm(seconds);
}

static int change_folder(const char *folder)
{
    return chdir(folder) == 0;
}

static const char *open_library(const char *name, char *note)
{
    unsigned char head[5] = {0};
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return "library_missing";
    size_t got = fread(head, 1, sizeof head, file);
    fclose(file);
    if (got == sizeof head && memcmp(head, "\177ELF", 4) == 0 &&
        head[4] != (sizeof(void *) == 8 ? 2 : 1))
        return "wrong_bitness";
    library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        snprintf(note, MAX_NOTE, "%s", dlerror());
    return library == NULL ? "library_missing" : NULL;
}

static void *find_function(const char *name)
{
    return dlsym(library, name);
}

static void close_library(void)
{
    dlclose(library);
    library = NULL;
}

#define PID() ((long)getpid())

#endif

/* ---- What is asked ---- */

/* Every argument travels as a word: an address, or a number extended with its sign, which is how
 * the calling conventions of x86 (32 and 64 bits), ARM64, LoongArch and RISC-V pass both, for up to
 * eight arguments. Only x86 of 32 bits knows stdcall, where the library takes its arguments off the
 * stack, so their count must be right.
 */
typedef intptr_t word;
#if defined(__i386__)
#define CALLER_CLEARS __attribute__((cdecl))
#define LIBRARY_CLEARS __attribute__((stdcall))
#elif defined(_M_IX86)
#define CALLER_CLEARS __cdecl
#define LIBRARY_CLEARS __stdcall
#else
#define CALLER_CLEARS
#define LIBRARY_CLEARS
#endif

/* One function a convention, reached through a pointer that the compiler must read: side by side,
 * GCC 12 with -Os takes the two calls for the same and merges them, though who clears the stack
 * differs.
 */
#define INVOKE(NAME, CONVENTION)                                                                \
    static word NAME(void *address, const word *a, int count)                                   \
    {                                                                                           \
        union {                                                                                 \
            void *address;                                                                      \
            word(CONVENTION *f0)(void);                                                         \
            word(CONVENTION *f1)(word);                                                         \
            word(CONVENTION *f2)(word, word);                                                   \
            word(CONVENTION *f3)(word, word, word);                                             \
            word(CONVENTION *f4)(word, word, word, word);                                       \
            word(CONVENTION *f5)(word, word, word, word, word);                                 \
            word(CONVENTION *f6)(word, word, word, word, word, word);                           \
            word(CONVENTION *f7)(word, word, word, word, word, word, word);                     \
            word(CONVENTION *f8)(word, word, word, word, word, word, word, word);               \
        } as = {address};                                                                       \
        switch (count) {                                                                        \
        case 0: return as.f0();                                                                 \
        case 1: return as.f1(a[0]);                                                             \
        case 2: return as.f2(a[0], a[1]);                                                       \
        case 3: return as.f3(a[0], a[1], a[2]);                                                 \
        case 4: return as.f4(a[0], a[1], a[2], a[3]);                                           \
        case 5: return as.f5(a[0], a[1], a[2], a[3], a[4]);                                     \
        case 6: return as.f6(a[0], a[1], a[2], a[3], a[4], a[5]);                               \
        case 7: return as.f7(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);                         \
        default: return as.f8(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);                  \
        }                                                                                       \
    }
INVOKE(invoke_cdecl, CALLER_CLEARS)
INVOKE(invoke_stdcall, LIBRARY_CLEARS)

static word (*volatile const invoke[])(void *, const word *, int) = {invoke_cdecl, invoke_stdcall};

struct output {
    unsigned char *start;
    size_t size;
};

struct call {
    struct token *function;
    int stdcall, text, count, outputs;
    word arguments[MAX_ARGUMENTS];
    struct output output[MAX_ARGUMENTS];
};

static int lay_output(struct call *call, int32_t size, int64_t *left)
{
    if (size < 1 || (*left -= size) < 0)
        return 0;
    unsigned char *start = arena + arena_used;
    memset(start, 0, (size_t)size);
    arena_used += ((size_t)size + 15) / 16 * 16;
    memset(start + size, GUARD_BYTE, (size_t)(arena + arena_used - start) - (size_t)size + GUARD);
    arena_used += GUARD;
    call->output[call->outputs++] = (struct output){start, (size_t)size};
    call->arguments[call->count++] = (word)start;
    return 1;
}

static int lay_argument(struct call *call, struct token *given, int64_t *left)
{
    struct token *value;
    if (given->kind != '{' || given->children != 2 || call->count >= MAX_ARGUMENTS)
        return 0;
    if ((value = member(given, "out", 'i')) != NULL)
        return lay_output(call, value->number, left);
    if ((value = member(given, "in", 'i')) != NULL) {
        call->arguments[call->count++] = value->number;
        return 1;
    }
    if ((value = member(given, "in", 's')) == NULL &&
        ((value = member(given, "bytes", 's')) == NULL || !decode_base64(value)))
        return 0;
    call->arguments[call->count++] = (word)value->text;
    return 1;
}

static int lay_call(struct token *request, struct call *call)
{
    struct token *convention = member(request, "convention", 's');
    struct token *returns = member(request, "returns", 's');
    struct token *arguments = member(request, "arguments", '[');
    call->function = member(request, "function", 's');
    if (!convention || !returns || !arguments || !call->function || !call->function->length)
        return 0;
    call->stdcall = strcmp(convention->text, "stdcall") == 0;
    call->text = strcmp(returns->text, "text") == 0;
    if ((!call->stdcall && strcmp(convention->text, "cdecl") != 0) ||
        (!call->text && strcmp(returns->text, "int32") != 0))
        return 0;
    int64_t left = MAX_OUT;
    memset(arena, GUARD_BYTE, GUARD);
    arena_used = GUARD;
    int i = (int)(arguments - tokens) + 1;
    for (int n = 0; n < arguments->children; n++, i = tokens[i].next)
        if (!lay_argument(call, &tokens[i], &left))
            return 0;
    return 1;
}

static int guards_stand(const struct call *call)
{
    size_t i = 0;
    for (int n = 0; n <= call->outputs; n++) {
        size_t until = n < call->outputs ? (size_t)(call->output[n].start - arena) : arena_used;
        for (; i < until; i++)
            if (arena[i] != GUARD_BYTE)
                return 0;
        i += n < call->outputs ? call->output[n].size : 0;
    }
    return 1;
}

static enum ending answer_call(int32_t id, struct token *request, unsigned seconds)
{
    struct call call = {0};
    if (!lay_call(request, &call))
        return fail(id, "malformed", "call");
    if (library == NULL)
        return fail(id, "not_loaded", "");
    void *function = find_function(call.function->text);
    if (function == NULL)
        return fail(id, "function_missing", call.function->text);
    end_after(seconds);
    word returned = invoke[call.stdcall](function, call.arguments, call.count);
    end_after(0);
    if (!guards_stand(&call)) {
        fail(id, "overrun", "");
        return SPOILED;
    }
    const char *text = call.text ? (const char *)returned : NULL;
    size_t length = 0;
    while (text != NULL && length <= MAX_TEXT && text[length])
        length++;
    if (length > MAX_TEXT)
        return fail(id, "overlong", "");
    begin_answer(id);
    put(",\"returned\":");
    if (call.text)
        put_base64((const unsigned char *)text, length);
    else
        put_number((long)(int32_t)returned);
    put(",\"outputs\":[");
    for (int n = 0; n < call.outputs; n++) {
        put(n ? "," : "");
        put_base64(call.output[n].start, call.output[n].size);
    }
    put("]");
    return GO_ON;
}

static enum ending answer_load(int32_t id, struct token *request, unsigned seconds)
{
    struct token *name = member(request, "library", 's');
    struct token *folder = member(request, "working_folder", 's');
    struct token *functions = member(request, "functions", '[');
    char note[MAX_NOTE + 1] = "";
    if (!name || !name->length || !folder || !functions || functions->children > MAX_FUNCTIONS)
        return fail(id, "malformed", "load");
    struct token *first = functions + 1;
    for (int n = 0; n < functions->children; n++)
        if (first[n].kind != 's' || !first[n].length)
            return fail(id, "malformed", "load");
    if (library != NULL)
        return fail(id, "already_loaded", "");
    if (folder->length && !change_folder(folder->text))
        return fail(id, "folder_missing", "");
    end_after(seconds);
    const char *error = open_library(name->text, note);
    end_after(0);
    if (error != NULL)
        return fail(id, error, note);
    for (int n = 0; n < functions->children; n++)
        if (find_function(first[n].text) == NULL) {
            close_library();
            return fail(id, "function_missing", first[n].text);
        }
    begin_answer(id);
    return GO_ON;
}

static enum ending answer_hello(int32_t id)
{
    begin_answer(id);
    put(",\"protocol\":");
    put_number(PROTOCOL);
    put(",\"bitness\":");
    put_number((long)(sizeof(void *) * 8));
    put(",\"pid\":");
    put_number(PID());
    return GO_ON;
}

static enum ending answer_unload(int32_t id, unsigned seconds)
{
    if (library == NULL)
        return fail(id, "not_loaded", "");
    end_after(seconds);
    close_library();
    end_after(0);
    begin_answer(id);
    return GO_ON;
}

static enum ending answer(size_t length)
{
    struct token *request = tokens, *id, *op, *seconds;
    if (!read_json(length))
        return fail(0, "malformed", "JSON");
    if ((id = member(request, "id", 'i')) == NULL || id->number < 1 ||
        (op = member(request, "op", 's')) == NULL ||
        (seconds = member(request, "seconds", 'i')) == NULL || seconds->number < 1 ||
        seconds->number > MAX_SECONDS)
        return fail(0, "malformed", "request");
    unsigned patience = (unsigned)seconds->number;
    if (strcmp(op->text, "call") == 0 && request->children == 14)
        return answer_call(id->number, request, patience);
    if (strcmp(op->text, "load") == 0 && request->children == 12)
        return answer_load(id->number, request, patience);
    if (request->children != 6)
        return fail(id->number, "malformed", "request");
    if (strcmp(op->text, "hello") == 0)
        return answer_hello(id->number);
    if (strcmp(op->text, "unload") == 0)
        return answer_unload(id->number, patience);
    if (strcmp(op->text, "bye") != 0)
        return fail(id->number, "malformed", "op");
    begin_answer(id->number);
    return DONE;
}

int main(void)
{
    leave_no_dumps();
    if (!move_aside())
        return SPOILED;
    for (;;) {
        unsigned char head[4];
        size_t got = read_fully(head, 4);
        if (got < 4)
            return got ? CUT_OFF : DONE;
        size_t length = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 |
                        (size_t)head[3] << 24;
        enum ending ending = TOO_LONG;
        if (length > MAX_FRAME)
            fail(0, "too_long", "");
        else if (read_fully(frame, length) < length)
            return CUT_OFF;
        else
            ending = answer(length);
        int sent = send_answer();
        wipe(frame, length < MAX_FRAME ? length + 1 : MAX_FRAME);
        wipe(reply, replied);
        wipe(arena, arena_used);
        if (!sent || ending != GO_ON)
            return sent ? ending : CUT_OFF;
    }
}
