#include "simulation/box.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { ROOT, CERTIFICATE_DISK, KEY_DISK, RUN_DISK, CONFIG_SIZE = 8192 };

static const struct plan *plan;
static char arns[CERTIFICATES][96];
static const char *const member_names[] = {"crt", "key", "chain", "pem"};

/* --- files without a process --- */

struct inode *box_inode(const char *path)
{
    struct walked walked;
    return walk(mounts_root(), path, 0, 0, &walked) == 0 ? walked.found.inode : NULL;
}

static struct inode *make(struct inode *directory, const char *name, enum inode_kind kind,
                          unsigned mode, unsigned owner)
{
    struct inode *inode = inode_new(
        directory->disk, kind, (struct attributes){.mode = mode, .owner = owner, .group = owner});
    const struct change change = {.namings = {{directory, disk_name(name, strlen(name)), inode}},
                                  .count = 1};
    inode->parent = directory;
    disk_change(directory->disk, &change);
    return inode;
}

/* --- the configuration --- */

const char *box_arn(unsigned certificate)
{
    return arns[certificate];
}

unsigned box_certificate(const char *arn)
{
    return (unsigned)(arn[strlen(arn) - 1] - '0');
}

void box_path(unsigned certificate, unsigned member, char out[BOX_PATH])
{
    const struct layout *layout = &plan->layouts[certificate];
    bool has = member < 2 || (member == 2 ? layout->chain : layout->combined);
    const char *directory = member == 1 && layout->key_elsewhere ? "/keys" : "/data";
    out[0] = '\0';
    if (has)
        snprintf(out, BOX_PATH, "%s/tls/site%u.%s", directory, certificate, member_names[member]);
}

static size_t write_certificate(unsigned certificate, char *out, size_t size)
{
    static const char *const keys[] = {"certificate_path", "private_key_path", "chain_path",
                                       "combined_path"};
    const struct layout *layout = &plan->layouts[certificate];
    char path[BOX_PATH];
    size_t length = (size_t)snprintf(out, size,
                                     "[[capabilities.acm.certificates]]\ncertificate_arn = \"%s\"\n"
                                     "role_arn = \"arn:aws:iam::123456789012:role/edge%u\"\n",
                                     box_arn(certificate), plan->one_role ? 0 : certificate);
    for (unsigned member = 0; member < BOX_MEMBERS; member++) {
        box_path(certificate, member, path);
        if (path[0] != '\0')
            length +=
                (size_t)snprintf(out + length, size - length, "%s = \"%s\"\n", keys[member], path);
    }
    if (layout->hook != 0)
        length += (size_t)snprintf(out + length, size - length,
                                   "refresh_command = \"/usr/sbin/reload %u\"\n", layout->hook);
    if (layout->served)
        length += (size_t)snprintf(out + length, size - length, "served_at = \"127.0.0.1:%u\"\n",
                                   443 + certificate);
    return length;
}

size_t box_configuration(unsigned how, char *out, size_t size)
{
    unsigned count = plan->certificates - (how == 1 ? 1 : 0);
    size_t length = (size_t)snprintf(
        out, size,
        "[capabilities.acm]\nenabled = true\n[edge]\nregion = \"eu-central-1\"\n"
        "credentials_file = \"/etc/wcp/credentials\"\nlog_destination = \"stderr\"\n"
        "startup_jitter_seconds = 5\nrefresh_interval_hours = %u\n",
        plan->interval_hours + (how == 3 ? 1 : 0));
    for (unsigned i = 0; i < count; i++)
        length += write_certificate(i, out + length, size - length);
    if (how == 2)
        length += (size_t)snprintf(out + length, size - length, "wrong = = 1\n");
    return length;
}

void box_repair_configuration(void)
{
    char text[CONFIG_SIZE];
    size_t length = box_configuration(0, text, sizeof text);
    struct inode *file = box_inode(BOX_CONFIG);
    if (file == NULL)
        file = make(box_inode("/etc/wcp"), "config.toml", INODE_FILE, 0644, 0);
    inode_truncate(file, 0);
    inode_write(file, 0, text, length);
    disk_sync(&disks[ROOT]);
}

