#include "kube/caller_clients.hpp"

#include "kube/rest_client.hpp"

#include <utility>

namespace kube {
namespace {

using support::errc;
using support::result;
using support::task;

config without_credentials(const config& cluster)
{
    config bare;
    bare.source = cluster.source;
    bare.server = cluster.server;
    bare.server_text = cluster.server_text;
    bare.ca = cluster.ca;
    bare.tls_server_name = cluster.tls_server_name;
    bare.proxy_url = cluster.proxy_url;
    bare.if_unread = cluster.if_unread;
    return bare;
}

// The trust of the cluster with the token of a caller.
class caller_credentials final : public request_credentials
{
public:
    caller_credentials(credentials& cluster, support::secret token)
        : cluster_(cluster), token_(std::move(token))
    {}

    task<result<current>> get() override
    {
        auto bare = co_await cluster_.get();
        if (!bare)
        {
            co_return bare;
        }
        if (!bare->tls || token_.empty())
        {
            co_return support::fail(errc::invalid, "a request for a caller needs TLS and a token");
        }
        co_return current{bare->tls, token_, {}, nullptr};
    }

    bool refused(const current&) override { return false; }

    const config& source() const override { return cluster_.source(); }

private:
    credentials& cluster_;
    support::secret token_;
};

// Owns the credentials of its client.
class caller_client final : public client
{
public:
    caller_client(net::http_client& http, support::clock& clock, credentials& cluster, support::secret token)
        : credentials_(cluster, std::move(token)), client_(create_rest_client(http, clock, credentials_))
    {}

    task<result<std::unique_ptr<list_page>>> list(list_request request) override
    {
        return client_->list(std::move(request));
    }
    task<result<std::unique_ptr<watch_stream>>> watch(watch_request request) override
    {
        return client_->watch(std::move(request));
    }
    task<result<std::unique_ptr<object_answer>>> patch(patch_request request) override
    {
        return client_->patch(std::move(request));
    }
    task<result<std::unique_ptr<object_answer>>> create(create_request request) override
    {
        return client_->create(std::move(request));
    }
    task<result<std::unique_ptr<object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) override
    {
        return client_->get(std::move(resource), std::move(name_space), std::move(name));
    }
    task<result<std::unique_ptr<object_answer>>> remove(remove_request request) override
    {
        return client_->remove(std::move(request));
    }

private:
    caller_credentials credentials_;
    std::unique_ptr<client> client_;
};

}  // namespace

caller_clients::caller_clients(
    net::http_client& http, support::clock& clock, const config& cluster, file_reader read
)
    : http_(http), clock_(clock), cluster_(without_credentials(cluster), std::move(read), clock)
{}

caller_clients::~caller_clients() = default;

result<> caller_clients::check()
{
    const config& cluster = cluster_.source();
    if (!cluster.server.origin.tls)
    {
        return support::fail(
            errc::invalid,
            cluster.source + ": the API server " + cluster.server.str() +
                " has plain http, over which the token of a caller is not sent; name its https address"
        );
    }
    return cluster_.check();
}

std::unique_ptr<client> caller_clients::client_of(support::secret token)
{
    return std::make_unique<caller_client>(http_, clock_, cluster_, std::move(token));
}

}  // namespace kube
