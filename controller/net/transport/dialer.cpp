#include "net/transport/dialer.hpp"

#include "net/transport/happy_eyeballs.hpp"
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

// A TCP connection that takes longer is none: the SYN was repeated three times by then.
constexpr support::duration connect_within = std::chrono::seconds(10);

constexpr std::size_t most_remembered_hosts = 256;

class socket_dialer final : public dialer
{
public:
    socket_dialer(asio::any_io_executor executor, support::clock& clock, resolver::look_up_function look_up)
        : executor_(std::move(executor)), clock_(clock), resolver_(executor_, clock, std::move(look_up))
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
        auto connected = co_await connect_to_any(
            executor_,
            clock_,
            in_order_of_trial(**resolved, experience_with(to.host, **resolved)),
            to.port,
            std::min(deadline, clock_.now() + connect_within)
        );
        if (!connected)
        {
            co_return std::unexpected(std::move(connected.error()));
        }
        boost::system::error_code cut;
        const auto address = (*connected)->remote_endpoint(cut).address();
        if (!to.tls)
        {
            remember(to.host, address, true);
            co_return create_tcp_stream(std::move(**connected));
        }
        std::string name = tls && !tls->server_name.empty() ? tls->server_name : to.host;
        auto secured = co_await support::with_deadline(
            clock_, deadline, start_tls(std::move(**connected), context, std::move(name), clock_.wall())
        );
        remember(to.host, address, secured && *secured);
        if (!secured)
        {
            co_return support::fail(
                support::errc::unreachable,
                "TLS handshake with " + address.to_string() + ": no answer in time"
            );
        }
        co_return std::move(*secured);
    }

private:
    // What is no address of the host any more is forgotten.
    const address_experience& experience_with(const std::string& host, const addresses& found)
    {
        if (experience_.size() >= most_remembered_hosts && !experience_.contains(host))
        {
            experience_.clear();
        }
        auto& known = experience_[host];
        std::erase_if(known.bad, [&found](const auto& address) {
            return std::ranges::find(found, address) == found.end();
        });
        return known;
    }

    void remember(const std::string& host, const asio::ip::address& address, bool served)
    {
        auto& known = experience_[host];
        if (served)
        {
            known.good = address;
            known.bad.erase(address);
            return;
        }
        known.bad.insert(address);
        if (known.good == address)
        {
            known.good.reset();
        }
    }

    support::result<std::shared_ptr<tls_context>> context_for(const std::shared_ptr<const tls_settings>& tls)
    {
        if (contexts_.size() >= clean_at_)
        {
            std::erase_if(contexts_, [](const auto& entry) { return entry.first.expired(); });
            clean_at_ = 2 * contexts_.size() + 1;
        }
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
    std::map<std::string, address_experience> experience_;  // by host
    std::shared_ptr<tls_context> system_context_;
    std::map<std::weak_ptr<const tls_settings>, std::shared_ptr<tls_context>, std::owner_less<>> contexts_;
    std::size_t clean_at_ = 16;  // contexts_ of this size is cleaned of what is gone
};

}  // namespace

std::unique_ptr<dialer> create_dialer(
    asio::any_io_executor executor, support::clock& clock, resolver::look_up_function look_up
)
{
    return std::make_unique<socket_dialer>(std::move(executor), clock, std::move(look_up));
}

}  // namespace net
