/* The commands that change the machine: reload, setup-config-based-permissions, install, uninstall.
 * What they need is judged and made here; the rest is work for a shell, in setup.sh. */
#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"
#include "base/process.h"
#include "command/command.h"
#include "command/embedded.h"
#include "command/permissions.h"
#include "supervisor/run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_TEXT = 1024 * 1024 };

/* A directory of our own, for root only; setup.sh removes it. */
struct stage {
    char path[32];
    int directory;
};

static bool stage_open(struct stage *stage)
{
    static const char *const places[] = {"/run", "/tmp"};
    stage->directory = -1;
    for (size_t i = 0; i < 2 && stage->directory < 0; i++) {
        format_text(stage->path, sizeof stage->path, "%s/wcp-tiny.%d", places[i], (int)getpid());
        if (mkdir(stage->path, S_IRWXU) == 0)
            stage->directory = open(stage->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    return stage->directory >= 0;
}

static bool stage_add(const struct stage *stage, const char *name, struct str text)
{
    FD_AUTO int file =
        openat(stage->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    return file >= 0 && write_all(file, text);
}

static bool stage_add_embedded(const struct stage *stage)
{
    BUF_AUTO struct buf texts = BUF(embedded_length);
    struct error error = error_none();
    struct str name;
    struct str text;
    if (!embedded_unpack(&texts, &error))
        return false;
    struct str rest = buf_str(&texts);
    while (rest.length > 0 && str_next(&rest, '\0', &name) && str_next(&rest, '\0', &text))
        if (!stage_add(stage, name.data, text))
            return false;
    return true;
}

static bool stage_add_permissions(const struct stage *stage, const struct config *config,
                                  bool sudoers)
{
    BUF_AUTO struct buf rules = BUF(MOST_TEXT);
    BUF_AUTO struct buf drop_in = BUF(MOST_TEXT);
    if (!config->acm_enabled)
        return true;
    permissions_append_sudoers(config, &rules);
    permissions_append_drop_in(config, &drop_in);
    return !rules.failed && !drop_in.failed &&
           (!sudoers || stage_add(stage, "sudoers", buf_str(&rules))) &&
           stage_add(stage, "drop-in", buf_str(&drop_in));
}

/* Does not return, unless there is no shell. */
static void execute_script(const struct stage *stage, const char *command,
                           const struct options *options)
{
    char script[64];
    char program[PATH_MAX + 16] = "PROGRAM=";
    char pid[24];
    format_text(script, sizeof script, "%s/setup.sh", stage->path);
    format_text(pid, sizeof pid, "PID=%d", (int)run_directory_agent_pid(CONFIG_DEFAULT_PATH, NULL));
    file_real_path("/proc/self/exe", program + strlen(program));
    const char *const arguments[] = {"sh", script, command, NULL};
    const char *const variables[] = {PROCESS_PATH,
                                     program,
                                     pid,
                                     options->no_start ? "START=" : "START=1",
                                     options->purge ? "PURGE=1" : "PURGE=",
                                     NULL};
    execve("/bin/sh", (char **)(uintptr_t)arguments, (char **)(uintptr_t)variables);
}

static int set_up(const char *command, const struct options *options, const struct config *config,
                  struct str text)
{
    struct stage stage;
    if (stage_open(&stage) && stage_add_embedded(&stage) &&
        (text.length == 0 || stage_add(&stage, "config", text)) &&
        (config == NULL || stage_add_permissions(&stage, config, !options->no_sudoers)))
        execute_script(&stage, command, options);
    complain("wcp-tiny %s: cannot begin: %s; it takes /bin/sh, and room in /run or /tmp", command,
             strerror(errno));
    return EXIT_FAILED;
}

static bool is_root(const char *command)
{
    if (geteuid() == 0)
        return true;
    complain("wcp-tiny %s: only root may do that; run it as root, or with sudo", command);
    return false;
}

/* With a configuration that is to be put into place. */
static int set_up_with_config(const char *command, const struct options *options)
{
    BUF_AUTO struct buf text =
        BUF_SECRET(LIMIT_CONFIGURATION); /* a proxy's password may be in it */
    struct config config;
    int code = EXIT_NOT_ALLOWED;
    if (!is_root(command) || !command_read_config(options, &text, &config, &code))
        return code;
    code = set_up(command, options, &config, buf_str(&text));
    config_free(&config);
    return code;
}

int command_reload(const struct options *options)
{
    return set_up_with_config("reload", options);
}

int command_install(const struct options *options)
{
    bool given = strcmp(options->config_path, CONFIG_DEFAULT_PATH) != 0;
    if (given || access(CONFIG_DEFAULT_PATH, F_OK) == 0 || geteuid() != 0)
        return set_up_with_config("install", options);
    return set_up("install", options, NULL, str_from(NULL)); /* with the example */
}

int command_permissions(const struct options *options)
{
    static const char name[] = "setup-config-based-permissions";
    struct config config;
    int code = EXIT_NOT_ALLOWED;
    if (!is_root(name) || !command_load_config(options, &config, &code))
        return code;
    code = set_up(name, options, &config, str_from(NULL));
    config_free(&config);
    return code;
}

int command_uninstall(const struct options *options)
{
    return is_root("uninstall") ? set_up("uninstall", options, NULL, str_from(NULL))
                                : EXIT_NOT_ALLOWED;
}
