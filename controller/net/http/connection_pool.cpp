#include "net/http/connection_pool.hpp"

#include <algorithm>

namespace net {

connection_pool::connection_pool(std::size_t per_origin, support::duration idle_for)
    : per_origin_(per_origin), idle_for_(idle_for)
{}

std::unique_ptr<byte_stream> connection_pool::take(
    const origin& to, const std::shared_ptr<const tls_settings>& tls, support::time_point now
)
{
    close_expired(now);
    const auto it = idle_.find({to, tls});
    if (it == idle_.end())
    {
        return nullptr;
    }
    auto& streams = it->second;
    std::unique_ptr<byte_stream> taken;
    while (!taken && !streams.empty())
    {
        if (streams.back().stream->quiet())
        {
            taken = std::move(streams.back().stream);
        }
        streams.pop_back();
    }
    if (streams.empty())
    {
        idle_.erase(it);
    }
    return taken;
}

void connection_pool::put(
    const origin& to,
    const std::shared_ptr<const tls_settings>& tls,
    std::unique_ptr<byte_stream> stream,
    support::time_point now
)
{
    close_expired(now);
    if (per_origin_ == 0)
    {
        return;
    }
    auto& streams = idle_[{to, tls}];
    if (streams.size() >= per_origin_)
    {
        streams.pop_front();
    }
    streams.push_back({std::move(stream), now});
    expires_at_ = std::min(expires_at_, now + idle_for_);
}

std::size_t connection_pool::size() const
{
    std::size_t size = 0;
    for (const auto& [key, streams] : idle_)
    {
        size += streams.size();
    }
    return size;
}

void connection_pool::close_expired(support::time_point now)
{
    if (now < expires_at_)
    {
        return;
    }
    expires_at_ = support::time_point::max();
    for (auto it = idle_.begin(); it != idle_.end();)
    {
        auto& streams = it->second;
        while (!streams.empty() && streams.front().since + idle_for_ <= now)
        {
            streams.pop_front();
        }
        if (streams.empty())
        {
            it = idle_.erase(it);
            continue;
        }
        expires_at_ = std::min(expires_at_, streams.front().since + idle_for_);
        ++it;
    }
}

}  // namespace net
