#include "cloud/openstack/entry_reader.hpp"

#include "support/text.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <utility>

namespace cloud::openstack {

using support::errc;
using support::fail;

std::string entry_reader::text_of(const config_value& value, const std::string& name)
{
    if (!value.is_text())
    {
        note(name + " must be a text");
        return {};
    }
    // Of a variable; a file is looked at as a whole.
    if (!support::is_utf8(value.text.reveal()))
    {
        note(name + " is not UTF-8; give it in UTF-8");
        return {};
    }
    return value.text.reveal();
}

std::string entry_reader::auth(const char* key)
{
    const auto* value = find_value(entry_.auth, key);
    return value == nullptr ? "" : text_of(*value, std::string("auth.") + key);
}

std::string entry_reader::root(const char* key)
{
    const auto* value = find_value(entry_.root, key);
    return value == nullptr ? "" : interpolate(text_of(*value, key), key);
}

std::vector<std::string> entry_reader::root_list(const char* key)
{
    const auto* value = find_value(entry_.root, key);
    std::vector<std::string> texts;
    if (value != nullptr && value->is_list())
    {
        // An element without a value is not given, as a key without one.
        for (const auto& element : value->list)
        {
            if (!element.is_text() && !element.is_null())
            {
                note(std::string(key) + " must be a text or a list of texts");
            }
            else if (element.is_text())
            {
                texts.push_back(text_of(element, key));
            }
        }
    }
    else if (std::string text = root(key); !text.empty())
    {
        texts.push_back(std::move(text));
    }
    return texts;
}

std::optional<bool> entry_reader::flag_of(std::string word)
{
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto is_one_of = [&word](std::initializer_list<const char*> words) {
        return std::ranges::find(words, word) != words.end();
    };
    if (is_one_of({"true", "yes", "on", "y", "1"}))
    {
        return true;
    }
    if (is_one_of({"false", "no", "off", "n", "0"}))
    {
        return false;
    }
    return std::nullopt;
}

std::string entry_reader::value_of_field(const std::string& field, const std::string& name)
{
    if (field == "region_name")
    {
        if (entry_.several_regions)
        {
            note(
                name +
                " has {region_name}, but the entry names several regions; write an entry for each region"
            );
        }
        else if (entry_.region.empty())
        {
            note(name + " has {region_name}, but region_name is missing; add it");
        }
        return entry_.region;
    }
    const auto* value = find_value(entry_.root, field);
    if (value == nullptr || !value->is_text())
    {
        note(name + " has {" + quoted(field) + "}, which is no key of the entry; write the value out");
        return {};
    }
    return value->text.reveal();
}

std::string entry_reader::interpolate(const std::string& text, const std::string& name)
{
    std::string written;
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        const char c = text[i];
        if (c != '{' && c != '}')
        {
            written += c;
        }
        else if (i + 1 < text.size() && text[i + 1] == c)
        {
            written += c;
            ++i;
        }
        else
        {
            const auto close = text.find('}', i);
            if (c == '}' || close == std::string::npos)
            {
                note(name + " has a single { or }; write {{ or }}");
                return {};
            }
            written += value_of_field(text.substr(i + 1, close - i - 1), name);
            i = close;
        }
    }
    return written;
}

std::optional<net::url> entry_reader::url_of(const std::string& text, const std::string& name)
{
    if (text.empty())
    {
        return std::nullopt;
    }
    auto url = net::parse_url(text);
    if (!url)
    {
        note(
            entry_.untrusted
                ? name +
                      " must be an http or https URL such as https://keystone.example/v3, without a user "
                      "name, a query, a fragment or white space around it"
                : name + ": " + url.error().message
        );
        return std::nullopt;
    }
    if (!url->query.empty())
    {
        note(name + " must be a URL without a query");
    }
    return std::move(*url);
}

std::optional<net::url> entry_reader::auth_url_of(const char* key)
{
    const std::string name = std::string("auth.") + key;
    return url_of(interpolate(auth(key), name), name);
}

std::optional<net::url> entry_reader::root_url_of(const char* key)
{
    return url_of(root(key), key);
}

void entry_reader::note(std::string problem)
{
    if (problem_.empty())
    {
        problem_ = std::move(problem);
    }
}

std::string entry_reader::quoted(const std::string& text) const
{
    return entry_.untrusted ? "..." : support::clean(text, 64);
}

std::unexpected<support::error> entry_reader::error() const
{
    return fail(errc::invalid, entry_.label + ": " + problem_);
}

}  // namespace cloud::openstack
