#include "cloud/openstack/yaml_entry.hpp"

#include "net/certificates/sha256.hpp"
#include "support/text.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace cloud::openstack {
namespace {

using support::errc;
using support::fail;
using support::result;

// The most that a Secret can hold.
constexpr std::size_t largest_file = 1 << 20;
// Of one entry. An alias counts as all the nodes that it stands for.
constexpr int most_nodes = 10'000;
// The bytes of all texts of one entry, aliases counted in the same way.
constexpr std::size_t longest = 2 * largest_file;
constexpr int deepest = 32;

using node_map = std::map<std::string, YAML::Node>;

std::unexpected<support::error> invalid(const std::string& label, const std::string& problem)
{
    return fail(errc::invalid, label + ": " + problem);
}

result<YAML::Node> parse_yaml(std::string_view yaml, const std::string& file)
{
    if (yaml.size() > largest_file)
    {
        return fail(errc::invalid, file + ": larger than 1 MiB; this is not a clouds.yaml");
    }
    try
    {
        return YAML::Load(std::string(yaml));
    }
    catch (const YAML::Exception& e)
    {
        // The message of the parser is not used, because it may quote the file.
        return fail(
            errc::invalid,
            file + ": invalid YAML at line " + std::to_string(e.mark.line + 1) + ", column " +
                std::to_string(e.mark.column + 1)
        );
    }
}

// The names of all clouds, for messages: "prod, test".
std::string list_names(const node_map& clouds)
{
    constexpr std::size_t most = 20;
    std::string names;
    std::size_t listed = 0;
    for (const auto& [name, unused] : clouds)
    {
        if (++listed > most)
        {
            return names + ", ...";
        }
        names += (names.empty() ? "" : ", ") + support::clean(name, 64);
    }
    return names;
}

result<node_map> read_clouds(const YAML::Node& root, const std::string& file)
{
    if (!root.IsMap() || !root["clouds"].IsDefined())
    {
        return fail(
            errc::invalid, file + ": has no clouds; it must hold a mapping \"clouds:\" of entries by name"
        );
    }
    node_map clouds;
    const YAML::Node entries = root["clouds"];
    for (const auto& pair : entries)
    {
        if (!entries.IsMap() || !pair.first.IsScalar())
        {
            break;
        }
        if (!clouds.emplace(pair.first.Scalar(), pair.second).second)
        {
            return fail(
                errc::invalid,
                file + ": cloud \"" + support::clean(pair.first.Scalar()) + "\" is given twice; keep one"
            );
        }
    }
    if (clouds.empty())
    {
        return fail(errc::invalid, file + ": clouds is empty; add an entry");
    }
    return clouds;
}

// The keys of `node`; a key that is given twice is an error. `section` is "auth" or, for the entry itself,
// empty.
result<node_map> read_section(const YAML::Node& node, const std::string& section, const std::string& label)
{
    const std::string subject = section.empty() ? "the entry" : section;
    node_map keys;
    if (!node.IsDefined() || node.IsNull())
    {
        return keys;
    }
    if (!node.IsMap())
    {
        return invalid(label, subject + " must be a mapping of keys to values");
    }
    for (const auto& pair : node)
    {
        if (!pair.first.IsScalar())
        {
            return invalid(label, subject + " has a key that is not a text");
        }
        const auto& key = pair.first.Scalar();
        if (key == "<<")
        {
            return invalid(label, "merge keys (<<) are not supported; write the keys out");
        }
        if (!keys.emplace(key, pair.second).second)
        {
            return invalid(
                label,
                section + (section.empty() ? "" : ".") + support::clean(key) + " is given twice; keep one"
            );
        }
    }
    return keys;
}

struct sections
{
    node_map root;
    node_map auth;
};

result<sections> read_sections(const YAML::Node& node, const std::string& label)
{
    auto root = read_section(node, "", label);
    if (!root)
    {
        return std::unexpected(root.error());
    }
    const auto auth_node = root->find("auth");
    auto auth = read_section(auth_node == root->end() ? YAML::Node() : auth_node->second, "auth", label);
    if (!auth)
    {
        return std::unexpected(auth.error());
    }
    root->erase("auth");
    return sections{std::move(*root), std::move(*auth)};
}

// The sections of the entry `cloud`; empty sections if there is no such entry.
result<sections> find_sections(const node_map& clouds, const std::string& cloud, const std::string& label)
{
    const auto it = clouds.find(cloud);
    return read_sections(it == clouds.end() ? YAML::Node() : it->second, label);
}

// Merges `over` into `keys`; the values of `over` win.
void overlay(node_map& keys, node_map over)
{
    for (auto& [key, value] : over)
    {
        keys.insert_or_assign(key, std::move(value));
    }
}

// Writes values so that two contents are equal exactly if their texts are equal.
class canonical_text
{
public:
    ~canonical_text() { support::wipe(text_); }

