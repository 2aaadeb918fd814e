/* Any text is a command line: its words, quoted again, give the same words; or it is refused. */
#include "aws/credentials/process.h"

#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Appends the word in single quotes. */
static void quote(const char *word, struct buf *out)
{
    buf_append(out, STR(" '"));
    for (; *word != '\0'; word++)
        if (*word == '\'')
            buf_append(out, STR("'\\''"));
        else
            buf_append_byte(out, *word);
    buf_append_byte(out, '\'');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PROCESS_WORDS_AUTO struct process_words words;
    PROCESS_WORDS_AUTO struct process_words again;
    BUF_AUTO struct buf quoted = BUF(1024 * 1024);
    struct error error = {0};
    size_t count = 0;
    again = (struct process_words){0};
    if (!process_split(str_bytes(data, size), "the line", &words, &error)) {
        require(error.kind == ERROR_CONFIGURATION && error.message[0] != '\0');
        return 0;
    }
    for (; words.list[count] != NULL; count++)
        quote(words.list[count], &quoted);
    require(count > 0 && count <= LIMIT_COMMAND_WORDS && !quoted.failed);
    require(process_split(buf_str(&quoted), "the line", &again, &error));
    for (size_t i = 0; i <= count; i++)
        require(i == count ? again.list[i] == NULL : strcmp(words.list[i], again.list[i]) == 0);
    return 0;
}
