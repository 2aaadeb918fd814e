# cJSON: one file. Printing is left out by the linker: nothing of ours calls it.
CJSON_SOURCES  := cJSON.c
CJSON_INCLUDES := -isystem build/src/cjson
# Replies of STS and ACM are three levels deep; cJSON's own limit is 1000, and its parser recurses.
CJSON_FLAGS    := -DCJSON_NESTING_LIMIT=16
