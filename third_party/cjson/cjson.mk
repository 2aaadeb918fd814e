# cJSON: one file. Printing is left out by the linker: nothing of ours calls it.
CJSON_SOURCES  := cJSON.c
CJSON_INCLUDES := -isystem build/src/cjson
CJSON_FLAGS    := -include third_party/cjson/config.h
CJSON_CONFIG   := third_party/cjson/config.h
