/* The box: its disks, mounts, configuration, and the files of its certificates. */
#ifndef WCP_SIMULATION_BOX_H
#define WCP_SIMULATION_BOX_H

#include "simulation/plan.h"

#define BOX_CONFIG "/etc/wcp/config.toml"

enum { BOX_PATH = 64, BOX_MEMBERS = 4 };

/* The files of a certificate, and what was read from them. */
struct set_view {
    bool reachable;   /* every directory is the one on its own file system */
    bool whole;       /* each file is there, and holds one version */
    bool consistent;  /* all files hold the same version, or none is there */
    bool pair_fits;   /* certificate and key hold the same version, or one of them is missing */
    bool journal;     /* a journal lies beside the certificate */
    bool edited;      /* a file holds what a person wrote */
    unsigned version; /* of the certificate; 0: none */
};

/* Makes disks, directories and configuration, and mounts them. */
void box_make(const struct plan *plan);
/* What systemd makes for a service that is not root's. */
void box_make_run_directory(void);
/* Mounts everything, as after a boot. */
void box_mount(void);
/* Mounts or unmounts disk 1 (certificates) or 2 (keys). */
void box_set_mounted(unsigned disk, bool mounted);
/* True when each certificate with files on that disk has a record of its mount points elsewhere. */
bool box_knows_mounts(unsigned disk);
/* Writes the text of a configuration: complete, or, as an administrator drops it, `how`: 1 without
 * the last certificate, 2 with an error in it, 3 with another interval. Returns its length. */
size_t box_configuration(unsigned how, char *out, size_t size);
/* Puts back a complete configuration, as an administrator would. */
void box_repair_configuration(void);

/* The absolute path of member 0 to 3 of a certificate; "" when it has none. */
void box_path(unsigned certificate, unsigned member, char out[BOX_PATH]);
const char *box_arn(unsigned certificate);
/* The number of the certificate with that ARN. */
unsigned box_certificate(const char *arn);
/* Reads the set of a certificate from its disks, whatever is mounted. */
struct set_view box_look(unsigned certificate);
/* Counts the temporary files, journals and other files that are not members, and names one. */
unsigned box_leftovers(char out[BOX_PATH]);
/* Finds a file without a process. NULL: it is not there. */
struct inode *box_inode(const char *path);
/* PEM text of a version: of a certificate, a chain or a key. Returns its length. */
size_t box_pem(const char *label, unsigned certificate, unsigned version, char *out, size_t size);

#endif
