/* Probes of servers by a real worker. */
#include "supervisor/served.h"

#include "support/scratch.h"
#include "support/tcp_peer.h"
#include "support/tls_client.h"
#include "support/tls_peer.h"

#include "base/format.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SITES = 4 };

static const struct worker_user same_user;

/* Certificates of a configuration, with room for their texts. */
struct sites {
    struct certificate_config list[SITES];
    char paths[SITES][SCRATCH_PATH_SIZE];
    char servers[SITES][64];
    struct config config;
    struct served served;
};

/* `installed` is a file of the server's; NULL: the installed file does not exist. */
static void add_site(void **state, struct sites *sites, const char *installed, uint16_t port)
{
    size_t i = sites->config.certificate_count++;
    char name[32];
    format_text(name, sizeof name, "%zu.pem", i);
    scratch_path(state, name, sites->paths[i]);
    if (installed != NULL) {
        BUF_AUTO struct buf pem = BUF(TLS_CLIENT_TEXT);
        tls_peer_file(installed, &pem);
        scratch_write(sites->paths[i], buf_str(&pem), 0600);
    }
    format_text(sites->servers[i], sizeof sites->servers[i], "127.0.0.1:%u", (unsigned)port);
    sites->list[i].certificate_path = sites->paths[i];
    sites->list[i].served_at = sites->servers[i];
    sites->config.certificates = sites->list;
}

static void drive(struct served *served)
{
    struct pollfd event = {.events = POLLIN};
    do {
        event.fd = served->batch.pipe;
        assert_int_equal(poll(&event, 1, -1), 1);
    } while (batch_receive(&served->batch) || batch_end(&served->batch));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* the only child left is the server */
}

static void look(struct sites *sites, uint32_t patience_ms)
{
    const struct served_patience patience = {patience_ms, true};
    static const size_t places[SITES] = {0, 1, 2, 3};
    assert_true(served_start(&sites->served, &sites->config, places,
                             sites->config.certificate_count, &same_user, patience));
    drive(&sites->served);
}

