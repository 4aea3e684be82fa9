/* A library that plays a vendor's: what it answers lies in files of its working folder, and each of
 * the ways in which such libraries fail has a function.
 */

#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __i386__
#define STDCALL __attribute__((stdcall))
#else
#define STDCALL
#endif

static int fill(const char *name, char *out, int room)
{
    int file = open(name, O_RDONLY);
    if (file < 0)
        return -1;
    int length = (int)read(file, out, (size_t)room - 1);
    close(file);
    return length < 0 ? -1 : 0;
}

static void note(const char *name, const void *content, size_t length)
{
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (write(file, content, length) < 0)
        abort();
    close(file);
}

#ifdef CRASHES_WHEN_LOADED
__attribute__((constructor)) static void crash_when_loaded(void) { raise(SIGSEGV); }
#endif
#ifdef HANGS_WHEN_LOADED
__attribute__((constructor)) static void hang_when_loaded(void) { for (;;) pause(); }
#endif

int Init(const char *json, char *error)
{
    (void)error;
    note("init", json, strlen(json));
    return 0;
}

/* -1 without a card, and a sentence that names a person as some do. */
int ReadCardBas(char *out, char *error)
{
    if (fill("card", out, 2048) == 0)
        return 0;
    memcpy(error, "nobody", 7);
    return -1;
}

int STDCALL ReadCardBasStd(char *out, char *error) { return ReadCardBas(out, error); }

int ReadSFZ(char *out)
{
    return fill("sfz", out, 8192);
}

const char *NationEcTrans(const char *url, const char *in, char *out)
{
    note("url", url, strlen(url));
    note("request", in, strlen(in));
    return fill("reply", out, 8192) == 0 ? "0000" : "E001";
}

int Sum(int a, int b, int c, int d, int e, int f, int g, int h)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h;
}

int STDCALL Weigh(int a, const char *text, int b) { return a * (int)strlen(text) + b; }

int Refuse(char *out)
{
    strcpy(out, "nothing");
    return -2202;
}

int Crash(char *out)
{
    volatile char *nowhere = NULL;
    *nowhere = *out;
    return 0;
}

int CrashOnce(char *out)
{
    if (access("crashed", F_OK) != 0) {
        note("crashed", "", 0);
        return Crash(out);
    }
    return fill("card", out, 2048);
}

int Hang(char *out)
{
    (void)out;
    note("hanging", "", 0);
    for (;;)
        pause();
}

int HangWithChild(char *out)
{
    int child = fork();
    if (child != 0)
        note("child", &child, sizeof child);
    return Hang(out);
}

int Exit(char *out)
{
    (void)out;
    exit(0);
}

int Noise(char *out)
{
    static const char frame[] = "\x08\0\0\0{\"id\":1}";
    for (int i = 0; i < 1000; i++) {
        fwrite(frame, 1, sizeof frame - 1, stdout);
        fprintf(stderr, "noise %d\n", i);
    }
    fflush(stdout);
    if (write(1, "\x02\0\0\0{}", 6) < 0 || read(0, out, 1) != 0)
        return -3;
    return fill("card", out, 2048);
}

/* The whole buffer and no NUL. */
int FillWhole(char *out)
{
    memset(out, 'x', 2048);
    return 0;
}

int WritePast(char *out)
{
    memset(out, 'x', 2048 + 100);
    return 0;
}

int WriteBefore(char *out)
{
    out[-1] = 0;
    return 0;
}

const char *LongText(void)
{
    static char text[1 << 20];
    memset(text, 'x', sizeof text - 1);
    return text;
}

const char *Nowhere(void) { return (const char *)8; }
const char *Nothing(void) { return NULL; }

/* Files on which the protocol runs, from a library that closes all it can. */
int CloseEverything(char *out)
{
    (void)out;
    for (int i = 0; i < 1024; i++)
        close(i);
    return 0;
}

/* How often a pattern, given with every bit turned, stands in the writable memory. */
int Remains(const char *turned)
{
    char line[512], wanted[64];
    size_t length = strlen(turned);
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL || length > sizeof wanted)
        return -1;
    for (size_t i = 0; i < length; i++)
        wanted[i] = (char)~turned[i];
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        char rights[5];
        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3 || rights[0] != 'r' ||
            rights[1] != 'w')
            continue;
        const char *at = (const char *)from;
        while ((at = memmem(at, to - (unsigned long)at, wanted, length)) != NULL)
            count += at++ != wanted;
    }
    fclose(maps);
    return count;
}
