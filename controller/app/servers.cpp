#include "app/servers.hpp"

#include "app/debug_pages.hpp"
#include "app/operator_pages.hpp"
#include "net/transport/listen_address.hpp"
#include "support/task_group.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace app {

support::result<> servers::listen(
    const bindings_api::parts& parts, const rights_check& rights, const options& options
)
{
    if (options.metrics)
    {
        const auto good =
            keep(listen_for_operators(parts.executor, parts.clock, *options.metrics, parts.loop, rights));
        if (!good)
        {
            return good;
        }
        address_of_metrics_ = net::listen_address(options.metrics->host, pages_.back()->port()).str();
    }
    if (options.debug)
    {
        const auto good = keep(listen_for_debugging(parts.executor, parts.clock, *options.debug, parts.loop));
        if (!good)
        {
            return good;
        }
    }
    if (options.bindings_api.address)
    {
        auto opened = bindings_api::open(parts, options);
        if (!opened)
        {
            return std::unexpected(opened.error());
        }
        door_ = std::move(*opened);
    }
    return {};
}

support::result<> servers::keep(support::result<std::unique_ptr<net::server>> listening)
{
    if (!listening)
    {
        return std::unexpected(listening.error());
    }
    pages_.push_back(std::move(*listening));
    return {};
}

support::task<> servers::run()
{
    support::task_group serving(co_await boost::asio::this_coro::executor);
    for (const auto& page : pages_)
    {
        serving.spawn(page->run());
    }
    if (door_)
    {
        serving.spawn(door_->run());
    }
    co_await serving.join();
}

void servers::stop()
{
    for (const auto& page : pages_)
    {
        page->stop();
    }
    stop_bindings_api();
}

void servers::stop_bindings_api()
{
    if (door_)
    {
        door_->stop();
    }
}

void servers::abort_bindings_api()
{
    if (door_)
    {
        door_->abort();
    }
}

void servers::changed(const binding::object_changed& change)
{
    if (door_)
    {
        door_->changed(change);
    }
}

std::string servers::url_of_bindings_api() const
{
    return door_ ? door_->url() : "off";
}

}  // namespace app
