/* Included in front of cJSON.c. It keeps the C library's floating-point reader, and with it stdio,
   out of the binary: numbers are read by our own function, in src/base/json.c. */
#ifndef WCP_CJSON_CONFIG_H
#define WCP_CJSON_CONFIG_H

#include <stdlib.h>

/* Reads the number at the start of text, which ends with a NUL, as strtod does for JSON's grammar;
 *end is set behind it, or to text when there is none. */
double json_strtod(const char *text, char **end);
#define strtod json_strtod

/* Replies of STS and ACM are three levels deep. */
#define CJSON_NESTING_LIMIT 16

#endif
