#include "binding/credentials/secret_codec.hpp"

#include "support/base64.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace binding {
namespace {

using nlohmann::json;
using support::errc;
using support::fail;

// Overwrites the texts of `data` in the destructor.
struct wiped_data
{
    json data;

    ~wiped_data()
    {
        for (json& value : data)
        {
            if (value.is_string())
            {
                support::wipe(value.get_ref<std::string&>());
            }
        }
    }
};

support::result<support::secret> text_of(const json& data, const char* key)
{
    const auto value = data.find(key);
    if (value == data.end())
    {
        return support::secret();
    }
    auto text =
        value->is_string() ? support::decode_base64(value->get_ref<const std::string&>()) : std::nullopt;
    if (!text)
    {
        return fail(errc::invalid, "the key " + std::string(key) + " is not base64");
    }
    return support::secret(std::move(*text));
}

}  // namespace

support::result<secret_content> decode_secret(std::string_view object)
{
    json root = json::parse(object, nullptr, false);
    wiped_data wiped;
    if (root.is_object() && root.contains("data"))
    {
        wiped.data = std::move(root["data"]);
    }
    if (!wiped.data.is_object() || !wiped.data.contains("clouds.yaml"))
    {
        return fail(errc::invalid, "the key clouds.yaml is missing; add it");
    }
    auto yaml = text_of(wiped.data, "clouds.yaml");
    auto ca = text_of(wiped.data, "cacert");
    if (!yaml || !ca)
    {
        return std::unexpected(yaml ? ca.error() : yaml.error());
    }
    return secret_content{std::move(*yaml), std::move(*ca)};
}

}  // namespace binding
