#include "net/transport/open_files.hpp"

#include <algorithm>
#include <sys/resource.h>

namespace net {
namespace {

constexpr std::size_t files_of_the_rest = 1024;
constexpr std::size_t part = 8;

}  // namespace

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

std::size_t share_of_server(std::size_t files, std::size_t wanted)
{
    return files >= wanted + files_of_the_rest ? wanted : std::min(wanted, files / part);
}

std::size_t allow_connections(std::size_t wanted)
{
    return share_of_server(allow_open_files(wanted + files_of_the_rest), wanted);
}

}  // namespace net
