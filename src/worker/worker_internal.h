/* The stages of a worker's life one by one, for those that say what they find at each: worker.c,
 * probe.c. */
#ifndef WCP_WORKER_WORKER_INTERNAL_H
#define WCP_WORKER_WORKER_INTERNAL_H

#include "aws/client.h"
#include "pki/certificate.h"
#include "worker/report.h"

struct worker {
    const struct worker_task *task;
    int pipe;
    struct aws_session session;
    struct aws_client sts;
    struct aws_client *acm; /* one for each region, `region_count` */
    size_t region_count;
    struct credentials role;
    struct buf ca_bundle;
};

/* Stage one: reads what it needs (CA bundle, environment), finds endpoints and proxies. */
bool worker_prepare(struct worker *worker, struct error *error);
/* Resolves the client's host, or its proxy's, unless an earlier client had the same. */
bool worker_resolve(struct worker *worker, struct aws_client *client, struct error *error);
/* Raises the walls; `walls` as sandbox_seal's. */
void worker_seal(const struct worker *worker, char summary[SANDBOX_SUMMARY_SIZE]);
/* Stage two. */
bool worker_start_tls(struct worker *worker, struct error *error);
bool worker_assume_role(struct worker *worker, struct error *error);
/* Exports a certificate of the task, decrypts and proves it. The frame that reports it goes to
 * `frame`, which is a secret. */
bool worker_export(struct worker *worker, uint16_t number, struct certificate_facts *facts,
                   struct buf *frame, struct error *error);

#endif
