/* Extended attributes: calls of the C library. The simulated files have none, and setting one
 * changes nothing. */
#include "simulation/wrap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

/* The descriptor in a path such as /proc/self/fd/7. */
static int descriptor_of(const char *path)
{
    static const char prefix[] = "/proc/self/fd/";
    bool is_there = strncmp(path, prefix, sizeof prefix - 1) == 0;
    return is_there ? (int)strtol(path + sizeof prefix - 1, NULL, 10) : -1;
}

ssize_t __wrap_fgetxattr(int descriptor, const char *name, void *value, size_t size)
{
    (void)name;
    (void)value;
    (void)size;
    return wrap_result(call_attribute(descriptor, false));
}

ssize_t __wrap_getxattr(const char *path, const char *name, void *value, size_t size)
{
    (void)name;
    (void)value;
    (void)size;
    return wrap_result(call_attribute(descriptor_of(path), true));
}

static ssize_t list(int descriptor, bool by_path, char *names, size_t size)
{
    long result = call_attribute(descriptor, by_path);
    if (size > 0)
        names[0] = '\0';
    return result == -ENODATA ? 0 : wrap_result(result);
}

ssize_t __wrap_flistxattr(int descriptor, char *names, size_t size)
{
    return list(descriptor, false, names, size);
}

ssize_t __wrap_listxattr(const char *path, char *names, size_t size)
{
    return list(descriptor_of(path), true, names, size);
}

int __wrap_fsetxattr(int descriptor, const char *name, const void *value, size_t size, int flags)
{
    (void)name;
    (void)value;
    (void)size;
    (void)flags;
    return (int)list(descriptor, false, NULL, 0);
}

int __wrap_fremovexattr(int descriptor, const char *name)
{
    (void)name;
    return (int)wrap_result(call_attribute(descriptor, false));
}
