/* Runs in a guest, on disks that lost their power: mounts each one, as a boot does, has the agent
 * recover, and says what is there.
 *
 *     look TYPE DEVICE...
 *
 * says for each device, in hexadecimal what can be any bytes:
 *     disk DEVICE MOUNTED                what mount(2) said, as errno
 *     recover STATUS WORDS               exit status and output
 *     file MODE USER PATH CONTENTS       each file below TOP; ERRNO after a "!" where it cannot be
 * read
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLACE "/data"
#define TOP PLACE "/tls"
#define CONFIG "/etc/aws-workload-credentials-provider/config.toml"

enum { DIRECTORIES = 8 };

static void print_contents(int descriptor)
{
    unsigned char bytes[4096];
    ssize_t count = 0;
    while ((count = read(descriptor, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < count; i++)
            printf("%02x", bytes[i]);
    if (count < 0)
        printf("!%d", errno);
    close(descriptor);
}

static int print_file(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)where;
    if (kind == FTW_D)
        return 0;
    printf("file %o %u %s ", (unsigned)status->st_mode, (unsigned)status->st_uid, path);
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        printf("!%d", errno);
    else
        print_contents(descriptor);
    putchar('\n');
    return 0;
}

static void must(bool succeeded, const char *what)
{
    if (!succeeded) {
        perror(what);
        exit(1);
    }
}

static void print_recovery(void)
{
    FILE *said = tmpfile();
    must(said != NULL, "a file for what recover says");
    pid_t child = fork();
    if (child == 0) {
        dup2(fileno(said), STDOUT_FILENO);
        dup2(fileno(said), STDERR_FILENO);
        execl("/usr/sbin/wcp-tiny", "wcp-tiny", "recover", "-c", CONFIG, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    must(child > 0 && waitpid(child, &status, 0) == child, "wcp-tiny recover");
    printf("recover %d ", WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status));
    int words = dup(fileno(said));
    must(words >= 0 && lseek(words, 0, SEEK_SET) == 0, "what recover said");
    print_contents(words);
    putchar('\n');
    fclose(said);
}

static void look_at(const char *type, const char *device)
{
    if (mount(device, PLACE, type, MS_NOATIME, NULL) != 0) {
        printf("disk %s %d\n", device, errno);
        return;
    }
    printf("disk %s 0\n", device);
    print_recovery();
    nftw(TOP, print_file, DIRECTORIES, FTW_PHYS);
    must(umount(PLACE) == 0, "umount " PLACE);
}

int main(int count, char **words)
{
    for (int i = 2; i < count; i++)
        look_at(words[1], words[i]);
    return fflush(stdout) == 0 ? 0 : 1;
}
