#include "net/http/connection_pool.hpp"

#include <algorithm>

namespace net {

connection_pool::connection_pool(std::size_t per_origin, support::duration idle_for, std::size_t in_all)
    : per_origin_(per_origin), idle_for_(idle_for), in_all_(in_all)
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
        --size_;
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
    if (per_origin_ == 0 || in_all_ == 0)
    {
        return;
    }
    auto& streams = idle_[{to, tls}];
    if (streams.size() >= per_origin_)
    {
        streams.pop_front();
        --size_;
    }
    streams.push_back({std::move(stream), now});
    if (++size_ > in_all_)
    {
        close_oldest();
    }
    expires_at_ = std::min(expires_at_, now + idle_for_);
}

void connection_pool::close_oldest()
{
    const auto oldest =
        std::ranges::min_element(idle_, {}, [](const auto& entry) { return entry.second.front().since; });
    oldest->second.pop_front();
    --size_;
    if (oldest->second.empty())
    {
        idle_.erase(oldest);
    }
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
            --size_;
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
