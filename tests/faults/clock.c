/* A wall clock that can be set for some processes alone: preloaded, it adds the seconds that the file
 * named by FAULTS_CLOCK holds. The monotonic clock goes on as it does. The times of files move along, as
 * seen by their names: what was just written is new by this clock too. Those asked for by a descriptor do
 * not, which is where gunicorn keeps times of the monotonic clock. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long *hands;

__attribute__((constructor)) static void look(void) {
    const char *path = getenv("FAULTS_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *found = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    if (found != MAP_FAILED) hands = found;
    close(file);
}

static long offset(void) { return hands ? *hands : 0; }

int clock_gettime(clockid_t which, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, which, now);
    if (!failed && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int failed = syscall(SYS_gettimeofday, now, zone);
    if (!failed) now->tv_sec += offset();
    return failed;
}

time_t time(time_t *kept) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (kept) *kept = now.tv_sec;
    return now.tv_sec;
}

int fstatat(int folder, const char *restrict path, struct stat *restrict found, int flags) {
    int failed = syscall(SYS_newfstatat, folder, path, found, flags);
    if (!failed && *path) found->st_mtim.tv_sec += offset();
    return failed;
}

int stat(const char *restrict path, struct stat *restrict found) { return fstatat(AT_FDCWD, path, found, 0); }

int lstat(const char *restrict path, struct stat *restrict found) {
    return fstatat(AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW);
}

/* The same under the names that programs with large files ask for. */
int fstatat64(int folder, const char *restrict path, struct stat64 *restrict found, int flags) {
    return fstatat(folder, path, (struct stat *)found, flags);
}

int stat64(const char *restrict path, struct stat64 *restrict found) { return stat(path, (struct stat *)found); }

int lstat64(const char *restrict path, struct stat64 *restrict found) { return lstat(path, (struct stat *)found); }
