#include "net/http/unread_answers.hpp"

#include <algorithm>
#include <utility>

namespace net {

unread_answers::one::one(unread_answers& all, accepted_stream& to)
    : all_(all), stream_(to), place_(all.answers_.insert(all.answers_.end(), this))
{}

unread_answers::one::~one()
{
    all_.bytes_ -= bytes_;
    all_.answers_.erase(place_);
}

void unread_answers::one::set(std::size_t bytes)
{
    all_.bytes_ += bytes;
    all_.bytes_ -= std::exchange(bytes_, bytes);
    while (all_.bytes_ > all_.most_bytes_ && all_.give_up_oldest(*this))
    {
    }
}

bool unread_answers::give_up_oldest(const one& kept)
{
    const auto oldest =
        std::ranges::find_if(answers_, [&](const one* each) { return each != &kept && each->bytes_ > 0; });
    if (oldest == answers_.end())
    {
        return false;
    }
    // Its memory is free as soon as its coroutine has run.
    bytes_ -= std::exchange((*oldest)->bytes_, 0);
    (*oldest)->stream_.interrupt();
    return true;
}

}  // namespace net
