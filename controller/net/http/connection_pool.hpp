#pragma once

#include "net/http/http.hpp"
#include "net/transport/byte_stream.hpp"
#include "support/clock.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <utility>

namespace net {

// Open connections that no request uses, by origin and TLS settings. Time is an argument and the pool has no
// timers: a connection that has been idle too long is closed at the next call.
class connection_pool
{
public:
    connection_pool(std::size_t per_origin, support::duration idle_for, std::size_t in_all);

    // The most recently used connection that is still quiet; null if there is none.
    std::unique_ptr<byte_stream> take(
        const origin& to, const std::shared_ptr<const tls_settings>& tls, support::time_point now
    );

    // Keeps `stream`. If the origin has too many, its oldest connection is closed; if all origins together
    // have, the oldest of all.
    void put(
        const origin& to,
        const std::shared_ptr<const tls_settings>& tls,
        std::unique_ptr<byte_stream> stream,
        support::time_point now
    );

    std::size_t size() const { return size_; }

private:
    struct idle
    {
        std::unique_ptr<byte_stream> stream;
        support::time_point since;
    };
    // Owns the settings, so that their address cannot be reused for other settings.
    using key = std::pair<origin, std::shared_ptr<const tls_settings>>;

    void close_expired(support::time_point now);
    void close_oldest();

    std::size_t per_origin_;
    support::duration idle_for_;
    std::size_t in_all_;
    std::size_t size_ = 0;
    std::map<key, std::deque<idle>> idle_;                         // each deque in the order of `since`
    support::time_point expires_at_ = support::time_point::max();  // no connection expires before
};

}  // namespace net
