#include "kube/watch_decoder.hpp"

#include "kube/json_walk.hpp"
#include "kube/server_status.hpp"
#include "support/secret.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kube {
namespace {

using simdjson::SUCCESS;
using support::errc;
using support::fail;
namespace ondemand = simdjson::ondemand;

std::optional<watch_event_type> type_of(std::string_view name)
{
    constexpr std::array<std::pair<std::string_view, watch_event_type>, 5> names{{
        {"ADDED", watch_event_type::added},
        {"MODIFIED", watch_event_type::modified},
        {"DELETED", watch_event_type::deleted},
        {"BOOKMARK", watch_event_type::bookmark},
        {"ERROR", watch_event_type::error},
    }};
    const auto found = std::ranges::find(names, name, [](const auto& each) { return each.first; });
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

// A line of a watch: {"type": ..., "object": {...}}.
struct envelope
{
    std::optional<watch_event_type> type;
    object_json object;
};

std::optional<envelope> read_envelope(std::string_view line)
{
    envelope event;
    const auto take = [&](std::string_view key, ondemand::value value) {
        if (key == "type")
        {
            std::string_view name;
            return value.get_string().get(name) == SUCCESS && (event.type = type_of(name)).has_value();
        }
        return key != "object" || read_raw(value, event.object);
    };
    ondemand::document document;
    const auto root = root_of(document, line);
    const bool complete = root && each_field(*root, take) && event.type && !event.object.empty();
    return complete && at_end(document) ? std::optional(event) : std::nullopt;
}

}  // namespace

watch_decoder::~watch_decoder()
{
    support::wipe(buffer_);
    support::wipe(frame_);
}

void watch_decoder::feed(std::string_view bytes)
{
    if (begin_ > 0 && begin_ >= buffer_.size() / 2)
    {
        buffer_.erase(0, begin_);
        searched_ -= begin_;
        begin_ = 0;
    }
    buffer_ += bytes;
}

bool watch_decoder::at_boundary() const
{
    return buffer_.find_first_not_of(" \r\n", begin_) == std::string::npos;
}

// The next line that is not blank.
std::optional<std::string_view> watch_decoder::take_line()
{
    for (;;)
    {
        const auto end = buffer_.find('\n', searched_);
        if (end == std::string::npos)
        {
            searched_ = buffer_.size();
            return std::nullopt;
        }
        const auto line = std::string_view(buffer_).substr(begin_, end - begin_);
        begin_ = end + 1;
        searched_ = begin_;
        if (line.find_first_not_of(" \t\r") != std::string_view::npos)
        {
            return line;
        }
    }
}

support::result<std::optional<watch_event>> watch_decoder::next()
{
    const auto line = take_line();
    if (line ? line->size() > longest_line_ : buffer_.size() - begin_ > longest_line_)
    {
        return fail(
            errc::bad_answer, "a watch event is longer than " + std::to_string(longest_line_) + " bytes"
        );
    }
    if (!line)
    {
        return std::nullopt;
    }
    frame_.assign(*line);
    frame_.reserve(frame_.size() + simdjson::SIMDJSON_PADDING);

    const auto envelope = read_envelope(frame_);
    if (!envelope)
    {
        return fail(errc::bad_answer, R"(a watch event is not {"type": ..., "object": {...}})");
    }
    watch_event event{*envelope->type, envelope->object, {}, 0, {}};
    if (event.type == watch_event_type::error)
    {
        const auto status = read_status(event.object);
        event.error_code = status.code;
        event.error_message = support::clean(status.message);
        return event;
    }
    version_.clear();
    const std::array<wanted_text, 1> wanted{{{"resourceVersion", version_}}};
    if (!read_metadata(event.object, wanted) || version_.empty())
    {
        return fail(errc::bad_answer, "the object of a watch event has no metadata.resourceVersion");
    }
    event.resource_version = version_;
    return event;
}

}  // namespace kube
