/* Frames over the pipe from a worker to the supervisor: {type, length} and a payload. The
 * supervisor trusts none of it. */
#ifndef WCP_WORKER_WIRE_H
#define WCP_WORKER_WIRE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "pki/bundle.h"
#include "worker/served_state.h"

enum frame_type {
    FRAME_LOG = 1,     /* a line for the log */
    FRAME_STAGE = 2,   /* what the worker does now, for the case that it does not live to tell */
    FRAME_BUNDLE = 3,  /* a certificate with chain and key, proven sound */
    FRAME_FAILURE = 4, /* a certificate that could not be had, or the whole batch */
    FRAME_DONE = 5,    /* everything is reported */
    FRAME_SERVED = 6,  /* what a server presents; a failure follows when it is not what it should */
    FRAME_STEP = 7,    /* a line of doctor's */
};

/* How a step of doctor's ended. */
enum step_verdict { STEP_OK, STEP_FAIL, STEP_SKIP };

/* In place of a certificate's number: the batch as a whole. */
enum { WHOLE_BATCH = 0xffff };

/* A frame, borrowing from the buffer that it was read from. What a type does not use is zero. */
struct frame {
    enum frame_type type;
    uint16_t certificate; /* the certificate's place in the batch, or WHOLE_BATCH */
    enum log_level level;
    unsigned verdict; /* SERVED: enum served_state. STEP: enum step_verdict */
    struct str
        text; /* LOG, STEP: the message. STAGE: the activity. BUNDLE: the certificate's name */
    int64_t not_after;
    struct bundle bundle;
    struct error error;
};

/* Append one frame each; false when the buffer's limit is passed. */
bool wire_write_log(struct buf *out, enum log_level level, struct str message);
bool wire_write_stage(struct buf *out, uint16_t certificate, struct str activity);
bool wire_write_bundle(struct buf *out, uint16_t certificate, struct str name, int64_t not_after,
                       const struct bundle *bundle);
bool wire_write_failure(struct buf *out, uint16_t certificate, const struct error *error);
bool wire_write_done(struct buf *out);
bool wire_write_served(struct buf *out, uint16_t certificate, enum served_state state,
                       int64_t not_after);
bool wire_write_step(struct buf *out, enum step_verdict verdict, struct str message);

enum wire_status { WIRE_FRAME, WIRE_INCOMPLETE, WIRE_GARBAGE };

/* Reads the frame at the start of `in`, of a batch of `batch_size` certificates: `used` is its
 * length. Garbage is an unknown type, a length beyond LIMIT_FRAME or that the payload does not
 * fill, a certificate outside the batch, a text that is no PEM where PEM belongs. */
enum wire_status wire_read(struct str in, size_t batch_size, struct frame *frame, size_t *used);

#endif
