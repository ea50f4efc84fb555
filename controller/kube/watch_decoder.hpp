#pragma once

#include "kube/client.hpp"
#include "support/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kube {

// A watch stream: bytes in, events out. Frames are lines.
class watch_decoder
{
public:
    explicit watch_decoder(std::size_t longest_line = 16 << 20) : longest_line_(longest_line) {}
    // Wipes the bytes that the decoder holds, because they may be a Secret.
    ~watch_decoder();
    watch_decoder(const watch_decoder&) = delete;
    watch_decoder& operator=(const watch_decoder&) = delete;

    void feed(std::string_view bytes);

    // The next whole event, which points into the decoder until the next call. nullopt: more bytes are
    // needed. After an error the stream is not usable.
    support::result<std::optional<watch_event>> next();

    // Whether the stream ended between two events and not within one.
    bool at_boundary() const;

private:
    std::optional<std::string_view> take_line();

    std::size_t longest_line_;
    std::string buffer_;
    // Where the next line begins.
    std::size_t begin_ = 0;
    // Up to here there is no line end.
    std::size_t searched_ = 0;
    // The line of the last event, padded.
    std::string frame_;
    std::string version_;
};

}  // namespace kube