    void add(std::string_view text)
    {
        text_ += std::to_string(text.size()) + ":";
        text_ += text;
        written_ += text.size();
    }

    void add(const YAML::Node& node)
    {
        ++depth_;
        if (--budget_ < 0 || depth_ > deepest || written_ > longest)
        {
            budget_ = -1;
        }
        else if (node.IsMap())
        {
            add_map(node);
        }
        else if (node.IsSequence())
        {
            text_ += '[';
            for (auto element = node.begin(); element != node.end() && !too_large(); ++element)
            {
                add(*element);
            }
            text_ += ']';
        }
        else if (node.IsScalar())
        {
            add(std::string_view(node.Scalar()));
        }
        else
        {
            text_ += '~';
        }
        --depth_;
    }

    // Whether the entry has more values, or deeper ones, than a real entry ever has. Such an entry is an
    // attack.
    bool too_large() const { return budget_ < 0; }

    const std::string& text() const { return text_; }

private:
    // Sorts the members, because the order of the keys has no meaning.
    void add_map(const YAML::Node& node)
    {
        std::string before = std::exchange(text_, {});
        std::vector<std::string> members;
        for (auto member = node.begin(); member != node.end() && !too_large(); ++member)
        {
            add(member->first);
            add(member->second);
            members.push_back(std::exchange(text_, {}));
        }
        std::ranges::sort(members);
        text_ = std::move(before);
        text_ += '{';
        for (auto& member : members)
        {
            text_ += member;
            support::wipe(member);
        }
        text_ += '}';
    }

    std::string text_;
    int budget_ = most_nodes;
    std::size_t written_ = 0;
    int depth_ = 0;
};

result<std::string> content_id(const sections& read, const std::string& label)
{
    canonical_text content;
    for (const auto* keys : {&read.auth, &read.root})
    {
        for (const auto& [key, value] : *keys)
        {
            content.add(key);
            content.add(value);
        }
        content.add("");
    }
    if (content.too_large())
    {
        return invalid(label, "has more or deeper values than any entry of a clouds.yaml");
    }
    return net::sha256_hex(content.text());
}

yaml_section texts_of(const node_map& nodes)
{
    yaml_section texts;
    for (const auto& [key, node] : nodes)
    {
        if (!node.IsNull())
        {
            texts[key] = node.IsScalar() ? std::optional(support::secret(node.Scalar())) : std::nullopt;
        }
    }
    return texts;
}

result<node_map> read_file(std::string_view yaml, const std::string& file)
{
    const auto root = parse_yaml(yaml, file);
    return root ? read_clouds(*root, file) : std::unexpected(root.error());
}

}  // namespace

result<yaml_entry> read_yaml_entry(
    std::string_view yaml, std::string_view secure_yaml, const std::string& file, const std::string& cloud
)
{
    const auto clouds = read_file(yaml, file);
    if (!clouds)
    {
        return std::unexpected(clouds.error());
    }
    if (cloud.empty() && clouds->size() > 1)
    {
        return invalid(
            file,
            "has several clouds; name one with --cloud (in a binding: cloudCredentialsRef.cloudName): " +
                list_names(*clouds)
        );
    }
    yaml_entry entry;
    entry.cloud = cloud.empty() ? clouds->begin()->first : cloud;
    entry.label = file + ": cloud \"" + support::clean(entry.cloud) + "\"";
    if (!clouds->contains(entry.cloud))
    {
        return invalid(file, "has no cloud \"" + support::clean(cloud) + "\"; it has " + list_names(*clouds));
    }
    auto read = find_sections(*clouds, entry.cloud, entry.label);
    if (!read)
    {
        return std::unexpected(read.error());
    }
    if (!secure_yaml.empty())
    {
        const auto secure_clouds = read_file(secure_yaml, "secure.yaml beside " + file);
        if (!secure_clouds)
        {
            return std::unexpected(secure_clouds.error());
        }
        auto secrets = find_sections(*secure_clouds, entry.cloud, "secure.yaml beside " + entry.label);
        if (!secrets)
        {
            return std::unexpected(secrets.error());
        }
        overlay(read->root, std::move(secrets->root));
        overlay(read->auth, std::move(secrets->auth));
    }
    auto id = content_id(*read, entry.label);
    if (!id)
    {
        return std::unexpected(id.error());
    }
    entry.content_id = std::move(*id);
    entry.root = texts_of(read->root);
    entry.auth = texts_of(read->auth);
    return entry;
}

}  // namespace cloud::openstack
