#include "net/transport/proxied_dialer.hpp"

#include "net/transport/connect_tunnel.hpp"
#include "net/transport/socks5.hpp"
#include "net/transport/tls_stream.hpp"
#include "support/with_deadline.hpp"

#include <map>
#include <utility>

namespace asio = boost::asio;

namespace net {
namespace {

using stream = std::unique_ptr<byte_stream>;

// Each context is made once for its settings.
class tls_contexts
{
public:
    enum class peer
    {
        server,
        proxy,
    };

    explicit tls_contexts(peer whom) : whom_(whom) {}

    support::result<std::shared_ptr<tls_context>> for_settings(std::shared_ptr<const tls_settings> tls)
    {
        std::erase_if(contexts_, [](const auto& entry) { return entry.first.expired(); });
        const auto& settings = tls ? tls : none_;
        if (const auto known = contexts_.find(settings); known != contexts_.end())
        {
            return known->second;
        }
        auto created = create_tls_context(whom_ == peer::server ? *settings : of_proxy(*settings));
        if (created)
        {
            contexts_.emplace(settings, *created);
        }
        return created;
    }

private:
    static tls_settings of_proxy(const tls_settings& of_server)
    {
        tls_settings settings;
        settings.ca_pem = of_server.ca_pem;
        settings.system_too = true;
        return settings;
    }

    peer whom_;
    std::shared_ptr<const tls_settings> none_ = std::make_shared<const tls_settings>();
    std::map<std::weak_ptr<const tls_settings>, std::shared_ptr<tls_context>, std::owner_less<>> contexts_;
};

class proxied_dialer final : public dialer
{
public:
    proxied_dialer(
        asio::any_io_executor executor,
        support::clock& clock,
        std::unique_ptr<dialer> direct,
        proxy_route route
    )
        : executor_(std::move(executor)), clock_(clock), direct_(std::move(direct)), route_(std::move(route))
    {}

    support::task<support::result<stream>> dial(
        origin to, std::shared_ptr<const tls_settings> tls, support::time_point deadline
    ) override
    {
        const auto via = route_(to);
        if (!via)
        {
            co_return co_await direct_->dial(std::move(to), std::move(tls), deadline);
        }
        std::shared_ptr<tls_context> context;
        if (to.tls)
        {
            auto trusted = of_servers_.for_settings(tls);
            if (!trusted)
            {
                co_return std::unexpected(std::move(trusted.error()));
            }
            context = std::move(*trusted);
        }
        auto tunnel = co_await open_tunnel(via, to, tls, deadline);
        if (!tunnel)
        {
            co_return support::fail("proxy " + via->str(), std::move(tunnel.error()));
        }
        if (!to.tls)
        {
            co_return std::move(*tunnel);
        }
        std::string name = tls && !tls->server_name.empty() ? tls->server_name : to.host;
        co_return co_await secure(via, std::move(*tunnel), std::move(context), std::move(name), deadline);
    }

private:
    support::task<support::result<stream>> open_tunnel(
        std::shared_ptr<const proxy> via,
        origin to,
        std::shared_ptr<const tls_settings> tls,
        support::time_point deadline
    )
    {
        std::shared_ptr<tls_context> context;
        if (via->kind == proxy_kind::https)
        {
            auto trusted = of_proxies_.for_settings(std::move(tls));
            if (!trusted)
            {
                co_return std::unexpected(std::move(trusted.error()));
            }
            context = std::move(*trusted);
        }
        auto to_proxy = co_await direct_->dial({false, via->host, via->port}, nullptr, deadline);
        if (!to_proxy)
        {
            co_return to_proxy;
        }
        auto opened = co_await support::with_deadline(
            clock_,
            deadline,
            pass_through(std::move(*to_proxy), std::move(via), std::move(to), std::move(context))
        );
        if (!opened)
        {
            co_return support::fail(support::errc::unreachable, "no answer in time");
        }
        co_return std::move(*opened);
    }

    // `context` null: the proxy speaks no TLS.
    support::task<support::result<stream>> pass_through(
        stream to_proxy, std::shared_ptr<const proxy> via, origin to, std::shared_ptr<tls_context> context
    )
    {
        if (context)
        {
            auto secured = co_await start_tls(
                executor_, std::move(to_proxy), std::move(context), via->host, clock_.wall()
            );
            if (!secured)
            {
                co_return secured;
            }
            to_proxy = std::move(*secured);
        }
        co_return via->kind == proxy_kind::socks5
            ? co_await open_socks5_tunnel(std::move(to_proxy), std::move(to), via->login)
            : co_await open_connect_tunnel(std::move(to_proxy), std::move(to), via->login);
    }

    // The message names the proxy, because it may be the one that answers with a certificate of its own.
    support::task<support::result<stream>> secure(
        std::shared_ptr<const proxy> via,
        stream tunnel,
        std::shared_ptr<tls_context> context,
        std::string name,
        support::time_point deadline
    )
    {
        auto secured = co_await support::with_deadline(
            clock_,
            deadline,
            start_tls(executor_, std::move(tunnel), std::move(context), std::move(name), clock_.wall())
        );
        const std::string through = "through proxy " + via->str();
        if (!secured)
        {
            co_return support::fail(
                support::errc::unreachable, through + ": TLS handshake: no answer in time"
            );
        }
        if (!*secured)
        {
            co_return support::fail(through, std::move(secured->error()));
        }
        co_return std::move(*secured);
    }

    asio::any_io_executor executor_;
    support::clock& clock_;
    std::unique_ptr<dialer> direct_;
    proxy_route route_;
    tls_contexts of_servers_{tls_contexts::peer::server};
    tls_contexts of_proxies_{tls_contexts::peer::proxy};
};

}  // namespace

std::unique_ptr<dialer> create_proxied_dialer(
    asio::any_io_executor executor, support::clock& clock, std::unique_ptr<dialer> direct, proxy_route route
)
{
    return std::make_unique<proxied_dialer>(std::move(executor), clock, std::move(direct), std::move(route));
}

}  // namespace net
