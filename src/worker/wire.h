/* The frames that a worker sends to the supervisor over a pipe: type, length and payload. The
 * supervisor does not trust them: wire_read checks each frame, and supervisor/batch.c their number
 * and order. */
#ifndef WCP_WORKER_WIRE_H
#define WCP_WORKER_WIRE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "pki/bundle.h"
#include "worker/served_state.h"

enum frame_type {
    FRAME_LOG = 1,         /* a message for the log */
    FRAME_STAGE = 2,       /* the current activity, reported by the supervisor if the worker dies */
    FRAME_BUNDLE = 3,      /* a certificate with chain and verified key */
    FRAME_FAILURE = 4,     /* the failure of a certificate, or of the whole batch */
    FRAME_DONE = 5,        /* the last frame */
    FRAME_SERVED = 6,      /* the result of a probe; a FAILURE follows unless it is SERVED_SAME */
    FRAME_STEP = 7,        /* the result of a step of doctor */
    FRAME_CREDENTIALS = 8, /* where the credentials come from that assume the role */
};

/* The result of a step of doctor. */
enum step_verdict { STEP_OK, STEP_FAIL, STEP_SKIP, STEP_NOTE };

/* The member that stands for the batch as a whole. */
enum { WHOLE_BATCH = 0xffff };

/* A frame. Its texts are borrowed from the buffer that it was read from. Members that its type does
 * not use are zero. */
struct frame {
    enum frame_type type;
    uint16_t member; /* the certificate's index in the batch, or WHOLE_BATCH */
    enum log_level level;
    unsigned verdict;  /* SERVED: enum served_state. STEP: enum step_verdict */
    struct str text;   /* LOG, STEP: message. STAGE: activity. BUNDLE: name in the certificate.
                          CREDENTIALS: source */
    int64_t not_after; /* CREDENTIALS: 0 when they do not end */
    struct bundle bundle;
    struct error error;
};

/* Each appends one frame. False: the buffer's limit is exceeded. */
bool wire_write_log(struct buf *out, enum log_level level, struct str message);
bool wire_write_stage(struct buf *out, uint16_t member, struct str activity);
bool wire_write_bundle(struct buf *out, uint16_t member, struct str name, int64_t not_after,
                       const struct bundle *bundle);
bool wire_write_failure(struct buf *out, uint16_t member, const struct error *error);
bool wire_write_done(struct buf *out);
bool wire_write_served(struct buf *out, uint16_t member, enum served_state state,
                       int64_t not_after);
bool wire_write_credentials(struct buf *out, struct str source, int64_t expiration);
bool wire_write_step(struct buf *out, enum step_verdict verdict, struct str message);

enum wire_status { WIRE_FRAME, WIRE_INCOMPLETE, WIRE_GARBAGE };

/* Reads the frame at the start of `in`, sent by the worker of a batch with `batch_size`
 * certificates, and sets `*used` to its length. WIRE_INCOMPLETE: more bytes are needed.
 * WIRE_GARBAGE: an unknown type, a length above LIMIT_FRAME or different from that of the payload,
 * a member outside the batch, a value out of range, a text above its limit, or a text that is not
 * PEM where PEM is required. */
enum wire_status wire_read(struct str in, size_t batch_size, struct frame *frame, size_t *used);

#endif
