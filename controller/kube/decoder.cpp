#include "kube/decoder.hpp"

#include "support/text.hpp"

#include <simdjson.h>

#include <utility>
#include <vector>

namespace kube {
namespace {

using simdjson::SIMDJSON_PADDING;
using simdjson::SUCCESS;
using support::errc;
using support::fail;
namespace ondemand = simdjson::ondemand;

// Keeps its buffers between calls; one thread, and never used again while a document of it is read.
ondemand::parser& parser()
{
    static ondemand::parser shared;
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

std::string_view text_in(ondemand::object& object, std::string_view key)
{
    std::string_view text;
    return object.find_field_unordered(key).get_string().get(text) == SUCCESS ? text : std::string_view();
}

class page final : public list_page
{
public:
    explicit page(std::string body) : body_(std::make_unique<std::string>(std::move(body)))
    {
        body_->reserve(body_->size() + SIMDJSON_PADDING);
    }

    support::result<> read()
    {
        ondemand::document document;
        ondemand::object root;
        if (parser().iterate(padded(*body_)).get(document) != SUCCESS ||
            document.get_object().get(root) != SUCCESS)
        {
            return fail(errc::bad_answer, "the list is not a JSON object");
        }
        bool has_metadata = false;
        bool has_items = false;
        for (auto field : root)
        {
            std::string_view key;
            if (field.unescaped_key().get(key) != SUCCESS)
            {
                return broken();
            }
            if (key == "metadata" && !has_metadata)
            {
                ondemand::object metadata;
                if (field.value().get_object().get(metadata) != SUCCESS)
                {
                    return broken();
                }
                resource_version_ = text_in(metadata, "resourceVersion");
                continue_token_ = text_in(metadata, "continue");
                has_metadata = true;
            }
            else if (key == "items" && !has_items)
            {
                if (!read_items(field.value()))
                {
                    return broken();
                }
                has_items = true;
            }
        }
        if (!has_metadata || !has_items || resource_version_.empty() || !at_end(document))
        {
            return broken();
        }
        return {};
    }

    std::span<const object_json> items() const override { return items_; }
    const std::string& resource_version() const override { return resource_version_; }
    const std::string& continue_token() const override { return continue_token_; }

private:
    static std::unexpected<support::error> broken()
    {
        return fail(errc::bad_answer, "the list has no metadata.resourceVersion and items, or is cut");
    }

    bool read_items(simdjson::simdjson_result<ondemand::value> value)
    {
        ondemand::array list;
        if (value.get_array().get(list) != SUCCESS)
        {
            bool is_null = false;
            return value.is_null().get(is_null) == SUCCESS && is_null;
        }
        for (auto element : list)
        {
            ondemand::object object;
            std::string_view raw;
            if (element.get_object().get(object) != SUCCESS || object.raw_json().get(raw) != SUCCESS)
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
        body_->reserve(body_->size() + SIMDJSON_PADDING);
    }

    bool is_object() const
    {
        ondemand::document document;
        ondemand::object root;
        std::string_view raw;
        return parser().iterate(padded(*body_)).get(document) == SUCCESS &&
               document.get_object().get(root) == SUCCESS && root.raw_json().get(raw) == SUCCESS &&
               at_end(document);
    }

    object_json object() const override { return *body_; }

private:
    std::unique_ptr<std::string> body_;
};

watch_event_type type_of(std::string_view name, bool& known)
{
    known = true;
    if (name == "ADDED")
    {
        return watch_event_type::added;
    }
    if (name == "MODIFIED")
    {
        return watch_event_type::modified;
    }
    if (name == "DELETED")
    {
        return watch_event_type::deleted;
    }
    if (name == "BOOKMARK")
    {
        return watch_event_type::bookmark;
    }
    known = name == "ERROR";
    return watch_event_type::error;
}

}  // namespace

support::result<std::unique_ptr<list_page>> decode_list(std::string body)
{
    auto made = std::make_unique<page>(std::move(body));
    if (auto read = made->read(); !read)
    {
        return std::unexpected(read.error());
    }
    return made;
}

support::result<std::unique_ptr<object_answer>> decode_object(std::string body)
{
    auto made = std::make_unique<answer>(std::move(body));
    if (!made->is_object())
    {
        return fail(errc::bad_answer, "the answer is not a JSON object");
    }
    return made;
}

support::error decode_status(int http_status, std::string_view body)
{
    support::error made;
    made.code = errc::status;
    made.http_status = http_status;
    made.message = std::to_string(http_status);
    std::string copy(body);
    copy.reserve(copy.size() + SIMDJSON_PADDING);
    ondemand::document document;
    ondemand::object root;
    if (parser().iterate(padded(copy)).get(document) != SUCCESS ||
        document.get_object().get(root) != SUCCESS || text_in(root, "kind") != "Status")
    {
        return made;
    }
    const std::string reason(text_in(root, "reason"));
    const std::string message(text_in(root, "message"));
    if (!reason.empty())
    {
        made.message += " " + support::clean(reason, 64);
    }
    if (!message.empty())
    {
        made.message += ": " + support::clean(message);
    }
    return made;
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

support::result<std::optional<watch_event>> watch_decoder::next()
{
    std::string_view line;
    while (line.find_first_not_of(" \r") == std::string_view::npos)
    {
        const auto end = buffer_.find('\n', searched_);
        if (end == std::string::npos)
        {
            searched_ = buffer_.size();
            if (buffer_.size() - begin_ > longest_line_)
            {
                return fail(
                    errc::bad_answer,
                    "a watch event is longer than " + std::to_string(longest_line_) + " bytes"
                );
            }
            return std::nullopt;
        }
        line = std::string_view(buffer_).substr(begin_, end - begin_);
        begin_ = end + 1;
        searched_ = begin_;
    }
    frame_.assign(line);
    frame_.reserve(frame_.size() + SIMDJSON_PADDING);

    ondemand::document document;
    ondemand::object root;
    std::string type_name;
    object_json raw;
    const auto malformed = fail(errc::bad_answer, "a watch event is not {\"type\": ..., \"object\": {...}}");
    if (parser().iterate(padded(frame_)).get(document) != SUCCESS ||
        document.get_object().get(root) != SUCCESS)
    {
        return malformed;
    }
    for (auto field : root)
    {
        std::string_view key;
        if (field.unescaped_key().get(key) != SUCCESS)
        {
            return malformed;
        }
        if (key == "type")
        {
            std::string_view text;
            if (field.value().get_string().get(text) != SUCCESS)
            {
                return malformed;
            }
            type_name = text;
        }
        else if (key == "object")
        {
            ondemand::object object;
            if (field.value().get_object().get(object) != SUCCESS || object.raw_json().get(raw) != SUCCESS)
            {
                return malformed;
            }
        }
    }
    bool known = false;
    watch_event event{type_of(type_name, known), raw, {}, 0, {}};
    if (!known || raw.empty() || !at_end(document))
    {
        return malformed;
    }
    ondemand::document inner;
    if (parser().iterate(padded(raw)).get(inner) != SUCCESS || inner.get_object().get(root) != SUCCESS)
    {
        return malformed;
    }
    if (event.type == watch_event_type::error)
    {
        std::int64_t code = 0;
        if (root.find_field_unordered("code").get_int64().get(code) == SUCCESS)
        {
            event.error_code = static_cast<int>(code);
        }
        event.error_message = support::clean(text_in(root, "message"));
        return event;
    }
    ondemand::object metadata;
    if (root.find_field_unordered("metadata").get_object().get(metadata) == SUCCESS)
    {
        version_ = text_in(metadata, "resourceVersion");
        event.resource_version = version_;
    }
    if (event.resource_version.empty())
    {
        return malformed;
    }
    return event;
}

}  // namespace kube
