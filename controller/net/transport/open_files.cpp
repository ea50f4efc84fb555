#include "net/transport/open_files.hpp"

#include <algorithm>
#include <sys/resource.h>

namespace net {

std::size_t allow_open_files(std::size_t wanted)
{
    rlimit now{};
    if (::getrlimit(RLIMIT_NOFILE, &now) != 0)
    {
        return wanted;
    }
    rlimit raised = now;
    raised.rlim_cur = std::max(now.rlim_cur, std::min<rlim_t>(wanted, now.rlim_max));
    const bool done = raised.rlim_cur != now.rlim_cur && ::setrlimit(RLIMIT_NOFILE, &raised) == 0;
    return done ? raised.rlim_cur : now.rlim_cur;
}

}  // namespace net
