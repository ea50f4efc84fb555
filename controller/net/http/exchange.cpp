#include "net/http/exchange.hpp"

#include <boost/asio/awaitable.hpp>

#include <utility>

namespace net {
namespace {

constexpr std::size_t read_size = 16 << 10;  // as much as a TLS record holds

}  // namespace

exchange::exchange(std::unique_ptr<byte_stream> stream, response_decoder decoder)
    : stream_(std::move(stream)), decoder_(std::move(decoder)), buffer_(read_size)
{}

support::task<support::result<>> exchange::start(std::string_view request)
{
    sent_ = true;
    auto written = co_await stream_->write(request);
    sent_all_ = written.has_value();
    if (!written && written.error().code == support::errc::unreachable)
    {
        sent_ = false;
    }
    // Reads even after a failed write, because a server may answer and close before it has read the whole
    // request.
    while (!decoder_.header_done())
    {
        auto read = co_await read_more();
        if (!read)
        {
            co_return !written && !answered_ ? std::move(written) : std::move(read);
        }
    }
    co_return support::result<>();
}

support::task<support::result<>> exchange::read_more()
{
    const auto read = co_await stream_->read_some(buffer_);
    if (!read)
    {
        failed_ = true;
        co_return std::unexpected(read.error());
    }
    if (*read == 0)
    {
        auto ended = decoder_.put_end();
        failed_ = !ended;
        co_return ended;
    }
    answered_ = true;
    co_return decoder_.put({buffer_.data(), *read});
}

support::task<support::result<>> exchange::finish()
{
    while (!decoder_.done())
    {
        auto read = co_await read_more();
        if (!read)
        {
            co_return read;
        }
    }
    co_return support::result<>();
}

std::unique_ptr<byte_stream> exchange::release()
{
    return sent_all_ && decoder_.reusable() ? std::move(stream_) : nullptr;
}

}  // namespace net
