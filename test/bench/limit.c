/* limit.c - the physical limits of file management on this file system.
   limit organize DIR            readdir + renameat2(RENAME_NOREPLACE) into 3 folders by extension
   limit organize-stat DIR       the same plus fstatat on each (what an honest organizer needs)
   limit archive DIR DAYS DEST   readdir + fstatat + renameat2 of files older than DAYS
   limit walk DIR                recursive fstatat of everything
   limit flatten DIR [DEST]      undo organize (archive: DIR's files into DEST)
   limit memcpy                  memcpy bandwidth
   limit make DIR N [EXT]        N small files in DIR, of jpg, pdf and mp4 in turn (or all of EXT)
   limit tree DIR N              N files of some 700 bytes of words, each another, 20 a folder, 50 folders in one
   cc -O2 -o limit limit.c */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
static const char *cat[3] = {"Images", "Documents", "Videos"};
static const struct { const char *e; int c; } ext[] = {{"jpg",0},{"jpeg",0},{"png",0},{"gif",0},{"pdf",1},{"docx",1},{"txt",1},{"mp4",2},{"avi",2},{"mov",2}};
static long files, dirs, bytes;
static void walk(int fd) {
    DIR *d = fdopendir(fd); struct dirent *e; struct stat st;
    dirs++;
    while ((e = readdir(d))) {
        if (e->d_name[0] == '.' && (!e->d_name[1] || (e->d_name[1] == '.' && !e->d_name[2]))) continue;
        if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW)) continue;
        if (S_ISDIR(st.st_mode)) { int s = openat(fd, e->d_name, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC); if (s >= 0) walk(s); }
        else { files++; bytes += st.st_size; }
    }
    closedir(d);
}
int main(int c, char **v) {
    if (c > 1 && !strcmp(v[1], "memcpy")) {
        size_t n = 256u << 20; char *a = malloc(n), *b = malloc(n); struct timespec s, t;
        memset(a, 1, n); memset(b, 2, n); clock_gettime(CLOCK_MONOTONIC, &s);
        for (int i = 0; i < 16; i++) { memcpy(b, a, n); a[i] = b[i+1]; }
        clock_gettime(CLOCK_MONOTONIC, &t);
        printf("memcpy %.2f GB/s\n", 16.0 * n / ((t.tv_sec - s.tv_sec) * 1e9 + (t.tv_nsec - s.tv_nsec))); return 0;
    }
    if (c < 3) return 2;
    if (!strcmp(v[1], "make") && c > 3) {
        static const char *const kinds[] = {"jpg", "pdf", "mp4"};
        int in = open(v[2], O_RDONLY|O_DIRECTORY|O_CLOEXEC); long n = atol(v[3]); char name[64];
        for (long i = 0; i < n; i++) {
            snprintf(name, sizeof name, "file-%08lx.%s", (i * 2654435761L) & 0xffffffffL, c > 4 ? v[4] : kinds[i % 3]);
            int f = openat(in, name, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0644);
            if (f < 0 || write(f, name, strlen(name)) < 0) { perror(name); return 1; }
            close(f);
        }
        printf("made %ld\n", n); return 0;
    }
    if (!strcmp(v[1], "tree") && c > 3) {
        static const char *const word[] = {"int", "return", "static", "struct", "if", "else", "while", "buffer", "length", "error", "(", ")", ";\n", "{\n", "}\n", "="};
        int in = open(v[2], O_RDONLY|O_DIRECTORY|O_CLOEXEC); long n = atol(v[3]); char name[64], text[1600];
        unsigned long r = 1;
        for (long i = 0; i < n; i++) {
            if (i % 1000 == 0) { snprintf(name, sizeof name, "d%05ld", i / 1000); mkdirat(in, name, 0755); }
            if (i % 20 == 0) { snprintf(name, sizeof name, "d%05ld/s%02ld", i / 1000, i / 20 % 50); mkdirat(in, name, 0755); }
            snprintf(name, sizeof name, "d%05ld/s%02ld/f%02ld.c", i / 1000, i / 20 % 50, i % 20);
            int f = openat(in, name, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0644), len = snprintf(text, sizeof text, "/* %lx */\n", (unsigned long)i * 2654435761UL);
            r = r * 6364136223846793005UL + 1442695040888963407UL;
            for (int want = 200 + (int)(r >> 40 & 1023); len < want;) {
                r = r * 6364136223846793005UL + 1442695040888963407UL;
                len += snprintf(text + len, sizeof text - (size_t)len, "%s %lx ", word[r >> 60], r >> 48 & 0xfff);
            }
            if (f < 0 || write(f, text, (size_t)len) < 0) { perror(name); return 1; }
            close(f);
        }
        printf("made %ld\n", n); return 0;
    }
    if (!strcmp(v[1], "flatten")) {                       /* undo: every file of DIR's subfolders back into DIR (or argv[3]) */
        int top = open(c > 3 ? v[3] : v[2], O_RDONLY|O_DIRECTORY|O_CLOEXEC), in = open(v[2], O_RDONLY|O_DIRECTORY|O_CLOEXEC); long n = 0;
        DIR *t = fdopendir(dup(in)); struct dirent *e;
        if (c > 3) { while ((e = readdir(t))) if (e->d_type != DT_DIR && !renameat2(in, e->d_name, top, e->d_name, RENAME_NOREPLACE)) n++; }
        else while ((e = readdir(t))) if (e->d_type == DT_DIR && e->d_name[0] != '.') {
            int s = openat(in, e->d_name, O_RDONLY|O_DIRECTORY|O_CLOEXEC); DIR *sd = fdopendir(s); struct dirent *f;
            while ((f = readdir(sd))) if (f->d_type != DT_DIR && !renameat2(s, f->d_name, top, f->d_name, RENAME_NOREPLACE)) n++;
            closedir(sd); unlinkat(in, e->d_name, AT_REMOVEDIR);
        }
        printf("flattened %ld\n", n); return 0;
    }
    int fd = open(v[2], O_RDONLY|O_DIRECTORY|O_CLOEXEC); if (fd < 0) { perror(v[2]); return 1; }
    if (!strcmp(v[1], "walk")) { walk(fd); printf("%ld files %ld dirs %ld bytes\n", files, dirs, bytes); return 0; }
    DIR *d = fdopendir(fd); struct dirent *e; struct stat st; long moved = 0, failed = 0;
    if (!strncmp(v[1], "organize", 8)) {
        int dst[3], withstat = v[1][8] == '-';
        for (int i = 0; i < 3; i++) { mkdirat(fd, cat[i], 0755); dst[i] = openat(fd, cat[i], O_RDONLY|O_DIRECTORY|O_CLOEXEC); }
        while ((e = readdir(d))) {
            if (e->d_type != DT_REG) continue;
            char *p = strrchr(e->d_name, '.'); if (!p || p == e->d_name) continue;
            for (size_t i = 0; i < sizeof ext / sizeof *ext; i++) if (!strcasecmp(p + 1, ext[i].e)) {
                if (withstat && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW)) break;
                if (renameat2(fd, e->d_name, dst[ext[i].c], e->d_name, RENAME_NOREPLACE)) failed++; else moved++;
                break;
            }
        }
    } else if (c > 4) {
        time_t cut = time(0) - atol(v[3]) * 86400; mkdir(v[4], 0755); int dst = open(v[4], O_RDONLY|O_DIRECTORY|O_CLOEXEC);
        while ((e = readdir(d))) {
            if (e->d_type != DT_REG || fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) || st.st_mtime >= cut) continue;
            if (renameat2(fd, e->d_name, dst, e->d_name, RENAME_NOREPLACE)) failed++; else moved++;
        }
    }
    printf("moved %ld failed %ld\n", moved, failed); return failed != 0;
}
