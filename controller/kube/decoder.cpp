#include "kube/decoder.hpp"

#include "support/secret.hpp"
#include "support/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace kube {
namespace {

using simdjson::SIMDJSON_PADDING;
using simdjson::SUCCESS;
using support::errc;
using support::fail;
namespace ondemand = simdjson::ondemand;

// Keeps its buffers between calls, except those of a large document: they are freed with the next small one.
// For one thread, and for one document at a time.
ondemand::parser& parser_for(std::string_view text)
{
    constexpr std::size_t small = 64 << 10;
    static ondemand::parser shared;
    if (text.size() <= small && shared.capacity() > small)
    {
        shared = ondemand::parser();
    }
    return shared;
}

simdjson::padded_string_view padded(std::string_view text)
{
    return simdjson::padded_string_view(text.data(), text.size(), text.size() + SIMDJSON_PADDING);
}

// Whether the whole text was read, so that nothing is cut or follows.
bool at_end(ondemand::document& document)
{
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// Calls `take` for each field until it returns false. False: `take` did, or the text is malformed. Nothing of
// the document may be touched after that, because simdjson gives its parser up at the first error and the
// next call crashes.
template <class Take>
bool each_field(ondemand::object object, Take take)
{
    for (auto field : object)
    {
        std::string_view key;
        ondemand::value value;
        if (field.unescaped_key().get(key) != SUCCESS || field.value().get(value) != SUCCESS ||
            !take(key, value))
        {
            return false;
        }
    }
    return true;
}

// A text that is wanted from an object.
struct wanted_text
{
    std::string_view key;
    std::string& into;
};

// False if `from` is no object, or one of the wanted fields is no text.
bool read_texts(ondemand::value from, std::span<const wanted_text> wanted)
{
    ondemand::object object;
    return from.get_object().get(object) == SUCCESS &&
           each_field(object, [&](std::string_view key, ondemand::value value) {
               const auto field = std::ranges::find(wanted, key, &wanted_text::key);
               std::string_view text;
               if (field == wanted.end())
               {
                   return true;
               }
               if (value.get_string().get(text) != SUCCESS)
               {
                   return false;
               }
               field->into = text;
               return true;
           });
}

// The object that a whole text is.
std::optional<ondemand::object> root_of(ondemand::document& document, std::string_view text)
{
    ondemand::object root;
    const bool is_object = parser_for(text).iterate(padded(text)).get(document) == SUCCESS &&
                           document.get_object().get(root) == SUCCESS;
    return is_object ? std::optional(root) : std::nullopt;
}

// An object as it stands. Its own decoder checks what is within it, because simdjson does not tell brackets
// apart when it skips them.
bool read_raw(ondemand::value value, object_json& into)
{
    ondemand::object object;
    if (value.get_object().get(object) != SUCCESS || object.raw_json().get(into) != SUCCESS)
    {
        return false;
    }
    into = into.substr(0, into.find_last_not_of(" \t\r\n") + 1);
    return into.ends_with('}');
}

class page final : public list_page
{
public:
    explicit page(std::string body) : body_(std::make_unique<std::string>(std::move(body)))
    {
        body_->reserve(body_->size() + SIMDJSON_PADDING);
    }

    bool read()
    {
        bool has_items = false;
        const auto take = [&](std::string_view key, ondemand::value value) {
            has_items = has_items || key == "items";
            return key == "metadata" ? read_metadata(value) : key != "items" || read_items(value);
        };
        ondemand::document document;
        const auto root = root_of(document, *body_);
        return root && each_field(*root, take) && has_items && !resource_version_.empty() && at_end(document);
    }

    std::span<const object_json> items() const override { return items_; }
    const std::string& resource_version() const override { return resource_version_; }
    const std::string& continue_token() const override { return continue_token_; }

private:
    bool read_metadata(ondemand::value value)
    {
        const std::array<wanted_text, 2> wanted{
            {{"resourceVersion", resource_version_}, {"continue", continue_token_}}
        };
        return read_texts(value, wanted);
    }

    bool read_items(ondemand::value value)
    {
        items_.clear();
        if (value.is_null())
        {
            return true;
        }
        ondemand::array list;
        if (value.get_array().get(list) != SUCCESS)
        {
            return false;
        }
        for (auto element : list)
        {
            ondemand::value item;
            object_json raw;
            if (element.get(item) != SUCCESS || !read_raw(item, raw))
            {
                return false;
            }
            items_.push_back(raw);
        }
        return true;
    }

    std::unique_ptr<std::string> body_;
    std::vector<object_json> items_;
    std::string resource_version_;
    std::string continue_token_;
};

class answer final : public object_answer
{
public:
    explicit answer(std::string body) : body_(std::make_unique<std::string>(std::move(body)))
    {
        if (body_->capacity() < body_->size() + SIMDJSON_PADDING)
        {
            std::string padded;
            padded.reserve(body_->size() + SIMDJSON_PADDING);
            padded = *body_;
            support::wipe(*body_);
            *body_ = std::move(padded);
        }
    }
    ~answer() override { support::wipe(*body_); }  // it may be a Secret
    answer(const answer&) = delete;
    answer& operator=(const answer&) = delete;

    bool is_object() const
    {
        ondemand::document document;
        auto root = root_of(document, *body_);
        std::string_view raw;
        return root && root->raw_json().get(raw) == SUCCESS && at_end(document);
    }

    object_json object() const override { return *body_; }

private:
    std::unique_ptr<std::string> body_;
};

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

// Reads texts of the object's metadata.
bool read_metadata(object_json object, std::span<const wanted_text> wanted)
{
    ondemand::document document;
    auto root = root_of(document, object);
    ondemand::value metadata;
    return root && root->find_field_unordered("metadata").get(metadata) == SUCCESS &&
           read_texts(metadata, wanted);
}

// A metav1.Status as far as it can be read.
struct status_text
{
    std::string kind;
    std::string reason;
    std::string message;
    int code = 0;
};

status_text read_status(std::string_view text)
{
    status_text status;
    const auto take = [&](std::string_view key, ondemand::value value) {
        std::string_view text;
        std::int64_t code = 0;
        if (key == "code" && value.get_int64().get(code) == SUCCESS && code > 0 && code < 1000)
        {
            status.code = static_cast<int>(code);
        }
        std::string* const into = key == "kind"      ? &status.kind
                                  : key == "reason"  ? &status.reason
                                  : key == "message" ? &status.message
                                                     : nullptr;
        if (into != nullptr && value.get_string().get(text) == SUCCESS)
        {
            *into = text;
        }
        return true;
    };
    ondemand::document document;
    if (const auto root = root_of(document, text))
    {
        each_field(*root, take);
    }
    return status;
}

}  // namespace

support::result<std::unique_ptr<list_page>> decode_list(std::string body)
{
    auto list = std::make_unique<page>(std::move(body));
    if (!list->read())
    {
        return fail(
            errc::bad_answer,
            "malformed or truncated list response: missing metadata.resourceVersion or items"
        );
    }
    return list;
}

support::result<std::unique_ptr<object_answer>> decode_object(std::string body)
{
    auto decoded = std::make_unique<answer>(std::move(body));
    if (!decoded->is_object())
    {
        return fail(errc::bad_answer, "the answer is not a JSON object");
    }
    return decoded;
}

object_identity identify(object_json object)
{
    object_identity identity;
    const std::array<wanted_text, 4> wanted{{
        {"uid", identity.uid},
        {"namespace", identity.name_space},
        {"name", identity.name},
        {"resourceVersion", identity.resource_version},
    }};
    return read_metadata(object, wanted) ? identity : object_identity();
}

support::error decode_status(int http_status, std::string_view body)
{
    support::error error;
    error.code = errc::status;
    error.http_status = http_status;
    error.message = std::to_string(http_status);
    std::string copy(body);
    copy.reserve(copy.size() + SIMDJSON_PADDING);
    const auto status = read_status(copy);
    if (status.kind != "Status")
    {
        return error;
    }
    if (!status.reason.empty())
    {
        error.message += " " + support::clean(status.reason, 64);
    }
    // The API server says "Unauthorized" as reason and message.
    if (!status.message.empty() && status.message != status.reason)
    {
        error.message += ": " + support::clean(status.message);
    }
    return error;
}

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
    frame_.reserve(frame_.size() + SIMDJSON_PADDING);

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
