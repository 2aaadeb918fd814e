/* What cmocka's own configuration would find out about our C library. */
#ifndef WCP_CMOCKA_CONFIG_H
#define WCP_CMOCKA_CONFIG_H

#define HAVE_MALLOC_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_SIGNAL_H 1
#define HAVE_STRINGS_H 1
#define HAVE_SIGLONGJMP 1
#define HAVE_STRSIGNAL 1
#define HAVE_STRUCT_TIMESPEC 1
#define HAVE_CLOCK_REALTIME 1
#define HAVE_GCC_THREAD_LOCAL_STORAGE 1

#endif
