/* The result of a probe: the certificate that the server at served_at presents, compared with the
 * installed one. */
#ifndef WCP_WORKER_SERVED_STATE_H
#define WCP_WORKER_SERVED_STATE_H

enum served_state { SERVED_UNKNOWN, SERVED_SAME, SERVED_OTHER, SERVED_UNREACHABLE };

#endif
