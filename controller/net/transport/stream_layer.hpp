#pragma once

#include "net/transport/byte_stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace net {

// A byte_stream with the interface of an Asio stream (AsyncReadStream, AsyncWriteStream), for Asio's TLS
// inside it.
class stream_layer
{
public:
    using executor_type = boost::asio::any_io_executor;
    using lowest_layer_type = stream_layer;

    stream_layer(executor_type executor, std::unique_ptr<byte_stream> stream)
        : executor_(std::move(executor)), stream_(std::move(stream))
    {}

    executor_type get_executor() const { return executor_; }
    lowest_layer_type& lowest_layer() { return *this; }
    const lowest_layer_type& lowest_layer() const { return *this; }

    // What failed, in words; empty if nothing did.
    const std::string& failure() const { return failure_; }
    bool quiet() { return stream_->quiet(); }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        const boost::asio::mutable_buffer space = first_of<boost::asio::mutable_buffer>(buffers);
        return start(read(space), std::forward<Token>(token));
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        const boost::asio::const_buffer data = first_of<boost::asio::const_buffer>(buffers);
        return start(write(data), std::forward<Token>(token));
    }

private:
    struct outcome
    {
        boost::system::error_code failed;
        std::size_t size = 0;
    };

    // The first part of `buffers` that is not empty.
    template <class Buffer, class Buffers>
    static Buffer first_of(const Buffers& buffers)
    {
        const auto end = boost::asio::buffer_sequence_end(buffers);
        for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end; ++at)
        {
            if (Buffer(*at).size() > 0)
            {
                return *at;
            }
        }
        return {};
    }

    support::task<outcome> read(boost::asio::mutable_buffer space)
    {
        if (space.size() == 0)
        {
            co_return outcome();  // the caller only wants to be called back
        }
        const auto size = co_await stream_->read_some({static_cast<char*>(space.data()), space.size()});
        if (!size)
        {
            failure_ = size.error().message;
            co_return outcome{boost::asio::error::connection_aborted};
        }
        co_return *size == 0 ? outcome{boost::asio::error::eof} : outcome{{}, *size};
    }

    support::task<outcome> write(boost::asio::const_buffer data)
    {
        const auto written = co_await stream_->write({static_cast<const char*>(data.data()), data.size()});
        if (!written)
        {
            failure_ = written.error().message;
            co_return outcome{boost::asio::error::connection_aborted};
        }
        co_return outcome{{}, data.size()};
    }

    // Runs `job` for an operation of Asio. A cancellation of the operation is one of the job.
    template <class Token>
    auto start(support::task<outcome> job, Token&& token)
    {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [executor = executor_]<class Handler>(Handler&& handler, support::task<outcome> running) {
                const auto slot = boost::asio::get_associated_cancellation_slot(handler);
                auto finish = [done = std::forward<Handler>(handler)](
                                  const std::exception_ptr& thrown, outcome ended
                              ) mutable { std::move(done)(code_of(thrown, ended), ended.size); };
                boost::asio::co_spawn(
                    executor, std::move(running), boost::asio::bind_cancellation_slot(slot, std::move(finish))
                );
            },
            token,
            std::move(job)
        );
    }

    // An exception of a stream is its cancellation.
    static boost::system::error_code code_of(const std::exception_ptr& thrown, const outcome& ended)
    {
        if (!thrown)
        {
            return ended.failed;
        }
        try
        {
            std::rethrow_exception(thrown);
        }
        catch (const boost::system::system_error& e)
        {
            return e.code();
        }
    }

    executor_type executor_;
    std::unique_ptr<byte_stream> stream_;
    std::string failure_;
};

inline bool quiet(stream_layer& layer)
{
    return layer.quiet();
}

}  // namespace net