/* --- disks --- */

static bool all_keys_are_elsewhere(void)
{
    for (unsigned i = 0; i < plan->certificates; i++)
        if (!plan->layouts[i].key_elsewhere)
            return false;
    return true;
}

void box_make(const struct plan *of)
{
    static const char *const top[] = {"etc", "data", "keys", "run", "opt"};
    static const char credentials[] =
        "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n";
    plan = of;
    for (unsigned i = 0; i < CERTIFICATES; i++)
        snprintf(arns[i], sizeof arns[i],
                 "arn:aws:acm:eu-central-1:123456789012:certificate/"
                 "00000000-0000-4000-8000-00000000000%u",
                 i);
    for (unsigned i = 0; i < sizeof top / sizeof top[0]; i++)
        make(disks[ROOT].root, top[i], INODE_DIRECTORY, 0755, 0);
    struct inode *directory = make(box_inode("/etc"), "wcp", INODE_DIRECTORY, 0755, 0);
    struct inode *file = make(directory, "credentials", INODE_FILE, 0600, plan->user);
    inode_write(file, 0, credentials, sizeof credentials - 1);
    box_repair_configuration();
    for (unsigned i = CERTIFICATE_DISK; i <= KEY_DISK; i++) {
        make(disks[i].root, "tls", INODE_DIRECTORY, 0755, plan->user);
        /* The same directory below the mount point: what a file system mounted late hides. For a
         * set in a single directory nothing tells the one from the other. */
        if (i == KEY_DISK || all_keys_are_elsewhere())
            make(box_inode(i == CERTIFICATE_DISK ? "/data" : "/keys"), "tls", INODE_DIRECTORY, 0755,
                 plan->user);
        disks[i].no_exchange = plan->no_exchange;
        disks[i].no_hard_links = plan->no_hard_links;
        disks[i].sync_names = plan->sync_names;
    }
    for (unsigned i = 0; i < DISKS; i++)
        disk_sync(&disks[i]);
    box_mount();
}

void box_make_run_directory(void)
{
    if (plan->user != 0)
        make(disks[RUN_DISK].root, "wcp-tiny", INODE_DIRECTORY, 0755, plan->user);
}

void box_mount(void)
{
    mounts_reset();
    mount_add("/run", disks[RUN_DISK].root);
    box_set_mounted(CERTIFICATE_DISK, true);
    box_set_mounted(KEY_DISK, true);
}

void box_set_mounted(unsigned disk, bool mounted)
{
    const char *path = disk == CERTIFICATE_DISK ? "/data" : "/keys";
    struct mount *mount = mount_at(path);
    if (mounted && mount == NULL)
        mount_add(path, disks[disk].root);
    else if (!mounted && mount != NULL)
        mount_remove(mount);
}

/* --- contents --- */

size_t box_pem(const char *label, unsigned certificate, unsigned version, char *out, size_t size)
{
    return (size_t)snprintf(out, size,
                            "-----BEGIN %s-----\nsite%uversion%05uxxx\n-----END %s-----\n", label,
                            certificate, version, label);
}

/* The version in each PEM block of a file: 0 when there is no file, or it holds anything else. */
static unsigned version_of(const struct inode *file, unsigned certificate)
{
    static const char mark[] = "version";
    unsigned found = 0;
    if (file == NULL || file->kind != INODE_FILE)
        return 0;
    const char *data = (const char *)file->now.bytes.data;
    size_t length = file->now.bytes.length;
    for (size_t i = 5; i + 13 <= length; i++) {
        if (memcmp(data + i, mark, 7) != 0)
            continue;
        unsigned version = 0;
        for (size_t digit = i + 7; digit < i + 12; digit++)
            version = version * 10 + (unsigned)(data[digit] - '0');
        if (data[i - 1] != (char)('0' + certificate) || (found != 0 && found != version))
            return 0;
        found = version;
        i += 12;
    }
    return length > 0 && data[length - 1] == '\n' ? found : 0;
}

