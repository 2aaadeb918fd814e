#include "worker/wire.h"

#include "base/limits.h"
#include "pki/pem.h"

#include <string.h>

enum { HEADER_SIZE = 5, LONGEST_TEXT = 1024 };

/* Numbers are little-endian. A text follows its length, a four-byte number. */
static void put_number(struct buf *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_append_byte(out, (char)(number >> (8 * i)));
}

static void put_text(struct buf *out, struct str text)
{
    put_number(out, text.length, 4);
    buf_append(out, text);
}

/* Begins a frame. end_frame fills in its length. */
static size_t begin_frame(struct buf *out, enum frame_type type)
{
    size_t start = out->length;
    put_number(out, type, 1);
    put_number(out, 0, 4);
    return start;
}

static bool end_frame(struct buf *out, size_t start)
{
    if (out->failed)
        return false;
    size_t length = out->length - start - HEADER_SIZE;
    for (unsigned i = 0; i < 4; i++)
        out->data[start + 1 + i] = (char)(length >> (8 * i));
    return true;
}

static bool write_text_frame(struct buf *out, enum frame_type type, unsigned mark,
                             struct str message)
{
    size_t start = begin_frame(out, type);
    put_number(out, mark, 1);
    put_text(out, message);
    return end_frame(out, start);
}

bool wire_write_log(struct buf *out, enum log_level level, struct str message)
{
    return write_text_frame(out, FRAME_LOG, level, message);
}

bool wire_write_step(struct buf *out, enum step_verdict verdict, struct str message)
{
    return write_text_frame(out, FRAME_STEP, verdict, message);
}

bool wire_write_stage(struct buf *out, uint16_t member, struct str activity)
{
    size_t start = begin_frame(out, FRAME_STAGE);
    put_number(out, member, 2);
    put_text(out, str_take(activity, LONGEST_TEXT));
    return end_frame(out, start);
}

bool wire_write_bundle(struct buf *out, uint16_t member, struct str name, int64_t not_after,
                       const struct bundle *bundle)
{
    size_t start = begin_frame(out, FRAME_BUNDLE);
    put_number(out, member, 2);
    put_number(out, (uint64_t)not_after, 8);
    put_text(out, name);
    put_text(out, bundle->certificate);
    put_text(out, bundle->chain);
    put_text(out, bundle->key);
    return end_frame(out, start);
}

bool wire_write_failure(struct buf *out, uint16_t member, const struct error *error)
{
    size_t start = begin_frame(out, FRAME_FAILURE);
    put_number(out, member, 2);
    put_number(out, error->kind, 1);
    put_text(out, str_from(error->message));
    put_text(out, str_from(error->advice));
    return end_frame(out, start);
}

bool wire_write_served(struct buf *out, uint16_t member, enum served_state state, int64_t not_after)
{
    size_t start = begin_frame(out, FRAME_SERVED);
    put_number(out, member, 2);
    put_number(out, state, 1);
    put_number(out, (uint64_t)not_after, 8);
    return end_frame(out, start);
}

bool wire_write_credentials(struct buf *out, struct str source, int64_t expiration)
{
    size_t start = begin_frame(out, FRAME_CREDENTIALS);
    put_number(out, (uint64_t)expiration, 8);
    put_text(out, str_take(source, LONGEST_TEXT));
    return end_frame(out, start);
}

bool wire_write_done(struct buf *out)
{
    return end_frame(out, begin_frame(out, FRAME_DONE));
}

/* The unread rest of a payload. `damaged` is set by the first error, and stays set. */
struct payload {
    struct str rest;
    bool damaged;
};

static uint64_t read_number(struct payload *payload, unsigned bytes)
{
    uint64_t number = 0;
    if (payload->rest.length < bytes) {
        payload->damaged = true;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t)(unsigned char)payload->rest.data[i] << (8 * i);
    payload->rest = str_skip(payload->rest, bytes);
    return number;
}

static struct str read_text(struct payload *payload, size_t most)
{
    uint64_t length = read_number(payload, 4);
    if (payload->damaged || length > most || length > payload->rest.length) {
        payload->damaged = true;
        return STR("");
    }
    struct str text = str_take(payload->rest, (size_t)length);
    payload->rest = str_skip(payload->rest, (size_t)length);
    return text;
}

static uint16_t read_member(struct payload *payload, size_t batch_size, bool batch_allowed)
{
    uint16_t member = (uint16_t)read_number(payload, 2);
    if (member >= batch_size && !(batch_allowed && member == WHOLE_BATCH))
        payload->damaged = true;
    return member;
}

