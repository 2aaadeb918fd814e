/* Extended attributes: calls of the C library. The simulated files have none, and setting one
 * changes nothing. */
#include "simulation/wrap.h"

#include <stdio.h>
#include <sys/xattr.h>

/* The descriptor in a path such as /proc/self/fd/7. */
static int descriptor_of(const char *path)
{
    int descriptor = -1;
    return sscanf(path, "/proc/self/fd/%d", &descriptor) == 1 ? descriptor : -1;
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

static ssize_t list(int descriptor, bool by_path)
{
    long result = call_attribute(descriptor, by_path);
    return result == -ENODATA ? 0 : wrap_result(result);
}

ssize_t __wrap_flistxattr(int descriptor, char *names, size_t size)
{
    (void)names;
    (void)size;
    return list(descriptor, false);
}

ssize_t __wrap_listxattr(const char *path, char *names, size_t size)
{
    (void)names;
    (void)size;
    return list(descriptor_of(path), true);
}

int __wrap_fsetxattr(int descriptor, const char *name, const void *value, size_t size, int flags)
{
    (void)name;
    (void)value;
    (void)size;
    (void)flags;
    return (int)list(descriptor, false);
}

int __wrap_fremovexattr(int descriptor, const char *name)
{
    (void)name;
    return (int)wrap_result(call_attribute(descriptor, false));
}
