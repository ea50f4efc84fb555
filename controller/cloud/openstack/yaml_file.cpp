#include "cloud/openstack/yaml_file.hpp"

#include "support/text.hpp"
#include "support/yaml_documents.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace cloud::openstack {
namespace {

using support::errc;
using support::fail;
using support::result;

// The most that a Secret can hold.
constexpr std::size_t largest_file = 1 << 20;
// Of one file. An alias counts as all the nodes that it stands for.
constexpr int most_nodes = 50'000;
// The bytes of all texts of one file, aliases counted in the same way.
constexpr std::size_t longest = 2 * largest_file;
constexpr std::size_t deepest = 32;

using node_map = std::map<std::string, YAML::Node>;

// The number of the first line that is not UTF-8; empty if all lines are.
std::optional<std::size_t> first_bad_line(std::string_view text)
{
    for (std::size_t line = 1; !text.empty(); ++line)
    {
        const auto end = std::min(text.find('\n'), text.size());
        if (!support::is_utf8(text.substr(0, end)))
        {
            return line;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::nullopt;
}

result<YAML::Node> parse(std::string_view text, const std::string& file)
{
    if (text.size() > largest_file)
    {
        return fail(errc::invalid, file + ": larger than 1 MiB; this is not a clouds.yaml");
    }
    if (const auto line = first_bad_line(text))
    {
        return fail(
            errc::invalid, file + ": line " + std::to_string(*line) + " is not UTF-8; save the file in UTF-8"
        );
    }
    try
    {
        if (support::has_second_yaml_document(std::string(text)))
        {
            return fail(errc::invalid, file + ": holds several documents (---); keep one");
        }
        return YAML::Load(std::string(text));
    }
    catch (const YAML::Exception& e)
    {
        // The message of the parser is not used, because it may quote the file.
        return fail(
            errc::invalid,
            file + ": invalid YAML at line " + std::to_string(e.mark.line + 1) + ", column " +
                std::to_string(e.mark.column + 1) + support::hint_about_tabs(text, e.mark.line)
        );
    }
}

bool is_merge_key(const YAML::Node& key)
{
    return key.IsScalar() && key.Scalar() == "<<" &&
           (key.Tag() == "?" || key.Tag() == "tag:yaml.org,2002:merge");
}

// Whether a loader without code of its own knows the tag.
bool is_known_tag(const std::string& tag)
{
    constexpr std::array<std::string_view, 10> known{
        "",
        "?",
        "!",
        "tag:yaml.org,2002:str",
        "tag:yaml.org,2002:int",
        "tag:yaml.org,2002:float",
        "tag:yaml.org,2002:bool",
        "tag:yaml.org,2002:null",
        "tag:yaml.org,2002:map",
        "tag:yaml.org,2002:seq"
    };
    return std::ranges::find(known, tag) != known.end();
}

// Turns nodes into values. After the first problem it does nothing more.
class converter
{
public:
    explicit converter(const std::string& file) : file_(file) {}

    config_map top(const YAML::Node& root)
    {
        config_map sections;
        for (const auto& [key, node] : keys_of(root))
        {
            if (key == "clouds" || key == "public-clouds")
            {
                sections.emplace(key, child(key, node));
            }
        }
        return sections;
    }

    const std::string& problem() const { return problem_; }

private:
    bool stopped() const { return !problem_.empty(); }

    // `: cloud "prod"` for what is inside an entry.
    std::string label() const
    {
        if (path_.size() < 2)
        {
            return file_;
        }
        return file_ + (path_[0] == "clouds" ? ": cloud \"" : ": profile \"") + support::clean(path_[1]) +
               "\"";
    }

    // "auth.password"
    std::string name_of(const std::string& key) const
    {
        std::string name;
        for (std::size_t i = 2; i < path_.size(); ++i)
        {
            name += support::clean(path_[i], 64) + ".";
        }
        return name + support::clean(key, 64);
    }

    void note(const std::string& words)
    {
        if (!stopped())
        {
            problem_ = label() + ": " + words;
        }
    }

    void note_twice(const std::string& key)
    {
        const bool entry = path_.size() == 1;
        note((entry ? "cloud \"" + support::clean(key) + "\"" : name_of(key)) + " is given twice; keep one");
    }

    // Counts a node against the bounds.
    bool admit(std::size_t bytes)
    {
        written_ += bytes;
        if (--budget_ < 0 || path_.size() + merging_ > deepest || written_ > longest)
        {
            note("has more or deeper values than any entry of a clouds.yaml");
        }
        return !stopped();
    }

    config_value child(const std::string& key, const YAML::Node& node)
    {
        path_.push_back(key);
        auto value = convert(node);
        path_.pop_back();
        return value;
    }

    config_value convert(const YAML::Node& node)
    {
        config_value value;
        if (!admit(node.IsScalar() ? node.Scalar().size() : 0))
        {
            return value;
        }
        if (!is_known_tag(node.Tag()))
        {
            note("has a value with a tag (!...) of its own; remove the tag");
        }
        else if (node.IsScalar())
        {
            value = text_value(node.Scalar());
        }
        else if (node.IsSequence())
        {
            value.is = config_value::kind::list;
            for (auto element = node.begin(); element != node.end() && !stopped(); ++element)
            {
                value.list.push_back(child("[]", *element));
            }
        }
        else if (node.IsMap())
        {
            value.is = config_value::kind::map;
            for (const auto& [key, member] : keys_of(node))
            {
                if (stopped())
                {
                    break;
                }
                value.map.emplace(key, child(key, member));
            }
        }
        return value;
    }

    // The keys of a mapping, those of its merge keys included.
    node_map keys_of(const YAML::Node& node)
    {
        node_map keys;
        std::vector<YAML::Node> merged;
        for (auto pair = node.begin(); pair != node.end() && !stopped(); ++pair)
        {
            if (is_merge_key(pair->first))
            {
                merged.push_back(pair->second);
                if (merged.size() > 1)
                {
                    note("a merge key (<<) is given twice in one mapping; give one << a list, <<: [*a, *b]");
                }
            }
            else if (!pair->first.IsScalar())
            {
                note("has a key that is not a text");
            }
            else if (admit(pair->first.Scalar().size()) &&
                     !keys.emplace(pair->first.Scalar(), pair->second).second)
            {
                note_twice(pair->first.Scalar());
            }
        }
        for (const auto& from : merged)
        {
            merge(keys, from);
        }
        return keys;
    }

    // Adds the keys that `from` has and `keys` has not. A list is a list of mappings; the first ones win.
    void merge(node_map& keys, const YAML::Node& from)
    {
        if (!admit(0))
        {
            return;
        }
        ++merging_;
        if (from.IsMap())
        {
            keys.merge(keys_of(from));
        }
        else if (from.IsSequence())
        {
            for (auto element = from.begin(); element != from.end() && !stopped(); ++element)
            {
                if (element->IsMap())
                {
                    keys.merge(keys_of(*element));
                }
                else
                {
                    note("a merge key (<<) must hold a mapping or a list of mappings");
                }
            }
        }
        else
        {
            note("a merge key (<<) must hold a mapping or a list of mappings");
        }
        --merging_;
    }

    const std::string& file_;
    std::string problem_;
    std::vector<std::string> path_;
    std::size_t merging_ = 0;
    int budget_ = most_nodes;
    std::size_t written_ = 0;
};

}  // namespace

support::result<config_map> read_yaml_file(std::string_view text, const std::string& file)
{
    const auto root = parse(text, file);
    if (!root)
    {
        return std::unexpected(root.error());
    }
    if (root->IsNull())
    {
        return config_map();
    }
    if (!root->IsMap())
    {
        return fail(
            errc::invalid, file + ": has no clouds; it must hold a mapping \"clouds:\" of entries by name"
        );
    }
    converter conversion(file);
    auto sections = conversion.top(*root);
    if (!conversion.problem().empty())
    {
        return fail(errc::invalid, conversion.problem());
    }
    return sections;
}

}  // namespace cloud::openstack
