#include "net/http/scripted_dialer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <stdexcept>

namespace asio = boost::asio;

namespace test {
namespace {

support::task<> forever(asio::any_io_executor executor)
{
    asio::steady_timer never(executor, asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
}

class scripted_stream final : public net::byte_stream
{
public:
    scripted_stream(asio::any_io_executor executor, script steps, std::shared_ptr<connection> record)
        : executor_(std::move(executor)), script_(std::move(steps)), record_(std::move(record))
    {
        record_->open = true;
    }
    ~scripted_stream() override { record_->open = false; }

    support::task<support::result<std::size_t>> read_some(std::span<char> space) override
    {
        if (script_.reads.empty())
        {
            throw std::logic_error("a read beyond the script of the connection");
        }
        auto step = std::move(script_.reads.front());
        script_.reads.pop_front();
        if (std::holds_alternative<stalls>(step))
        {
            co_await forever(executor_);
        }
        if (const auto* failure = std::get_if<fails>(&step))
        {
            co_return support::fail(failure->code, "scripted failure");
        }
        if (std::holds_alternative<ends>(step))
        {
            co_return 0U;
        }
        const auto& text = std::get<std::string>(step);
        std::ranges::copy(text, space.begin());
        co_return text.size();
    }

    support::task<support::result<>> write(std::string_view data) override
    {
        if (std::holds_alternative<stalls>(script_.write))
        {
            co_await forever(executor_);
        }
        if (const auto* failure = std::get_if<fails>(&script_.write))
        {
            co_return support::fail(failure->code, "scripted failure");
        }
        record_->written.emplace_back(data);
        co_return support::result<>();
    }

    bool quiet() override { return record_->quiet; }

private:
    asio::any_io_executor executor_;
    script script_;
    std::shared_ptr<connection> record_;
};

}  // namespace

class scripted_dialer final : public net::dialer
{
public:
    explicit scripted_dialer(scripted_network& network) : network_(network) {}

    support::task<support::result<std::unique_ptr<net::byte_stream>>> dial(
        net::origin to, std::shared_ptr<const net::tls_settings> tls, support::time_point deadline
    ) override
    {
        ++network_.dials;
        if (network_.scripts_.empty())
        {
            throw std::logic_error("a connection beyond those expected");
        }
        auto next = std::move(network_.scripts_.front());
        network_.scripts_.pop_front();
        if (std::holds_alternative<stalls>(next.connect))
        {
            co_await forever(network_.executor_);
        }
        if (const auto* failure = std::get_if<fails>(&next.connect))
        {
            co_return support::fail(failure->code, "scripted failure");
        }
        auto record = std::make_shared<connection>(to, std::move(tls), deadline);
        network_.connections.push_back(record);
        co_return std::make_unique<scripted_stream>(network_.executor_, std::move(next), record);
    }

private:
    scripted_network& network_;
};

scripted_network::scripted_network(asio::any_io_executor executor) : executor_(std::move(executor)) {}

std::unique_ptr<net::dialer> scripted_network::dialer()
{
    return std::make_unique<scripted_dialer>(*this);
}

std::size_t scripted_network::open() const
{
    return static_cast<std::size_t>(std::ranges::count_if(connections, &connection::open));
}

}  // namespace test
