#include "cloudsim/http/server.hpp"

#include "cloudsim/control/api.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <map>
#include <optional>
#include <sstream>

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace cloudsim {

namespace {

using asio::ip::tcp;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t largest_body = 16U * 1024 * 1024;

instant now()
{
    return {.monotonic = std::chrono::steady_clock::now(), .wall = std::chrono::system_clock::now()};
}

std::string serialize(const reply& answer, bool keep_alive)
{
    http::response<http::string_body> message(static_cast<http::status>(answer.status), 11);
    for (const auto& [name, value] : answer.headers)
    {
        message.insert(name, value);
    }
    message.keep_alive(keep_alive);
    message.content_length(answer.body.size());
    std::ostringstream head;
    head << message.base();
    return head.str() + (answer.how == delivery::cut ? answer.body.substr(0, answer.cut_at) : answer.body);
}

std::string url_of(const tcp::acceptor& acceptor)
{
    return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
}

// A connection and the answer that it waits for.
struct connection
{
    explicit connection(tcp::socket accepted)
        : socket(std::move(accepted)), answered(socket.get_executor(), asio::steady_timer::time_point::max())
    {}

    tcp::socket socket;
    asio::steady_timer answered;  // cancelled when the answer is there
    std::optional<reply> answer;
    exchange_id waits_for = 0;  // 0: none
};

}  // namespace

struct http_server::impl : std::enable_shared_from_this<http_server::impl>
{
    explicit impl(const asio::any_io_executor& executor) : executor_(executor), due_(executor)
    {
        cloud_options wanted;
        const auto open = [&] {
            acceptors_.emplace_back(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
            return url_of(acceptors_.back());
        };
        wanted.identity_url = open();
        for (auto& region : wanted.regions)
        {
            region.key_manager_url = open();
            region.load_balancer_url = open();
        }
        wanted.bycloud_url = open();
        wanted.control_url = open();
        simulated_.emplace(std::move(wanted), now());
        control_.emplace(*simulated_, now);
    }

    void start()
    {
        for (auto& acceptor : acceptors_)
        {
            const bool control = &acceptor == &acceptors_.back();
            asio::co_spawn(executor_, accept(shared_from_this(), acceptor, control), asio::detached);
        }
    }

    const control& controlled() const { return *control_; }

    std::string endpoints() { return control_->endpoints().dump(); }

    static asio::awaitable<void> accept(std::shared_ptr<impl> self, tcp::acceptor& acceptor, bool control)
    {
        const auto authority = url_of(acceptor).substr(std::string_view("http://").size());
        while (true)
        {
            auto [failed, socket] = co_await acceptor.async_accept(use_tuple);
            if (failed)
            {
                co_return;
            }
            socket.set_option(tcp::no_delay(true));
            auto peer = std::make_shared<connection>(std::move(socket));
            asio::co_spawn(self->executor_, serve(self, std::move(peer), authority, control), asio::detached);
        }
    }

    static asio::awaitable<void> serve(
        std::shared_ptr<impl> self, std::shared_ptr<connection> peer, std::string authority, bool control
    )
    {
        boost::beast::flat_buffer buffer;
        bool keep_alive = true;
        while (keep_alive)
        {
            http::request_parser<http::string_body> parser;
            parser.body_limit(largest_body);
            const auto [failed, size] = co_await http::async_read(peer->socket, buffer, parser, use_tuple);
            if (failed)
            {
                co_return;
            }
            const auto& message = parser.get();
            request asked{
                .method = std::string(message.method_string()),
                .authority = authority,
                .target = std::string(message.target()),
                .body = message.body()
            };
            for (const auto& field : message)
            {
                asked.headers.emplace_back(field.name_string(), field.value());
            }
            const auto answer =
                control ? self->answer_control(asked) : co_await ask(self, peer, std::move(asked));
            if (!answer || answer->how == delivery::dropped)
            {
                co_return;
            }
            if (answer->how == delivery::refused)
            {
                peer->socket.set_option(asio::socket_base::linger(true, 0));
                peer->socket.close();
                co_return;
            }
            keep_alive = message.keep_alive() && !answer->close && answer->how == delivery::whole;
            const auto text = serialize(*answer, keep_alive);
            const auto [broken, written] =
                co_await asio::async_write(peer->socket, asio::buffer(text), use_tuple);
            if (broken)
            {
                co_return;
            }
        }
        boost::system::error_code ignored;
        peer->socket.shutdown(tcp::socket::shutdown_both, ignored);
    }

    std::optional<reply> answer_control(const request& asked)
    {
        auto answer = control_api(*control_).answer(asked);
        deliver();
        return answer;
    }

    // The answer to the request; empty if the client has gone before it.
    static asio::awaitable<std::optional<reply>> ask(
        std::shared_ptr<impl> self, std::shared_ptr<connection> peer, request asked
    )
    {
        peer->answer.reset();
        peer->waits_for = self->simulated_->submit(asked, now());
        self->waiting_[peer->waits_for] = peer;
        self->deliver();
        if (!peer->answer)
        {
            asio::co_spawn(self->executor_, watch(self, peer, peer->waits_for), asio::detached);
            peer->answered.expires_at(asio::steady_timer::time_point::max());
            co_await peer->answered.async_wait(use_tuple);
            boost::system::error_code ignored;
            peer->socket.cancel(ignored);
        }
        self->waiting_.erase(peer->waits_for);
        peer->waits_for = 0;
        co_return std::move(peer->answer);
    }

    // Notices that the client goes while its request is under way. Only the log shows that.
    static asio::awaitable<void> watch(
        std::shared_ptr<impl> self, std::shared_ptr<connection> peer, exchange_id id
    )
    {
        const auto [failed] = co_await peer->socket.async_wait(tcp::socket::wait_read, use_tuple);
        if (failed || peer->waits_for != id)
        {
            co_return;
        }
        char byte = 0;
        boost::system::error_code broken;
        peer->socket.non_blocking(true, broken);
        const auto size =
            peer->socket.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, broken);
        if (size == 0 && broken != asio::error::would_block)
        {
            self->simulated_->abandon(id, now());
            peer->answered.cancel();
        }
    }

    // Hands the answers that have left to their connections, and waits for the next event.
    void deliver()
    {
        for (auto& departed : simulated_->take_departures())
        {
            const auto waiting = waiting_.find(departed.id);
            if (waiting != waiting_.end())
            {
                waiting->second->answer = std::move(departed.answer);
                waiting->second->answered.cancel();
            }
        }
        const auto next = simulated_->next_event();
        if (!next)
        {
            due_.cancel();
            return;
        }
        due_.expires_at(std::chrono::time_point_cast<asio::steady_timer::duration>(*next));
        due_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
            const auto self = weak.lock();
            if (!failed && self)
            {
                self->simulated_->advance(now());
                self->deliver();
            }
        });
    }

    asio::any_io_executor executor_;
    asio::steady_timer due_;
    std::vector<tcp::acceptor> acceptors_;
    std::optional<cloud> simulated_;
    std::optional<control> control_;
    std::map<exchange_id, std::shared_ptr<connection>> waiting_;
};

http_server::http_server(asio::any_io_executor executor, const std::function<void(const control&)>& prepare)
    : impl_(std::make_shared<impl>(executor))
{
    prepare(impl_->controlled());
    impl_->start();
}

http_server::~http_server() = default;

std::string http_server::endpoints() const
{
    return impl_->endpoints();
}

}  // namespace cloudsim
