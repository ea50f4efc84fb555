#include "net/dialer.hpp"

#include "net/tcp_stream.hpp"
#include "net/tls_stream.hpp"
#include "net/with_deadline.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace net {
namespace {

using endpoints = std::vector<tcp::endpoint>;

// One look-up by getaddrinfo, which cannot be cancelled: whoever waits for it may go before it ends.
struct lookup
{
    explicit lookup(const asio::any_io_executor& executor)
        : resolver(executor), ended(executor, asio::steady_timer::time_point::max())
    {}

    tcp::resolver resolver;
    asio::steady_timer ended;  // cancelled when it has
    bool done = false;
    support::result<endpoints> found;
};

support::task<support::result<endpoints>> wait(std::shared_ptr<lookup> job)
{
    while (!job->done)
    {
        boost::system::error_code ec;
        co_await job->ended.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        if (ec && !job->done)
        {
            throw boost::system::system_error(ec);
        }
    }
    co_return std::move(job->found);
}

support::task<support::result<endpoints>> resolve(
    asio::any_io_executor executor, std::string host, std::uint16_t port
)
{
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(host, ec);
    if (!ec)
    {
        co_return endpoints{tcp::endpoint(address, port)};
    }
    const auto job = std::make_shared<lookup>(executor);
    job->resolver.async_resolve(
        host,
        std::to_string(port),
        tcp::resolver::numeric_service,
        [job](const boost::system::error_code& failed, const tcp::resolver::results_type& results) {
            job->done = true;
            if (failed)
            {
                job->found = support::fail(support::errc::unreachable, "look-up: " + failed.message());
            }
            else
            {
                job->found = endpoints(results.begin(), results.end());
            }
            job->ended.cancel();
        }
    );
    co_return co_await wait(job);
}

std::string str(const tcp::endpoint& endpoint)
{
    const auto address = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
           std::to_string(endpoint.port());
}

class socket_dialer final : public dialer
{
public:
    socket_dialer(asio::any_io_executor executor, support::clock& clock)
        : executor_(std::move(executor)), clock_(clock)
    {}

    support::task<support::result<std::unique_ptr<byte_stream>>> dial(
        origin to, std::shared_ptr<const tls_settings> tls, support::time_point deadline
    ) override
    {
        std::shared_ptr<tls_context> context;
        if (to.tls)
        {
            auto made = context_for(tls);
            if (!made)
            {
                co_return std::unexpected(std::move(made.error()));
            }
            context = std::move(*made);
        }
        auto found = co_await with_deadline(clock_, deadline, resolve(executor_, to.host, to.port));
        if (!found)
        {
            co_return support::fail(support::errc::unreachable, "look-up: no answer in time");
        }
        if (!*found)
        {
            co_return std::unexpected(std::move(found->error()));
        }
        auto connected = co_await connect_any(std::move(**found), deadline);
        if (!connected)
        {
            co_return std::unexpected(std::move(connected.error()));
        }
        if (!to.tls)
        {
            co_return create_tcp_stream(std::move(**connected));
        }
        std::string name = tls && !tls->server_name.empty() ? tls->server_name : to.host;
        auto secured = co_await with_deadline(
            clock_, deadline, start_tls(std::move(**connected), context, std::move(name), clock_.wall())
        );
        if (!secured)
        {
            co_return support::fail(support::errc::unreachable, "TLS handshake: no answer in time");
        }
        co_return std::move(*secured);
    }

private:
    // Tries one address after the other, each with its share of the time that is left.
    support::task<support::result<std::unique_ptr<tcp::socket>>> connect_any(
        endpoints candidates, support::time_point deadline
    )
    {
        support::error last{support::errc::unreachable, "look-up: no address", 0, std::nullopt};
        for (std::size_t i = 0; i < candidates.size(); ++i)
        {
            const auto now = clock_.now();
            const auto share = (deadline - now) / static_cast<std::int64_t>(candidates.size() - i);
            auto tried = co_await with_deadline(clock_, now + share, connect(executor_, candidates[i]));
            if (tried && *tried)
            {
                co_return std::move(*tried);
            }
            last.message = "connect to " + str(candidates[i]) + ": " +
                           (tried ? tried->error().message : "no answer in time");
        }
        co_return std::unexpected(std::move(last));
    }

    support::result<std::shared_ptr<tls_context>> context_for(const std::shared_ptr<const tls_settings>& tls)
    {
        std::erase_if(contexts_, [](const auto& each) { return each.first.expired(); });
        if (tls == nullptr)
        {
            if (!system_context_)
            {
                auto made = create_tls_context(tls_settings());
                if (!made)
                {
                    return made;
                }
                system_context_ = std::move(*made);
            }
            return system_context_;
        }
        if (const auto known = contexts_.find(tls); known != contexts_.end())
        {
            return known->second;
        }
        auto made = create_tls_context(*tls);
        if (made)
        {
            contexts_.emplace(tls, *made);
        }
        return made;
    }

    asio::any_io_executor executor_;
    support::clock& clock_;
    std::shared_ptr<tls_context> system_context_;
    std::map<std::weak_ptr<const tls_settings>, std::shared_ptr<tls_context>, std::owner_less<>> contexts_;
};

}  // namespace

std::unique_ptr<dialer> create_dialer(asio::any_io_executor executor, support::clock& clock)
{
    return std::make_unique<socket_dialer>(std::move(executor), clock);
}

}  // namespace net
