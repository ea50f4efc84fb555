#include "net/transport/dialer.hpp"

#include "net/transport/tcp_stream.hpp"
#include "net/transport/tls_stream.hpp"
#include "support/with_deadline.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace net {
namespace {

// The least time for one of several addresses, as long as the deadline allows it.
constexpr support::duration min_share = std::chrono::seconds(2);

std::string str(const tcp::endpoint& endpoint)
{
    const auto address = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
           std::to_string(endpoint.port());
}

class socket_dialer final : public dialer
{
public:
    socket_dialer(asio::any_io_executor executor, support::clock& clock, resolver::look_up_function look_up)
        : executor_(std::move(executor)), clock_(clock), resolver_(executor_, std::move(look_up))
    {}

    support::task<support::result<std::unique_ptr<byte_stream>>> dial(
        origin to, std::shared_ptr<const tls_settings> tls, support::time_point deadline
    ) override
    {
        std::shared_ptr<tls_context> context;
        if (to.tls)
        {
            auto trusted = context_for(tls);
            if (!trusted)
            {
                co_return std::unexpected(std::move(trusted.error()));
            }
            context = std::move(*trusted);
        }
        auto resolved = co_await support::with_deadline(clock_, deadline, resolver_.resolve(to.host));
        if (!resolved)
        {
            co_return support::fail(support::errc::unreachable, "look-up: no answer in time");
        }
        if (!*resolved)
        {
            co_return std::unexpected(std::move(resolved->error()));
        }
        auto connected = co_await connect_any(std::move(**resolved), to.port, deadline);
        if (!connected)
        {
            co_return std::unexpected(std::move(connected.error()));
        }
        if (!to.tls)
        {
            co_return create_tcp_stream(std::move(**connected));
        }
        std::string name = tls && !tls->server_name.empty() ? tls->server_name : to.host;
        auto secured = co_await support::with_deadline(
            clock_, deadline, start_tls(std::move(**connected), context, std::move(name), clock_.wall())
        );
        if (!secured)
        {
            co_return support::fail(support::errc::unreachable, "TLS handshake: no answer in time");
        }
        co_return std::move(*secured);
    }

private:
    // Tries the addresses one after the other. Each one gets its share of the time that is left.
    support::task<support::result<std::unique_ptr<tcp::socket>>> connect_any(
        addresses candidates, std::uint16_t port, support::time_point deadline
    )
    {
        support::error last{support::errc::unreachable, "look-up: no address", 0, std::nullopt};
        for (std::size_t i = 0; i < candidates.size(); ++i)
        {
            const tcp::endpoint to(candidates[i], port);
            const auto now = clock_.now();
            const auto share = (deadline - now) / static_cast<std::int64_t>(candidates.size() - i);
            const auto until = std::min(deadline, now + std::max(share, min_share));
            auto tried = co_await support::with_deadline(clock_, until, connect(executor_, to));
            if (tried && *tried)
            {
                co_return std::move(*tried);
            }
            last.message =
                "connect to " + str(to) + ": " + (tried ? tried->error().message : "no answer in time");
        }
        co_return std::unexpected(std::move(last));
    }

    support::result<std::shared_ptr<tls_context>> context_for(const std::shared_ptr<const tls_settings>& tls)
    {
        std::erase_if(contexts_, [](const auto& entry) { return entry.first.expired(); });
        if (tls == nullptr)
        {
            if (!system_context_)
            {
                auto created = create_tls_context(tls_settings());
                if (!created)
                {
                    return created;
                }
                system_context_ = std::move(*created);
            }
            return system_context_;
        }
        if (const auto known = contexts_.find(tls); known != contexts_.end())
        {
            return known->second;
        }
        auto created = create_tls_context(*tls);
        if (created)
        {
            contexts_.emplace(tls, *created);
        }
        return created;
    }

    asio::any_io_executor executor_;
    support::clock& clock_;
    resolver resolver_;
    std::shared_ptr<tls_context> system_context_;
    std::map<std::weak_ptr<const tls_settings>, std::shared_ptr<tls_context>, std::owner_less<>> contexts_;
};

}  // namespace

std::unique_ptr<dialer> create_dialer(
    asio::any_io_executor executor, support::clock& clock, resolver::look_up_function look_up
)
{
    return std::make_unique<socket_dialer>(std::move(executor), clock, std::move(look_up));
}

}  // namespace net
