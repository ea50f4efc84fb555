#include "binding/credentials/secret_codec.hpp"

#include "support/base64.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace binding {
namespace {

using nlohmann::json;
using support::errc;
using support::fail;

// Overwrites the texts of `data` when it goes.
struct wiped_data
{
    json data;

    ~wiped_data()
    {
        for (json& each : data)
        {
            if (each.is_string())
            {
                support::wipe(each.get_ref<std::string&>());
            }
        }
    }
};

support::result<support::secret> text_of(const json& data, const char* key)
{
    const auto found = data.find(key);
    if (found == data.end())
    {
        return support::secret();
    }
    auto text =
        found->is_string() ? support::decode_base64(found->get_ref<const std::string&>()) : std::nullopt;
    if (!text)
    {
        return fail(errc::invalid, "its key " + std::string(key) + " is not base64");
    }
    return support::secret(std::move(*text));
}

}  // namespace

support::result<secret_content> decode_secret(std::string_view object)
{
    json root = json::parse(object, nullptr, false);
    wiped_data held;
    if (root.is_object() && root.contains("data"))
    {
        held.data = std::move(root["data"]);
    }
    if (!held.data.is_object() || !held.data.contains("clouds.yaml"))
    {
        return fail(errc::invalid, "it has no key clouds.yaml");
    }
    auto yaml = text_of(held.data, "clouds.yaml");
    auto ca = text_of(held.data, "cacert");
    if (!yaml || !ca)
    {
        return std::unexpected(yaml ? ca.error() : yaml.error());
    }
    return secret_content{std::move(*yaml), std::move(*ca)};
}

}  // namespace binding
