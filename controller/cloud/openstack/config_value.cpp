#include "cloud/openstack/config_value.hpp"

#include "net/certificates/sha256.hpp"

#include <utility>

namespace cloud::openstack {
namespace {

// Writes values so that two contents are equal exactly if their texts are equal.
void write(std::string& to, std::string_view text)
{
    to += std::to_string(text.size()) + ":";
    to += text;
}

void write(std::string& to, const config_map& map);

void write(std::string& to, const config_value& value)
{
    switch (value.is)
    {
        case config_value::kind::null:
            to += '~';
            break;
        case config_value::kind::text:
            write(to, std::string_view(value.text.reveal()));
            break;
        case config_value::kind::list:
            to += '[';
            for (const auto& element : value.list)
            {
                write(to, element);
            }
            to += ']';
            break;
        case config_value::kind::map:
            write(to, value.map);
            break;
    }
}

void write(std::string& to, const config_map& map)
{
    to += '{';
    for (const auto& [key, value] : map)
    {
        write(to, std::string_view(key));
        write(to, value);
    }
    to += '}';
}

}  // namespace

config_value text_value(std::string text)
{
    return {.is = config_value::kind::text, .text = support::secret(std::move(text))};
}

const config_value* find_value(const config_map& map, std::string_view key)
{
    const auto it = map.find(key);
    return it == map.end() ? nullptr : &it->second;
}

void merge_maps(config_map& below, config_map over)
{
    for (auto& [key, value] : over)
    {
        auto& held = below[key];
        if (value.is_null())
        {
            continue;
        }
        if (held.is_map() && value.is_map())
        {
            merge_maps(held.map, std::move(value.map));
        }
        else
        {
            held = std::move(value);
        }
    }
}

std::string digest_of(const config_map& content)
{
    std::string text;
    write(text, content);
    std::string digest = net::sha256_hex(text);
    support::wipe(text);
    return digest;
}

}  // namespace cloud::openstack
