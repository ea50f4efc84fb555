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

// kubectl create secret --from-file keeps the line end of the file.
support::secret without_line_end(const support::secret& text)
{
    std::string line = text.reveal();
    while (line.ends_with('\n') || line.ends_with('\r'))
    {
        line.pop_back();
    }
    return support::secret(std::move(line));
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
    const bool has_yaml = wiped.data.is_object() && wiped.data.contains("clouds.yaml");
    const bool has_endpoint = wiped.data.is_object() && wiped.data.contains("endpoint");
    if (!has_yaml && !has_endpoint)
    {
        return fail(errc::invalid, "the key clouds.yaml is missing; add it");
    }
    if (has_yaml && has_endpoint)
    {
        return fail(errc::invalid, "the keys clouds.yaml and endpoint are both there; remove one of them");
    }
    secret_content content;
    const std::pair<const char*, support::secret*> keys[] = {
        {"clouds.yaml", &content.clouds_yaml},
        {"cacert", &content.ca_pem},
        {"endpoint", &content.endpoint},
        {"api-key", &content.api_key},
        {"token", &content.token}
    };
    for (const auto& [key, into] : keys)
    {
        const bool is_of_kind = into != &content.api_key && into != &content.token;
        auto text = has_endpoint || is_of_kind ? text_of(wiped.data, key) : support::secret();
        if (!text)
        {
            return std::unexpected(text.error());
        }
        *into = std::move(*text);
    }
    for (support::secret* line : {&content.endpoint, &content.api_key, &content.token})
    {
        *line = without_line_end(*line);
    }
    return content;
}

}  // namespace binding