static struct inode *find_below(const struct inode *directory, const char *name)
{
    return directory == NULL ? NULL : inode_find(directory, disk_name(name, strlen(name)));
}

/* The directory of a member on its own disk. */
static struct inode *directory_of(unsigned certificate, unsigned member)
{
    bool elsewhere = member == 1 && plan->layouts[certificate].key_elsewhere;
    return find_below(disks[elsewhere ? KEY_DISK : CERTIFICATE_DISK].root, "tls");
}

struct set_view box_look(unsigned certificate)
{
    struct set_view view = {.reachable = mount_at("/data") != NULL && mount_at("/keys") != NULL,
                            .whole = true,
                            .consistent = true,
                            .pair_fits = true};
    unsigned versions[BOX_MEMBERS] = {0};
    char path[BOX_PATH];
    char name[BOX_PATH];
    for (unsigned member = 0; member < BOX_MEMBERS; member++) {
        box_path(certificate, member, path);
        if (path[0] == '\0')
            continue;
        const struct inode *file =
            find_below(directory_of(certificate, member), strrchr(path, '/') + 1);
        versions[member] = version_of(file, certificate);
        view.whole = view.whole && versions[member] != 0;
        view.edited = view.edited || (file != NULL && file->now.bytes.length == 6);
        view.consistent = view.consistent && versions[member] == versions[0];
    }
    view.version = versions[0];
    view.pair_fits = versions[0] == versions[1];
    snprintf(name, sizeof name, ".site%u.crt.wcp-journal", certificate);
    view.journal = find_below(directory_of(certificate, 0), name) != NULL;
    return view;
}

static bool is_member(const char *name)
{
    char path[BOX_PATH];
    for (unsigned i = 0; i < plan->certificates; i++)
        for (unsigned member = 0; member < BOX_MEMBERS; member++) {
            box_path(i, member, path);
            if (path[0] != '\0' && strcmp(strrchr(path, '/') + 1, name) == 0)
                return true;
        }
    return false;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);
    size_t size = strlen(end);
    return length > size && strcmp(name + length - size, end) == 0;
}

/* The hook's record, and that of the mount points, stay beside their certificate. */
static bool may_stay(const char *name)
{
    return ends_with(name, ".wcp-hook") || ends_with(name, ".wcp-mounts");
}

bool box_knows_mounts(unsigned disk)
{
    char name[BOX_PATH];
    for (unsigned i = 0; i < plan->certificates; i++) {
        bool other_has_key = disk == CERTIFICATE_DISK;
        snprintf(name, sizeof name, ".site%u.%s.wcp-mounts", i, other_has_key ? "key" : "crt");
        if (plan->layouts[i].key_elsewhere &&
            find_below(directory_of(i, other_has_key ? 1 : 0), name) == NULL)
            return false;
    }
    return true;
}

static unsigned count_others(const struct inode *directory, char out[BOX_PATH])
{
    unsigned count = 0;
    for (unsigned i = 0; i < directory->now.entries.count; i++) {
        const char *name = directory->now.entries.items[i].name;
        if (is_member(name) || may_stay(name))
            continue;
        snprintf(out, BOX_PATH, "%.60s", name);
        count++;
    }
    return count;
}

unsigned box_leftovers(char out[BOX_PATH])
{
    unsigned count = 0;
    for (unsigned i = CERTIFICATE_DISK; i <= KEY_DISK; i++) {
        count += count_others(find_below(disks[i].root, "tls"), out);
        struct inode *hidden = find_below(
            find_below(disks[ROOT].root, i == CERTIFICATE_DISK ? "data" : "keys"), "tls");
        count += hidden == NULL ? 0 : hidden->now.entries.count;
        if (hidden != NULL && hidden->now.entries.count > 0)
            snprintf(out, BOX_PATH, "below a mount point: %.38s",
                     hidden->now.entries.items[0].name);
    }
    return count;
}
