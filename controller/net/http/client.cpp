#include "net/http/client.hpp"

#include "net/http/connection_pool.hpp"
#include "net/http/exchange.hpp"
#include "net/http/request_encoder.hpp"
#include "net/transport/dialer.hpp"
#include "net/transport/proxied_dialer.hpp"
#include "support/with_deadline.hpp"

#include <algorithm>
#include <utility>

namespace net {
namespace {

// Servers close a connection on which no request comes after 10 s or more.
constexpr support::duration unused_for = std::chrono::seconds(8);
constexpr std::size_t unused_part = 8;  // of all idle connections may be ones that no request has used yet

// Wipes the secrets of a request at the end of its coroutine: its header values, because credentials are
// among them, and its body if that is marked as sensitive.
class wiped_request
{
public:
    explicit wiped_request(http_request& request) : request_(request) {}
    wiped_request(const wiped_request&) = delete;
    wiped_request& operator=(const wiped_request&) = delete;
    ~wiped_request()
    {
        for (auto& header : request_.headers)
        {
            support::wipe(header.value);
        }
        if (request_.sensitive)
        {
            support::wipe(request_.body);
        }
    }

private:
    http_request& request_;
};

class response_stream final : public http_stream
{
public:
    response_stream(std::unique_ptr<exchange> open, support::clock& clock, std::string origin)
        : exchange_(std::move(open)),
          clock_(clock),
          origin_(std::move(origin)),
          status_(exchange_->decoder().status()),
          headers_(exchange_->decoder().take_headers())
    {}

    int status() const override { return status_; }
    const std::vector<header>& headers() const override { return headers_; }

    support::task<support::result<std::string>> read(support::time_point deadline) override
    {
        // Moved out of this stream until the read has succeeded, so that a failure or a cancellation closes
        // the connection.
        auto open = std::move(exchange_);
        if (!open)
        {
            co_return support::fail(
                support::errc::interrupted,
                origin_ + ": the stream was closed by an earlier failure or cancellation"
            );
        }
        while (!open->decoder().has_body() && !open->decoder().done())
        {
            auto read = co_await support::with_deadline(clock_, deadline, open->read_more());
            if (!read)
            {
                co_return support::fail(
                    support::errc::interrupted, origin_ + ": the rest of the answer did not come in time"
                );
            }
            if (!*read)
            {
                co_return support::fail(origin_, std::move(read->error()));
            }
        }
        std::string piece = open->decoder().take_body();
        exchange_ = std::move(open);
        co_return piece;
    }

private:
    std::unique_ptr<exchange> exchange_;
    support::clock& clock_;
    std::string origin_;
    int status_;
    std::vector<header> headers_;
};

class pooled_client final : public http_client
{
public:
    pooled_client(std::unique_ptr<dialer> dialer, support::clock& clock, client_options options)
        : dialer_(std::move(dialer)),
          clock_(clock),
          user_agent_(std::move(options.user_agent)),
          pool_(
              options.idle_per_origin,
              options.idle_for,
              options.idle_in_all - (options.idle_in_all / unused_part)
          ),
          unused_(
              options.idle_per_origin, unused_for, std::max<std::size_t>(1, options.idle_in_all / unused_part)
          )
    {}

    support::task<support::result<http_response>> send(http_request request) override
    {
        const wiped_request wiped(request);
        const response_limits limits{.total_bytes = request.max_response_bytes};
        auto started = co_await start(&request, limits);
        if (!started)
        {
            co_return std::unexpected(std::move(started.error()));
        }
        auto& open = **started;
        if (!open.decoder().done())
        {
            const auto ended = co_await support::with_deadline(clock_, request.deadline, open.finish());
            if (!ended)
            {
                co_return support::fail(
                    support::errc::interrupted, request.origin.str() + ": the answer did not end in time"
                );
            }
            if (!*ended)
            {
                co_return support::fail(request.origin.str(), ended->error());
            }
        }
        http_response response{
            open.decoder().status(), open.decoder().take_headers(), open.decoder().take_body()
        };
        if (auto stream = open.release())
        {
            pool_.put(request.origin, settings(request), std::move(stream), clock_.now());
        }
        co_return response;
    }

    support::task<support::result<std::unique_ptr<http_stream>>> open(http_request request) override
    {
        const wiped_request wiped(request);
        response_limits limits;
        limits.header_bytes = std::min(limits.header_bytes, request.max_response_bytes);
        auto started = co_await start(&request, limits);
        if (!started)
        {
            co_return std::unexpected(std::move(started.error()));
        }
        co_return std::make_unique<response_stream>(std::move(*started), clock_, request.origin.str());
    }

private:
    static std::shared_ptr<const tls_settings> settings(const http_request& request)
    {
        return request.origin.tls ? request.tls : nullptr;
    }

    // Sends the request and reads the response's header. Sends it once more on a new connection where that is
    // allowed.
    support::task<support::result<std::unique_ptr<exchange>>> start(
        const http_request* request, response_limits limits
    )
    {
        const auto wire = encode_request(*request, user_agent_);
        if (!wire)
        {
            co_return std::unexpected(wire.error());
        }
        const bool repeatable = request->method == "GET" || request->method == "HEAD";
        bool fresh = request->fresh_connection;
        while (true)
        {
            // An idle connection is reused unless the request, or the turn before, asks for a new one.
            auto& idle = fresh ? unused_ : pool_;
            auto stream = idle.take(request->origin, settings(*request), clock_.now());
            const bool reused = stream != nullptr && !fresh;
            if (!stream)
            {
                auto dialed = co_await dialer_->dial(request->origin, settings(*request), request->deadline);
                if (!dialed)
                {
                    co_return support::fail(request->origin.str(), std::move(dialed.error()));
                }
                stream = std::move(*dialed);
            }
            if (request->send_by && clock_.now() >= *request->send_by)
            {
                unused_.put(request->origin, settings(*request), std::move(stream), clock_.now());
                co_return support::fail(
                    support::errc::too_late,
                    request->origin.str() + ": connecting took so long that the request was not sent"
                );
            }
            auto open = std::make_unique<exchange>(
                std::move(stream), response_decoder(request->method == "HEAD", limits)
            );
            const auto started =
                co_await support::with_deadline(clock_, request->deadline, open->start(*wire));
            if (!started)
            {
                co_return open->sent()
                    ? support::fail(support::errc::interrupted, request->origin.str() + ": no answer in time")
                    : support::fail(
                          support::errc::unreachable,
                          request->origin.str() + ": the deadline passed before the request was sent"
                      );
            }
            if (*started)
            {
                co_return open;
            }
            // The server may have closed a reused connection before the request came.
            if (!(reused && repeatable && open->failed_unanswered()))
            {
                co_return support::fail(request->origin.str(), started->error());
            }
            fresh = true;
        }
    }

    std::unique_ptr<dialer> dialer_;
    support::clock& clock_;
    std::string user_agent_;
    connection_pool pool_;
    connection_pool unused_;  // connections whose request came too late
};

}  // namespace

std::unique_ptr<http_client> create_http_client(
    std::unique_ptr<dialer> dialer, support::clock& clock, client_options options
)
{
    return std::make_unique<pooled_client>(std::move(dialer), clock, std::move(options));
}

std::unique_ptr<http_client> create_http_client(
    boost::asio::any_io_executor executor, support::clock& clock, client_options options
)
{
    auto dialer = create_dialer(executor, clock);
    if (options.route)
    {
        dialer = create_proxied_dialer(executor, clock, std::move(dialer), std::move(options.route));
    }
    return create_http_client(std::move(dialer), clock, std::move(options));
}

}  // namespace net
