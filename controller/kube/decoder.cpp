#include "kube/decoder.hpp"

#include "kube/json_walk.hpp"
#include "support/secret.hpp"

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

}  // namespace kube
