#include "api/body.hpp"

#include "api/texts.hpp"
#include "support/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <set>
#include <utility>

namespace api {
namespace {

using nlohmann::json;

constexpr std::string_view listener_type = "octavia:listener";

constexpr auto example =
    R"(Send {"resource_type": "octavia:listener", "resource_id": "550e8400-e29b-41d4-a716-446655440002", )"
    R"("options": {"sni": false}}.)";

std::unexpected<failure> bad(const std::string& field, const std::string& what, std::string details = example)
{
    return bad_field(field, what, std::move(details));
}

// application/json, with or without charset=utf-8 (RFC 8259 section 11).
bool is_json(std::string_view type)
{
    std::string text;
    for (const char c : type)
    {
        if (c != ' ' && c != '\t' && c != '"')
        {
            text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return text == "application/json" || text == "application/json;charset=utf-8";
}

// A parsed body, and the first key that an object of it has twice.
struct parsed
{
    json root;
    std::optional<std::string> doubled;  // with those of the objects around it: "options.sni"
};

struct open_object
{
    std::set<std::string> keys = {};
    std::string last = {};  // of the keys
};

std::string path_of_last(const std::vector<open_object>& objects)
{
    std::string path;
    for (const auto& object : objects)
    {
        path += (path.empty() ? "" : ".") + object.last;
    }
    return path;
}

result<parsed> parse(const std::string& text)
{
    parsed read;
    std::vector<open_object> objects;
    const auto see = [&](int, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start)
        {
            objects.emplace_back();
        }
        else if (event == json::parse_event_t::object_end)
        {
            objects.pop_back();
        }
        else if (event == json::parse_event_t::key)
        {
            objects.back().last = value.get_ref<const std::string&>();
            if (!objects.back().keys.insert(objects.back().last).second && !read.doubled)
            {
                read.doubled = path_of_last(objects);
            }
        }
        return true;
    };
    try
    {
        read.root = json::parse(text, see);
    }
    catch (const json::parse_error& e)
    {
        const bool no_utf8 = std::string_view(e.what()).contains("UTF-8");
        return bad(
            "body",
            (no_utf8 ? "it is not UTF-8 at byte " : "it is not JSON at byte ") + std::to_string(e.byte)
        );
    }
    catch (const json::exception&)
    {
        return bad("body", "it holds a number that is too large");
    }
    return read;
}

std::string type_of(const json& value)
{
    return value.is_null() ? "null" : std::string("a JSON ") + value.type_name();
}

// Failure: a key that is not one of `known`; `prefix` leads its name.
result<> check_keys(
    const json& object, const std::string& prefix, std::initializer_list<std::string_view> known
)
{
    for (const auto& [key, value] : object.items())
    {
        if (std::ranges::find(known, key) == known.end())
        {
            return bad(prefix + support::clean(key, longest_quote), "there is no such field");
        }
    }
    return {};
}

result<std::string> text_at(const json& object, const std::string& key)
{
    const auto value = object.find(key);
    if (value == object.end())
    {
        return bad(key, "the field is missing");
    }
    if (!value->is_string())
    {
        return bad(key, "it must be a text, not " + type_of(*value));
    }
    return value->get<std::string>();
}

result<bool> read_sni(const json& root)
{
    const auto options = root.find("options");
    if (options == root.end())
    {
        return false;
    }
    if (!options->is_object())
    {
        return bad("options", "it must be an object, not " + type_of(*options));
    }
    if (auto good = check_keys(*options, "options.", {"sni"}); !good)
    {
        return std::unexpected(good.error());
    }
    const auto sni = options->find("sni");
    if (sni == options->end())
    {
        return false;
    }
    if (!sni->is_boolean())
    {
        return bad("options.sni", "it must be true or false, not " + type_of(*sni));
    }
    return sni->get<bool>();
}

}  // namespace

result<new_binding> read_body(const net::server_request& request)
{
    const auto media_type = header_of(request.headers, "Content-Type");
    if (!media_type)
    {
        return std::unexpected(media_type.error());
    }
    if (!*media_type || !is_json(**media_type))
    {
        return bad(
            "Content-Type",
            *media_type ? in_quotes(**media_type) + " is not application/json" : "the header is missing",
            "Send Content-Type: application/json."
        );
    }
    const auto read = parse(request.body);
    if (!read)
    {
        return std::unexpected(read.error());
    }
    const json& root = read->root;
    if (read->doubled)
    {
        return bad(support::clean(*read->doubled, longest_quote), "the field is given twice");
    }
    if (!root.is_object())
    {
        return bad("body", "it must be an object, not " + type_of(root));
    }
    if (auto good = check_keys(root, "", {"resource_type", "resource_id", "options"}); !good)
    {
        return std::unexpected(good.error());
    }
    const auto type = text_at(root, "resource_type");
    if (!type)
    {
        return std::unexpected(type.error());
    }
    if (*type != listener_type)
    {
        return bad("resource_type", in_quotes(*type) + " is not octavia:listener, the only type");
    }
    const auto id = text_at(root, "resource_id");
    if (!id)
    {
        return std::unexpected(id.error());
    }
    const auto listener = support::uuid::parse(*id);
    if (!listener)
    {
        return bad("resource_id", in_quotes(*id) + " is not a UUID");
    }
    const auto sni = read_sni(root);
    if (!sni)
    {
        return std::unexpected(sni.error());
    }
    return new_binding{*listener, *sni};
}

}  // namespace api
