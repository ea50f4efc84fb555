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

// Open connections that nobody uses, by origin and TLS settings. Time is an argument and nothing here waits:
// what is too old is closed at the next call.
class connection_pool
{
public:
    connection_pool(std::size_t per_origin, support::duration idle_for);

    // The connection that was used last and is still quiet; null if there is none.
    std::unique_ptr<byte_stream> take(
        const origin& to, const std::shared_ptr<const tls_settings>& tls, support::time_point now
    );

    // Keeps `stream`; the oldest one goes if there are too many.
    void put(
        const origin& to,
        const std::shared_ptr<const tls_settings>& tls,
        std::unique_ptr<byte_stream> stream,
        support::time_point now
    );

    std::size_t size() const;

private:
    struct idle
    {
        std::unique_ptr<byte_stream> stream;
        support::time_point since;
    };
    // Holds the settings, so that no other ones can come to have their address.
    using key = std::pair<origin, std::shared_ptr<const tls_settings>>;

    void close_expired(support::time_point now);

    std::size_t per_origin_;
    support::duration idle_for_;
    std::map<key, std::deque<idle>> idle_;  // each in the order of `since`
};

}  // namespace net
