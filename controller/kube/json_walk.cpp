#include "kube/json_walk.hpp"

#include <algorithm>

namespace kube {
namespace {

using simdjson::SIMDJSON_PADDING;
using simdjson::SUCCESS;
namespace ondemand = simdjson::ondemand;

// Keeps its buffers between calls, except those of a large document: they are freed with the next small one.
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

}  // namespace

std::optional<ondemand::object> root_of(ondemand::document& document, std::string_view text)
{
    ondemand::object root;
    const bool is_object = parser_for(text).iterate(padded(text)).get(document) == SUCCESS &&
                           document.get_object().get(root) == SUCCESS;
    return is_object ? std::optional(root) : std::nullopt;
}

bool at_end(ondemand::document& document)
{
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

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

bool read_metadata(object_json object, std::span<const wanted_text> wanted)
{
    ondemand::document document;
    auto root = root_of(document, object);
    ondemand::value metadata;
    return root && root->find_field_unordered("metadata").get(metadata) == SUCCESS &&
           read_texts(metadata, wanted);
}

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

}  // namespace kube