static void assert_result(const struct sites *sites, size_t place, enum served_state state,
                          const char *words)
{
    const struct served_result *result = &sites->served.results[place];
    if (result->state != state)
        fail_msg("state %d: %s", (int)result->state, result->error.message);
    assert_int_equal(result->not_after > 0, state != SERVED_UNREACHABLE);
    if (words == NULL) {
        assert_int_equal(result->error.kind, ERROR_NONE);
    } else if (strstr(result->error.message, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", result->error.message, words);
    }
}

static void finds_the_installed_certificate_in_every_version(void **state)
{
    struct sites sites = {0};
    add_site(state, &sites, "ec.pem", tls_peer_serve("ec", "1.2", "tickets"));
    add_site(state, &sites, "ec.pem", tls_peer_serve("ec", "1.3", "tickets"));
    add_site(state, &sites, "rsa.pem", tls_peer_serve("rsa", "1.2", "facts"));
    look(&sites, 0);
    for (size_t i = 0; i < 3; i++)
        assert_result(&sites, i, SERVED_SAME, NULL);
}

static void names_what_is_presented_instead(void **state)
{
    struct sites sites = {0};
    add_site(state, &sites, "ec.pem", tls_peer_serve("rsa", "1.3", "facts"));
    add_site(state, &sites, "ec.pem", tls_peer_serve("rude", "1.2", "facts"));
    add_site(state, &sites, "ec.pem", tls_peer_serve("ec", "1.3", "facts"));
    look(&sites, 0);
    assert_result(&sites, 0, SERVED_OTHER, "but one for \"server.test\", valid until 20");
    assert_result(&sites, 1, SERVED_OTHER, "but one for \"rude;?[31m.test\"");
    assert_result(&sites, 2, SERVED_SAME, NULL);
}

/* A probe does not check whether a client would trust the certificate. */
static void trusts_nobody_and_asks_nobody_to(void **state)
{
    struct sites sites = {0};
    add_site(state, &sites, "forger.pem", tls_peer_serve("forger", "1.3", "facts"));
    add_site(state, &sites, "client.pem", tls_peer_serve("client", "1.2", "facts"));
    add_site(state, &sites, "weak.pem", tls_peer_serve("weak", "1.2", "facts"));
    look(&sites, 0);
    for (size_t i = 0; i < 3; i++)
        assert_result(&sites, i, SERVED_SAME, NULL);
}

static void says_why_a_server_cannot_be_seen(void **state)
{
    struct sites sites = {0};
    int holder = -1;
    uint16_t refusing = tcp_refusing_port(&holder);
    add_site(state, &sites, "ec.pem", refusing);
    add_site(state, &sites, "ec.pem", tls_peer_serve("ec", "1.3", "plain"));
    add_site(state, &sites, NULL, refusing);
    add_site(state, &sites, "ec.key", refusing);
    look(&sites, 0);
    close(holder);
    assert_result(&sites, 0, SERVED_UNREACHABLE, "Connection refused");
    assert_result(&sites, 1, SERVED_UNREACHABLE, "does not speak TLS");
    assert_result(&sites, 2, SERVED_UNREACHABLE, "cannot read the certificate");
    assert_result(&sites, 3, SERVED_UNREACHABLE, "there is no CERTIFICATE block");
}

static void a_server_that_says_nothing_does_not_keep_others_waiting(void **state)
{
    struct sites sites = {0};
    setenv("WCP_TEST_HURRY", "5", 1); /* TLS handshakes are slow in an emulator */
    add_site(state, &sites, "ec.pem", tls_peer_serve("ec", "1.3", "silent"));
    add_site(state, &sites, "ec.pem", tls_peer_serve("ec", "1.3", "facts"));
    look(&sites, 2000);
    unsetenv("WCP_TEST_HURRY");
    assert_result(&sites, 0, SERVED_UNREACHABLE, "timed out");
    assert_result(&sites, 1, SERVED_SAME, NULL);
}

static void ending_the_worker_leaves_every_question_open(void **state)
{
    struct sites sites = {0};
    static const size_t places[] = {0};
    add_site(state, &sites, "ec.pem", tls_peer_serve("ec", "1.3", "silent"));
    assert_true(served_start(&sites.served, &sites.config, places, 1, &same_user,
                             (struct served_patience){30000, true}));
    batch_expire(&sites.served.batch);
    drive(&sites.served);
    assert_result(&sites, 0, SERVED_UNREACHABLE, "it exceeded the time limit of a batch");
}

static void such_a_context_carries_no_data(void **state)
{
    (void)state;
    struct error error = {0};
    bool clean = false;
    char byte = 0;
    struct tls_context *context = tls_client_trust(STR(""));
    tls_context_disable_verification(context);
    for (unsigned i = 0; i < 2; i++) { /* and no session is resumed */
        struct connection connection =
            tls_client_connect(context, tls_peer_serve("forger", "1.2", "facts"), "server.test");
        assert_true(tls_peer_certificate(connection.tls).length > 0);
        assert_false(tls_write(connection.tls, STR("x"), deadline_in(PLENTY_MS), &error));
        assert_int_equal(error.kind, ERROR_INTERNAL);
        assert_int_equal(tls_read(connection.tls, &byte, 1, deadline_in(PLENTY_MS), &clean, &error),
                         -1);
        tls_client_disconnect(&connection);
    }
    tls_context_free(context);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(finds_the_installed_certificate_in_every_version),
        IN_SCRATCH(names_what_is_presented_instead),
        IN_SCRATCH(trusts_nobody_and_asks_nobody_to),
        IN_SCRATCH(says_why_a_server_cannot_be_seen),
        IN_SCRATCH(a_server_that_says_nothing_does_not_keep_others_waiting),
        IN_SCRATCH(ending_the_worker_leaves_every_question_open),
        cmocka_unit_test(such_a_context_carries_no_data),
    };
    return cmocka_run_group_tests(tests, tls_client_start, tls_client_stop);
}