/* Reads a text that consists only of PEM blocks with this label. The supervisor writes these texts
 * to disk, so they must contain nothing else. */
static struct str read_pem(struct payload *payload, struct str label, size_t most)
{
    struct str text = read_text(payload, most);
    struct str rest = text;
    struct pem_block block;
    struct error ignored;
    while (!payload->damaged && str_trim(rest).length > 0) {
        const char *before = rest.data;
        if (!pem_next(&rest, &block, &ignored) || !str_equal(block.label, label) ||
            str_trim(str_bytes(before, (size_t)(block.whole.data - before))).length > 0)
            payload->damaged = true;
    }
    return text;
}

static void read_error(struct payload *payload, struct error *error)
{
    uint64_t kind = read_number(payload, 1);
    struct str message = read_text(payload, ERROR_MESSAGE_SIZE - 1);
    struct str advice = read_text(payload, ERROR_ADVICE_SIZE - 1);
    if (kind == ERROR_NONE || kind > ERROR_INTERNAL)
        payload->damaged = true;
    if (payload->damaged)
        return;
    error_set(error, (enum error_kind)kind, "%.*s", (int)message.length, message.data);
    error_advise(error, "%.*s", (int)advice.length, advice.data);
}

static void read_bundle(struct payload *payload, struct frame *frame)
{
    frame->not_after = (int64_t)read_number(payload, 8);
    frame->text = read_text(payload, LONGEST_TEXT);
    frame->bundle.certificate = read_pem(payload, STR("CERTIFICATE"), LIMIT_CERTIFICATE_PEM);
    frame->bundle.chain = read_pem(payload, STR("CERTIFICATE"), LIMIT_PEM_FILE);
    frame->bundle.key = read_pem(payload, STR("PRIVATE KEY"), LIMIT_KEY_PEM);
    if (str_trim(frame->bundle.certificate).length == 0 || str_trim(frame->bundle.key).length == 0)
        payload->damaged = true;
}

static bool read_payload(struct payload *payload, size_t batch_size, struct frame *frame)
{
    switch (frame->type) {
    case FRAME_LOG:
        frame->level = (enum log_level)read_number(payload, 1);
        frame->text = read_text(payload, LIMIT_LOG_LINE);
        if (frame->level >= LOG_LEVEL_NONE)
            return false;
        break;
    case FRAME_STAGE:
        frame->member = read_member(payload, batch_size, true);
        frame->text = read_text(payload, LONGEST_TEXT);
        break;
    case FRAME_BUNDLE:
        frame->member = read_member(payload, batch_size, false);
        read_bundle(payload, frame);
        break;
    case FRAME_FAILURE:
        frame->member = read_member(payload, batch_size, true);
        read_error(payload, &frame->error);
        break;
    case FRAME_SERVED:
        frame->member = read_member(payload, batch_size, false);
        frame->verdict = (unsigned)read_number(payload, 1);
        frame->not_after = (int64_t)read_number(payload, 8);
        if (frame->verdict == SERVED_UNKNOWN || frame->verdict > SERVED_UNREACHABLE)
            return false;
        break;
    case FRAME_STEP:
        frame->verdict = (unsigned)read_number(payload, 1);
        frame->text = read_text(payload, LIMIT_LOG_LINE);
        if (frame->verdict > STEP_NOTE)
            return false;
        break;
    case FRAME_CREDENTIALS:
        frame->not_after = (int64_t)read_number(payload, 8);
        frame->text = read_text(payload, LONGEST_TEXT);
        break;
    case FRAME_DONE:
        break;
    default:
        return false;
    }
    return !payload->damaged && payload->rest.length == 0;
}

enum wire_status wire_read(struct str in, size_t batch_size, struct frame *frame, size_t *used)
{
    struct payload header = {.rest = in};
    if (in.length < HEADER_SIZE)
        return WIRE_INCOMPLETE;
    memset(frame, 0, sizeof *frame);
    frame->type = (enum frame_type)read_number(&header, 1);
    uint64_t length = read_number(&header, 4);
    if (length > LIMIT_FRAME)
        return WIRE_GARBAGE;
    if (header.rest.length < length)
        return WIRE_INCOMPLETE;
    struct payload payload = {.rest = str_take(header.rest, (size_t)length)};
    *used = HEADER_SIZE + (size_t)length;
    return read_payload(&payload, batch_size, frame) ? WIRE_FRAME : WIRE_GARBAGE;
}
