#include "support/unblocked_output.hpp"

#include <algorithm>
#include <cerrno>
#include <limits.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace support {

unblocked_output::unblocked_output(int descriptor, std::size_t most_kept)
    : descriptor_(descriptor), most_kept_(most_kept)
{}

void unblocked_output::write(std::string_view line)
{
    if (kept_.size() + line.size() > most_kept_)
    {
        flush(0);
    }
    if (kept_.size() + line.size() > most_kept_)
    {
        ++dropped_;
        return;
    }
    kept_ += line;
    flush(0);
}

void unblocked_output::flush(int milliseconds)
{
    while (!kept_.empty() && write_piece(milliseconds))
    {
    }
}

std::size_t unblocked_output::take_dropped()
{
    return kept_.size() > most_kept_ / 2 ? 0 : std::exchange(dropped_, 0);
}

bool unblocked_output::write_piece(int milliseconds)
{
    pollfd asked{descriptor_, POLLOUT, 0};
    if (::poll(&asked, 1, milliseconds) <= 0)
    {
        return false;
    }
    // A pipe that is writable takes PIPE_BUF bytes without blocking (pipe(7)).
    const auto piece = std::min<std::size_t>(kept_.size(), PIPE_BUF);
    const auto written = ::write(descriptor_, kept_.data(), piece);
    if (written < 0)
    {
        if (errno != EAGAIN && errno != EINTR)
        {
            kept_.clear();  // nobody will ever read it
        }
        return false;
    }
    kept_.erase(0, static_cast<std::size_t>(written));
    return true;
}

}  // namespace support
