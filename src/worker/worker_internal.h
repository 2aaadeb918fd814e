/* The steps of a worker. Private to worker.c, which runs them, worker_obtain.c, and doctor_work.c,
 * which reports each of them. */
#ifndef WCP_WORKER_WORKER_INTERNAL_H
#define WCP_WORKER_WORKER_INTERNAL_H

#include "aws/client.h"
#include "pki/certificate.h"
#include "worker/report.h"

struct worker;
/* Is told of the credentials of the plan's source, and of each session of a role. */
enum obtained_step { OBTAINED_SOURCE, OBTAINED_ROLE };
typedef void worker_obtained(const struct worker *worker, enum obtained_step step, const char *name,
                             int64_t expiration);

struct worker {
    const struct worker_task *task;
    int pipe;
    struct aws_session session;
    struct aws_client source; /* of the plan's source; without a host when it is not needed */
    struct aws_client sts;    /* the same */
    struct aws_client *acm;   /* one for each region, owned */
    size_t region_count;
    struct identity identity; /* for IAM Roles Anywhere */
    struct credentials role;
    bool has_base;   /* the credentials of the plan's source are there */
    bool keeps_plan; /* the role's session may end before the batch */
    worker_obtained *obtained;
};

/* The clients that the batch needs: those that get credentials, in the order of their calls, then
 * one for each region of ACM. NULL after the last. */
struct aws_client *worker_client(struct worker *worker, size_t index);

/* Prepares the clients: finds their endpoints and proxies. */
bool worker_prepare(struct worker *worker, struct error *error);
/* Resolves the host of the client, or of its proxy. A host that was resolved for an earlier client
 * is not resolved again. Needs files. */
bool worker_resolve(struct worker *worker, struct aws_client *client, struct error *error);
/* Calls sandbox_seal with the ports of all clients: from here on there are no files.
 * False: seccomp is missing. */
bool worker_seal(struct worker *worker, char summary[SANDBOX_SUMMARY_SIZE]);
/* Creates the TLS context. */
bool worker_start_tls(struct worker *worker, struct error *error);
/* Judges what can be judged of the plan for credentials without the network. */
bool worker_judge_source(struct worker *worker, struct error *error);
/* Prepares the clients that the plan for credentials needs: STS, and that of the plan's source. */
bool worker_prepare_source(struct worker *worker, struct error *error);
/* Makes `role` the session of the certificates' role. All credentials before it are wiped, and the
 * plan, unless the session may end before the batch. */
bool worker_assume_role(struct worker *worker, struct error *error);
/* Does the same again when the session is about to end. */
bool worker_renew_role(struct worker *worker, struct error *error);
/* Sends a FRAME_CREDENTIALS for the source. */
worker_obtained worker_report_source;
/* Exports a certificate of the task, decrypts its key and verifies both. Appends a FRAME_BUNDLE to
 * `frame`, a secret buffer. `member` is the certificate's index in the task. */
bool worker_export(struct worker *worker, uint16_t member, struct certificate_facts *facts,
                   struct buf *frame, struct error *error);

#endif
