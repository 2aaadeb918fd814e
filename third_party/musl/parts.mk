# Which parts of musl are compiled: four fifths of it are never linked in. Read at the end of musl's config.mak, the place
# that its Makefile names for overriding its variables.
#
# A function that is missing here is "undefined" to the linker: add the file that defines it (DIRECTORY/NAME below musl's
# src).

WHOLE_DIRECTORIES := dirent env errno exit fcntl internal malloc mman multibyte passwd select setjmp string
PARTS := \
    $(addprefix ctype/,isalnum isalpha isdigit islower isprint isspace isupper isxdigit tolower toupper) \
    $(addprefix linux/,cache flock getrandom inotify mount prctl prlimit process_vm ptrace setgroups signalfd \
        timerfd unshare) \
    $(addprefix locale/,__lctrans langinfo) \
    $(addprefix math/,__fpclassify __fpclassifyl __signbit __signbitl copysign copysignl fabs fabsl fmod fmodl \
        frexp frexpl scalbn scalbnl) \
    $(addprefix misc/,getauxval getrlimit ioctl nftw setrlimit syscall) \
    $(addprefix network/,accept bind connect dn_expand dns_parse freeaddrinfo getaddrinfo getsockname getsockopt \
        htonl htons if_nametoindex inet_aton inet_ntop inet_pton listen lookup_ipliteral lookup_name lookup_serv \
        ntohl ntohs recv recvfrom recvmsg res_mkquery res_msend resolvconf send sendmsg sendto setsockopt \
        socket) \
    $(addprefix process/,_Fork execlp execve execvp fork waitid waitpid) \
    $(addprefix signal/,block kill raise restore setitimer sigaction sigaddset sigemptyset sigismember \
        siglongjmp signal sigpending sigprocmask sigsetjmp sigsetjmp_tail) \
    $(addprefix stat/,chmod fchmod fstat fstatat lstat mkdir mkdirat mkfifo mknod stat statvfs umask) \
    $(addprefix stdio/,__fclose_ca __fdopen __fmodeflags __fopen_rb_ca __lockfile __overflow __stdio_close \
        __stdio_exit __stdio_read __stdio_seek __stdio_write __stdout_write __toread __towrite __uflow fclose \
        ferror fflush fgets fopen fprintf fputc fputs fread fseek ftell fwrite getc getdelim getline ofl ofl_add \
        printf putc puts remove rename snprintf sprintf sscanf stderr stdin stdout vfprintf vfscanf vsnprintf \
        vsprintf vsscanf) \
    $(addprefix stdlib/,qsort qsort_nr strtol) \
    $(addprefix temp/,__randname mkdtemp) \
    $(addprefix thread/,__lock __set_thread_area __syscall_cp __timedwait __wait clone default_attr lock_ptc \
        pthread_cleanup_push pthread_mutex_lock pthread_mutex_timedlock pthread_mutex_trylock \
        pthread_mutex_unlock pthread_rwlock_rdlock pthread_rwlock_timedrdlock pthread_rwlock_timedwrlock \
        pthread_rwlock_tryrdlock pthread_rwlock_trywrlock pthread_rwlock_unlock pthread_rwlock_wrlock \
        pthread_setcancelstate pthread_sigmask pthread_testcancel sem_destroy sem_init sem_post sem_timedwait \
        sem_trywait sem_wait synccall vmlock) \
    $(addprefix time/,__map_file __month_to_secs __secs_to_tm __tm_to_secs __tz __utc __year_to_secs \
        clock_gettime clock_nanosleep gmtime_r nanosleep strftime time timegm) \
    $(addprefix unistd/,_exit access alarm chdir chown close dup dup2 fchown fsync ftruncate getcwd getegid \
        geteuid getgroups getpid getppid link lseek pause pipe pipe2 pread read readlink renameat rmdir seteuid \
        setresgid setresuid setsid setuid setxid symlink truncate unlink unlinkat write writev)

# A processor's own files stand in a directory of its name, and in place of the general ones or besides. Those of math are
# many.
AOBJS := $(filter $(WHOLE_DIRECTORIES:%=obj/src/%/%) $(foreach part,$(PARTS),obj/src/$(part).% \
    obj/src/$(dir $(part))$(ARCH)/$(notdir $(part)).%) obj/src/thread/$(ARCH)/% obj/src/signal/$(ARCH)/%,$(AOBJS))
# Libraries that are empty, for programs that ask for them.
EMPTY_LIBS :=
