#include "tls_peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static struct {
    pid_t pid;
    FILE *commands;
    FILE *answers;
    char directory[64];
} peer;

static void become_peer(const int commands[2], const int answers[2])
{
    dup2(commands[0], STDIN_FILENO);
    dup2(answers[1], STDOUT_FILENO);
    close(commands[0]);
    close(commands[1]);
    close(answers[0]);
    close(answers[1]);
    execlp("python3", "python3", "tests/unit/support/tls_peer.py", (char *)NULL);
    _exit(127);
}

bool tls_peer_start(void)
{
    int commands[2];
    int answers[2];
    if (pipe(commands) != 0 || pipe(answers) != 0)
        return false;
    peer.pid = fork();
    if (peer.pid == 0)
        become_peer(commands, answers);
    close(commands[0]);
    close(answers[1]);
    peer.commands = fdopen(commands[1], "w");
    peer.answers = fdopen(answers[0], "r");
    if (peer.pid < 0 || fgets(peer.directory, sizeof peer.directory, peer.answers) == NULL)
        return false;
    peer.directory[strcspn(peer.directory, "\n")] = '\0';
    return true;
}

void tls_peer_stop(void)
{
    fclose(peer.commands);
    fclose(peer.answers);
    waitpid(peer.pid, NULL, 0);
}

uint16_t tls_peer_serve(const char *certificate, const char *versions, const char *behaviour)
{
    char port[16] = "";
    fprintf(peer.commands, "%s %s %s\n", certificate, versions, behaviour);
    fflush(peer.commands);
    if (fgets(port, sizeof port, peer.answers) == NULL)
        abort();
    return (uint16_t)strtoul(port, NULL, 10);
}

void tls_peer_file(const char *name, struct buf *contents)
{
    char path[256];
    struct error error;
    snprintf(path, sizeof path, "%s/%s", peer.directory, name);
    if (!file_read(path, "test file", contents, &error))
        abort();
}
