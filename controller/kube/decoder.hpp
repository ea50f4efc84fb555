#pragma once

#include "kube/client.hpp"
#include "support/error.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// The texts of the API server, taken apart without I/O. Only envelopes are read; objects stay raw. What a
// server sends twice where it belongs once is refused, because readers would disagree on which one counts.
namespace kube {

// A page of a list: {"metadata": {...}, "items": [...]}. errc::bad_answer if it is anything else, or cut.
support::result<std::unique_ptr<list_page>> decode_list(std::string body);

// An object by itself, checked to be a JSON object.
support::result<std::unique_ptr<object_answer>> decode_object(std::string body);

// The error that an answer of status 400 and above stands for: of a metav1.Status its reason and message,
// cleaned.
support::error decode_status(int http_status, std::string_view body);

// A watch stream: bytes in, events out. Frames are lines.
class watch_decoder
{
public:
    explicit watch_decoder(std::size_t longest_line = 16 << 20) : longest_line_(longest_line) {}
    ~watch_decoder();  // wipes what it holds, which may be a Secret
    watch_decoder(const watch_decoder&) = delete;
    watch_decoder& operator=(const watch_decoder&) = delete;

    void feed(std::string_view bytes);

    // The next whole event; nullopt: more bytes are needed. After an error the stream is not usable.
    // The event points into the decoder until the next call.
    support::result<std::optional<watch_event>> next();

    // Whether the stream ended between two events and not within one.
    bool at_boundary() const;

private:
    std::optional<std::string_view> take_line();

    std::size_t longest_line_;
    std::string buffer_;
    std::size_t begin_ = 0;     // of what has not been taken yet
    std::size_t searched_ = 0;  // up to here there is no line end
    std::string frame_;         // the event that was given last, padded
    std::string version_;
};

}  // namespace kube
