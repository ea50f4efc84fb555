#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace test {

// The sanitizer of undefined behaviour opens a file itself to look at an object, so it takes objects for
// broken where no file can be opened.
#if defined(__has_feature) && __has_feature(address_sanitizer)
inline constexpr bool opens_files_itself = true;
#else
inline constexpr bool opens_files_itself = false;
#endif

// Lets this process open no further file, until its destruction.
class no_more_files
{
public:
    no_more_files()
    {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::close(next);
        const rlimit none{static_cast<rlim_t>(next), before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    no_more_files(const no_more_files&) = delete;
    no_more_files& operator=(const no_more_files&) = delete;
    ~no_more_files() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

}  // namespace test
