#include "net/http/server.hpp"

#include "net/http/server_core.hpp"
#include "net/http/serving.hpp"
#include "net/transport/accepted_tls.hpp"
#include "net/transport/acceptor.hpp"
#include "net/transport/open_files.hpp"
#include "support/log.hpp"
#include "support/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace net {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;
using support::task;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr support::duration after_failed_accept = 100ms;
// Connections beyond the limit that are told so at the same time; more are closed without a word.
constexpr std::size_t most_turned_away = 32;
constexpr support::duration between_reads_of_certificate = 1min;

// The connections that may be open without taking the last files from the rest of the program.
std::size_t affordable(std::size_t connections)
{
    const auto fewer = allow_connections(connections);
    if (fewer == connections)
    {
        return connections;
    }
    support::log(
        support::log_level::warn,
        "the server takes fewer connections than configured, because the process may not open more files "
        "(ulimit -n)",
        {{"configured", std::to_string(connections)}, {"taken", std::to_string(fewer)}}
    );
    return fewer;
}

struct server_state
{
    server_state(
        tcp::acceptor listening,
        support::clock& clock,
        handler answers,
        server_options options,
        std::unique_ptr<served_certificate> shown
    )
        : acceptor(std::move(listening)),
          core(std::make_shared<server_core>(
              acceptor.get_executor(), clock, std::move(answers), std::move(options)
          )),
          certificate(std::move(shown)),
          serving(acceptor.get_executor()),
          turning_away(acceptor.get_executor())
    {}

    tcp::acceptor acceptor;
    std::shared_ptr<server_core> core;
    std::unique_ptr<served_certificate> certificate;  // empty: without TLS
    support::task_group serving;
    support::task_group turning_away;

    void admit(tcp::socket socket)
    {
        auto stream = certificate ? accept_tls(std::move(socket), certificate->context())
                                  : accept_plain(std::move(socket));
        auto peer = std::make_shared<server_connection>(std::move(stream), core->ends);
        if (core->connections.size() < core->limits().connections || core->connections.close_quietest())
        {
            core->connections.add(peer);
            serving.spawn(serve(core, std::move(peer)));
        }
        else if (peer->stream->speaks_plainly() && turning_away.running() < most_turned_away)
        {
            turning_away.spawn(turn_away(core, std::move(peer)));
        }
    }

    static task<> accept(std::shared_ptr<server_state> self)
    {
        while (!self->core->stop_at)
        {
            auto [failed, socket] = co_await self->acceptor.async_accept(use_tuple);
            if (self->core->stop_at || failed == asio::error::operation_aborted)
            {
                break;
            }
            if (!failed)
            {
                self->admit(std::move(socket));
                continue;
            }
            support::log(
                support::log_level::debug, "cannot accept a connection", {{"error", failed.message()}}
            );
            const bool no_descriptor = failed == asio::error::no_descriptors;
            if (!no_descriptor || !self->core->connections.close_quietest())
            {
                co_await self->core->clock.sleep_for(after_failed_accept);
            }
        }
    }

    static task<> watch_deadlines(std::shared_ptr<server_core> core) { co_await core->ends.run(); }

    static task<> reread_certificate(std::shared_ptr<server_state> self)
    {
        while (true)
        {
            co_await self->core->clock.sleep_for(between_reads_of_certificate);
            self->certificate->reread();
        }
    }

    static task<> run(std::shared_ptr<server_state> self)
    {
        support::task_group helpers(self->acceptor.get_executor());
        helpers.spawn(watch_deadlines(self->core));
        if (self->certificate)
        {
            helpers.spawn(reread_certificate(self));
        }
        co_await accept(self);
        co_await self->serving.join();
        co_await self->turning_away.join();
        helpers.cancel();
        co_await helpers.join();
    }
};

class beast_server final : public server
{
public:
    explicit beast_server(std::shared_ptr<server_state> state) : state_(std::move(state)) {}
    ~beast_server() override { stop_now(); }

    std::uint16_t port() const override { return state_->acceptor.local_endpoint().port(); }
    task<> run() override { return server_state::run(state_); }
    void stop() override { stop_now(); }

    void stop_within(support::duration grace) override
    {
        server_core& core = *state_->core;
        core.stop_at = core.clock.now() + grace;
        close_acceptor();
        core.connections.close_quiet();
        core.connections.end_by(*core.stop_at);
    }

private:
    void stop_now()
    {
        server_core& core = *state_->core;
        core.stop_at = core.clock.now();
        close_acceptor();
        core.connections.close_all();
        state_->turning_away.cancel();
    }

    void close_acceptor()
    {
        error_code ignored;
        state_->acceptor.close(ignored);
    }

    std::shared_ptr<server_state> state_;
};

}  // namespace

support::result<std::unique_ptr<server>> listen(
    asio::any_io_executor executor,
    support::clock& clock,
    const listen_address& address,
    handler answers,
    server_options options
)
{
    std::unique_ptr<served_certificate> certificate;
    if (options.tls)
    {
        auto opened = served_certificate::open(*options.tls);
        if (!opened)
        {
            return std::unexpected(opened.error());
        }
        certificate = std::move(*opened);
    }
    auto acceptor = open_acceptor(executor, address);
    if (!acceptor)
    {
        return std::unexpected(acceptor.error());
    }
    options.limits.connections = affordable(options.limits.connections);
    auto state = std::make_shared<server_state>(
        std::move(*acceptor), clock, std::move(answers), std::move(options), std::move(certificate)
    );
    return std::make_unique<beast_server>(std::move(state));
}

}  // namespace net
