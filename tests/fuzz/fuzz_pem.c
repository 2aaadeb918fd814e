/* Any text is blocks, or damage, or neither; what a block holds survives being written and read
 * again. */
#include "crypto/base64.h"
#include "pki/pem.h"

#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool lies_in(struct str part, struct str whole)
{
    return part.data >= whole.data && part.data + part.length <= whole.data + whole.length;
}

static void check_contents(const struct pem_block *block)
{
    struct error error = {0};
    BUF_AUTO struct buf der = BUF(block->body.length);
    BUF_AUTO struct buf again = BUF_SECRET(block->body.length + 1);
    BUF_AUTO struct buf pem = BUF(4 * block->body.length + 1024);
    struct pem_block copy;
    if (!pem_decode(block, &der, &error)) {
        require(error.kind == ERROR_PERMANENT);
        return;
    }
    require(pem_encode(block->label, buf_str(&der), &pem));
    require(pem_only(buf_str(&pem), block->label, &copy, &error));
    require(pem_decode(&copy, &again, &error));
    require(str_equal(buf_str(&der), buf_str(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_bytes(data, size);
    struct str rest = text;
    struct pem_block block;
    struct error error = {0};
    while (pem_next(&rest, &block, &error)) {
        require(lies_in(block.whole, text) && lies_in(block.body, block.whole));
        require(lies_in(block.label, block.whole) && block.label.length > 0);
        require(rest.length == 0 || rest.data >= block.whole.data + block.whole.length);
        require(str_starts_with(block.whole, STR("-----BEGIN ")));
        require(str_ends_with(block.whole, STR("-----")));
        require(base64_is_plausible(block.body));
        check_contents(&block);
    }
    require(error.kind == ERROR_NONE || error.kind == ERROR_PERMANENT);
    return 0;
}
