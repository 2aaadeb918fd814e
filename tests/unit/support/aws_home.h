/* A home directory of a test's own, in an environment that says nothing about AWS. */
#ifndef WCP_TESTS_AWS_HOME_H
#define WCP_TESTS_AWS_HOME_H

#include "scratch.h"

#define AWS_HOME_CREDENTIALS ".aws/credentials"
#define AWS_HOME_CONFIG ".aws/config"

/* Setup and teardown for cmocka, as those of scratch.h: HOME is the directory, which has an empty
 * .aws. Of the variables of AWS only AWS_EC2_METADATA_DISABLED is set, to "true". Teardown also
 * releases the log. */
int aws_home_setup(void **state);
int aws_home_teardown(void **state);
/* Writes a file of that directory, mode 0600. */
void aws_home_write(void **state, const char *name, const char *contents);

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, aws_home_setup, aws_home_teardown)

#endif
