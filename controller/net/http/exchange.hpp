#pragma once

#include "net/http/response_decoder.hpp"
#include "net/http/wiped.hpp"
#include "net/transport/byte_stream.hpp"
#include "support/task.hpp"

#include <memory>

namespace net {

// One request and its response on one connection. An exchange must outlive its coroutines. After a failure or
// a cancellation it can only be destroyed, which closes the connection.
class exchange
{
public:
    exchange(std::unique_ptr<byte_stream> stream, response_decoder decoder);

    // Sends the request and reads the header of the response.
    support::task<support::result<>> start(std::string_view request);

    // Reads until more of the body has come or the body has ended.
    support::task<support::result<>> read_more();

    // Reads to the end of the response.
    support::task<support::result<>> finish();

    response_decoder& decoder() { return decoder_; }

    // Whether any byte of the request may have been sent.
    bool sent() const { return sent_; }

    // Whether the connection failed before the peer answered anything. The peer may have closed a reused
    // connection before the request came.
    bool failed_unanswered() const { return failed_ && !answered_; }

    // Hands the connection over after the end of the response; null if the connection cannot be used again.
    std::unique_ptr<byte_stream> release();

private:
    std::unique_ptr<byte_stream> stream_;
    response_decoder decoder_;
    wiped_buffer buffer_;
    bool sent_ = false;
    bool sent_all_ = false;
    bool answered_ = false;
    bool failed_ = false;
};

}  // namespace net
