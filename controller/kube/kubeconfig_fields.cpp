#include "kube/kubeconfig_fields.hpp"

#include "support/base64.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace kube {

using nlohmann::json;
using support::errc;
using support::result;

fields::fields(const json& map, std::string place) : map_(map), place_(std::move(place))
{
    if (!map.is_object() && !map.is_null())
    {
        refuse("the " + place_ + " is not a map");
    }
}

const json* fields::find(const std::string& key)
{
    read_.insert(key);
    if (problem_ || !map_.is_object())
    {
        return nullptr;
    }
    const auto found = map_.find(key);
    return found == map_.end() || found->is_null() ? nullptr : &*found;
}

std::string fields::text(const std::string& key)
{
    const json* value = find(key);
    if (value == nullptr)
    {
        return {};
    }
    if (!value->is_string())
    {
        refuse_type(key, *value, "a text");
        return {};
    }
    return value->get<std::string>();
}

bool fields::flag(const std::string& key)
{
    const json* value = find(key);
    if (value != nullptr && !value->is_boolean())
    {
        refuse_type(key, *value, "true or false");
        return false;
    }
    return value != nullptr && value->get<bool>();
}

std::vector<std::string> fields::texts(const std::string& key)
{
    std::vector<std::string> all;
    const json* value = list(key);
    if (value == nullptr)
    {
        return all;
    }
    for (const json& item : *value)
    {
        if (!item.is_string() && !item.is_null())
        {
            refuse_type("an entry of " + key, item, "a text");
            return {};
        }
        all.push_back(item.is_null() ? std::string() : item.get<std::string>());
    }
    return all;
}

const json* fields::map(const std::string& key)
{
    const json* value = find(key);
    if (value != nullptr && !value->is_object())
    {
        refuse_type(key, *value, "a map");
        return nullptr;
    }
    return value;
}

const json* fields::list(const std::string& key)
{
    const json* value = find(key);
    if (value != nullptr && !value->is_array())
    {
        refuse_type(key, *value, "a list");
        return nullptr;
    }
    return value;
}

void fields::refuse(std::string problem)
{
    if (!problem_)
    {
        problem_ = std::move(problem);
    }
}

void fields::refuse_type(const std::string& key, const json& value, const std::string& wanted)
{
    const bool plain = (value.is_number() || value.is_boolean()) && wanted == "a text";
    const std::string found = value.is_object()    ? "a map"
                              : value.is_array()   ? "a list"
                              : value.is_boolean() ? "true or false (YAML reads yes, no, on and off so)"
                              : value.is_number()  ? "a number"
                                                   : "a text";
    refuse(
        key + " of the " + place_ + " is " + found + ", but must be " + wanted +
        (plain ? "; put it in quotes" : "")
    );
}

std::vector<std::string> fields::unread() const
{
    std::vector<std::string> keys;
    if (map_.is_object())
    {
        for (const auto& [key, value] : map_.items())
        {
            if (!read_.contains(key) && keys.size() < 10)
            {
                keys.push_back(support::clean(key, 64));
            }
        }
    }
    return keys;
}

void notice_unread(const fields& read, const std::string& place, config& into)
{
    for (const std::string& key : read.unread())
    {
        into.notices.push_back("the unknown key " + key + " of the " + place + " has no effect");
    }
}

std::string from_folder_of(const std::string& path, const std::string& file)
{
    const auto slash = path.rfind('/');
    const bool as_it_is = file.empty() || file.starts_with('/') || slash == std::string::npos;
    return as_it_is ? file : path.substr(0, slash + 1) + file;
}

text_or_file data_or_file(fields& section, const std::string& key, const std::string& path)
{
    text_or_file value;
    value.file = from_folder_of(path, section.text(key));
    std::string data = section.text(key + "-data");
    std::erase_if(data, [](char c) { return c == '\n' || c == '\r'; });
    if (data.empty())
    {
        return value;
    }
    if (!value.file.empty())
    {
        section.refuse(key + " and " + key + "-data are both given; remove one of them");
    }
    auto decoded = support::decode_base64(data);
    if (!decoded || decoded->empty())
    {
        section.refuse(key + "-data is not base64; write the PEM text in base64, or its path as " + key);
        return value;
    }
    value.text = support::secret(std::move(*decoded));
    return value;
}

std::unexpected<support::error> invalid(const config& of, const std::string& problem)
{
    return support::fail(errc::invalid, of.source + ": " + problem);
}

}  // namespace kube
