/* Included in front of cJSON.c and of its header: numbers are whole ones of 64 bits, read by our
   own function, in src/base/json.c. It keeps out of the binary the C library's floating-point
   reader, with it stdio, and all arithmetic that processors without a floating-point unit do not
   have. */
#ifndef WCP_CJSON_CONFIG_H
#define WCP_CJSON_CONFIG_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Reads the number at the start of text, which ends with a NUL, as strtod does for JSON's grammar;
   its integer part, towards zero, saturating. *end is set behind it, or to text when there is none.
 */
int64_t json_whole(const char *text, char **end);
#define strtod json_whole
#define double int64_t
#undef isnan
#undef isinf
#define isnan(number) 0
#define isinf(number) 0

/* Replies of STS and ACM are three levels deep. */
#define CJSON_NESTING_LIMIT 16

#endif
