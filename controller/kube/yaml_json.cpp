#include "kube/yaml_json.hpp"

#include "support/text.hpp"
#include "support/yaml_documents.hpp"

#include <nlohmann/json.hpp>
#include <simdjson.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace kube {
namespace {

using nlohmann::json;
using support::errc;
using support::result;

// Aliases let a short text stand for a huge tree, so the tree is bounded, not the text alone.
constexpr std::size_t most_values = 100'000;
constexpr int deepest = 64;

constexpr std::string_view tag_of_yaml = "tag:yaml.org,2002:";

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& words, std::string_view text)
{
    return std::ranges::find(words, text) != words.end();
}

std::optional<json> named_value(std::string_view text)
{
    constexpr std::array<std::string_view, 5> nulls{"", "~", "null", "Null", "NULL"};
    constexpr std::array<std::string_view, 11> yes{
        "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"
    };
    constexpr std::array<std::string_view, 11> no{
        "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"
    };
    if (is_one_of(nulls, text))
    {
        return json(nullptr);
    }
    if (is_one_of(yes, text))
    {
        return json(true);
    }
    return is_one_of(no, text) ? std::optional(json(false)) : std::nullopt;
}

std::optional<json> integer(std::string_view text)
{
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
    {
        text.remove_prefix(1);
    }
    int base = 10;
    if (text.size() > 1 && text[0] == '0')
    {
        const char mark = static_cast<char>(text[1] | 0x20);
        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
    }
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || problem != std::errc() || end != text.data() + text.size())
    {
        return std::nullopt;
    }
    return negative ? json(-static_cast<std::int64_t>(value)) : json(value);
}

// Digits, one point, an exponent; what else from_chars takes ("inf", "nan") is text.
std::optional<json> fraction(std::string_view text)
{
    const bool plus = text.starts_with('+');
    text.remove_prefix(plus ? 1 : 0);
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    if (digits.find_first_of("0123456789") == std::string_view::npos ||
        digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos || digits.front() == '+' ||
        digits.front() == '-')
    {
        return std::nullopt;
    }
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc() && end == text.data() + text.size() ? std::optional(json(value))
                                                                      : std::nullopt;
}

json plain_value(const std::string& text)
{
    if (auto named = named_value(text))
    {
        return *named;
    }
    const bool may_be_number = std::string_view("+-.0123456789").contains(text.front());
    if (!may_be_number)
    {
        return text;
    }
    std::string digits = text;
    std::erase(digits, '_');
    if (auto number = integer(digits))
    {
        return *number;
    }
    auto number = fraction(digits);
    return number ? *number : json(text);
}

class converter
{
public:
    json convert(const YAML::Node& node, int depth)
    {
        if (problem_ || ++values_ > most_values || depth > deepest)
        {
            refuse(node, "stands for too many values; write its aliases out");
            return nullptr;
        }
        switch (node.Type())
        {
            case YAML::NodeType::Scalar:
                return scalar(node);
            case YAML::NodeType::Sequence:
                return list(node, depth);
            case YAML::NodeType::Map:
                return map(node, depth);
            default:
                return nullptr;
        }
    }

    const std::optional<std::string>& problem() const { return problem_; }

private:
    json scalar(const YAML::Node& node)
    {
        const std::string& tag = node.Tag();
        const bool text = tag == "!" || tag == std::string(tag_of_yaml) + "str";
        if (!text && tag != "?" && !tag.empty() && !tag.starts_with(tag_of_yaml))
        {
            return node.Scalar();
        }
        return text ? json(node.Scalar()) : plain_value(node.Scalar());
    }

    json list(const YAML::Node& node, int depth)
    {
        json items = json::array();
        for (const YAML::Node& item : node)
        {
            items.push_back(convert(item, depth + 1));
            if (problem_)
            {
                break;
            }
        }
        return items;
    }

    json map(const YAML::Node& node, int depth)
    {
        json members = json::object();
        std::set<std::string> own;
        bool merged = false;
        for (const auto& member : node)
        {
            if (!member.first.IsScalar())
            {
                refuse(node, "has a key that is no text");
                break;
            }
            const std::string key = member.first.Scalar();
            if (key == "<<" && member.first.Tag() != "!")
            {
                if (std::exchange(merged, true))
                {
                    refuse(member.first, "gives a merge key (<<) twice; give one << a list, <<: [*a, *b]");
                    break;
                }
                merge(member.second, members, depth);
                continue;
            }
            if (!own.insert(key).second)
            {
                refuse(
                    member.first, "gives the key " + support::clean(key, 64) + " twice; remove one of them"
                );
                break;
            }
            members[key] = convert(member.second, depth + 1);
            if (problem_)
            {
                break;
            }
        }
        return members;
    }

    // Of several merged maps the first one wins. A merged value replaces one that stands before it, as in
    // kubectl.
    void merge(const YAML::Node& from, json& into, int depth)
    {
        std::vector<YAML::Node> maps;
        if (from.IsSequence())
        {
            for (const YAML::Node& map : from)
            {
                maps.push_back(map);
            }
        }
        else
        {
            maps.push_back(from);
        }
        for (auto map = maps.rbegin(); map != maps.rend() && !problem_; ++map)
        {
            if (!map->IsMap())
            {
                refuse(from, "merges (<<) what is not a map");
                return;
            }
            const json merged = convert(*map, depth + 1);
            if (problem_)
            {
                return;
            }
            into.update(merged);
        }
    }

    void refuse(const YAML::Node& at, const std::string& why)
    {
        if (!problem_)
        {
            const int line = at.Mark().line;
            problem_ = why + (line < 0 ? "" : " (line " + std::to_string(line + 1) + ")");
        }
    }

    std::size_t values_ = 0;
    std::optional<std::string> problem_;
};

// What YAML 1.1 does not allow in a text (section 5.1). A text in UTF-16 begins with its mark and is not
// looked at.
std::optional<std::string> bad_bytes(const std::string& text)
{
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    {
        return std::nullopt;
    }
    if (!simdjson::validate_utf8(text))
    {
        return "is not UTF-8";
    }
    const auto control = std::ranges::find_if(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
    });
    if (control == text.end())
    {
        return std::nullopt;
    }
    const auto line = std::count(text.begin(), control, '\n') + 1;
    return "holds a control character (line " + std::to_string(line) + "); remove it";
}

}  // namespace

result<json> yaml_to_json(const std::string& text)
{
    if (const auto bad = bad_bytes(text))
    {
        return support::fail(errc::invalid, *bad);
    }
    try
    {
        converter all;
        json value = all.convert(YAML::Load(text), 0);
        if (all.problem())
        {
            return support::fail(errc::invalid, *all.problem());
        }
        return value;
    }
    catch (const YAML::Exception& e)
    {
        // The message of the parser is not used, because it may quote the text.
        return support::fail(
            errc::invalid,
            "is not YAML (line " + std::to_string(e.mark.line + 1) + ")" +
                support::hint_about_tabs(text, e.mark.line)
        );
    }
}

result<bool> has_more_documents(const std::string& text)
{
    const bool separated = text.contains("\n---") || text.contains("\n...");
    bool more = false;
    try
    {
        more = support::has_second_yaml_document(text);
    }
    catch (const YAML::Exception&)
    {
        more = true;  // the first document is good, so the fault is behind it
    }
    if (more && !separated)
    {
        return support::fail(errc::invalid, "has text behind its end; remove it");
    }
    return more;
}

}  // namespace kube
