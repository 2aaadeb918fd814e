/* Any bytes are frames of a worker, which written again are the same bytes, or they are refused. */
#include "worker/wire.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 3 };

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool lies_in(struct str part, struct str whole)
{
    return part.length == 0 ||
           (part.data >= whole.data && part.data + part.length <= whole.data + whole.length);
}

/* What may be written to disk: nothing but what PEM is made of. */
static void check_pem(struct str text, struct str frame)
{
    require(lies_in(text, frame));
    for (size_t i = 0; i < text.length; i++)
        require(is_alphanumeric(text.data[i]) || str_holds(STR("+/=- \t\r\n\v\f"), text.data[i]));
}

static void check_bundle(const struct frame *frame, struct str bytes)
{
    require(frame->member < BATCH);
    check_pem(frame->bundle.certificate, bytes);
    check_pem(frame->bundle.chain, bytes);
    check_pem(frame->bundle.key, bytes);
    require(
        str_starts_with(str_trim(frame->bundle.certificate), STR("-----BEGIN CERTIFICATE-----")));
    require(str_starts_with(str_trim(frame->bundle.key), STR("-----BEGIN PRIVATE KEY-----")));
}

/* An error's texts end at a NUL, so that not every one is written as it was read. */
static bool is_as_it_was(const struct frame *frame, struct str bytes)
{
    return frame->type != FRAME_FAILURE || bytes.length == 5 + 2 + 1 + 4 +
                                                               strlen(frame->error.message) + 4 +
                                                               strlen(frame->error.advice);
}

static void write_again(const struct frame *frame, struct buf *out)
{
    switch (frame->type) {
    case FRAME_LOG:
        require(wire_write_log(out, frame->level, frame->text));
        break;
    case FRAME_STAGE:
        require(wire_write_stage(out, frame->member, frame->text));
        break;
    case FRAME_BUNDLE:
        require(
            wire_write_bundle(out, frame->member, frame->text, frame->not_after, &frame->bundle));
        break;
    case FRAME_FAILURE:
        require(wire_write_failure(out, frame->member, &frame->error));
        break;
    case FRAME_SERVED:
        require(frame->member < BATCH);
        require(wire_write_served(out, frame->member, (enum served_state)frame->verdict,
                                  frame->not_after));
        break;
    case FRAME_CREDENTIALS:
        require(wire_write_credentials(out, frame->text, frame->not_after));
        break;
    case FRAME_STEP:
        require(wire_write_step(out, (enum step_verdict)frame->verdict, frame->text));
        break;
    case FRAME_DONE:
        require(wire_write_done(out));
        break;
    }
}

static void check_frame(const struct frame *frame, struct str bytes)
{
    BUF_AUTO struct buf again = BUF(LIMIT_FRAME + 64);
    require(lies_in(frame->text, bytes));
    if (frame->type == FRAME_BUNDLE)
        check_bundle(frame, bytes);
    write_again(frame, &again);
    require(str_equal(buf_str(&again), bytes) || !is_as_it_was(frame, bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_bytes(data, size);
    struct frame frame;
    size_t used = 0;
    while (wire_read(rest, BATCH, &frame, &used) == WIRE_FRAME) {
        require(used >= 5 && used <= rest.length);
        check_frame(&frame, str_take(rest, used));
        rest = str_skip(rest, used);
    }
    return 0;
}
