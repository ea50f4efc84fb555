#include "kube/kubeconfig.hpp"

#include "kube/kubeconfig_fields.hpp"
#include "kube/yaml_json.hpp"
#include "support/text.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <set>
#include <utility>

namespace kube {
namespace {

using nlohmann::json;
using support::errc;
using support::fail;
using support::result;

std::unexpected<support::error> invalid(const std::string& source, const std::string& problem)
{
    return fail(errc::invalid, source + ": " + problem);
}

std::string quoted(const std::string& name)
{
    return "\"" + support::clean(name, 64) + "\"";
}

// The named entries of one kind, of all files: the first entry of a name counts.
class named_sections
{
public:
    // Adds the entries of the list `list`; the content of an entry stands under `kind`.
    void add(const std::string& path, fields& root, const char* list, const char* kind)
    {
        const json* entries = root.list(list);
        std::set<std::string> names;
        for (std::size_t i = 0; entries != nullptr && i < entries->size(); ++i)
        {
            const json& entry = (*entries)[i];
            const std::string place = std::string(list) + "[" + std::to_string(i) + "]";
            fields outer(entry, "entry " + place);
            const std::string name = outer.text("name");
            const json* value = outer.map(kind);
            if (outer.problem())
            {
                root.refuse(*outer.problem());
                return;
            }
            if (!names.insert(name).second)
            {
                root.refuse(
                    std::string(list) + " has two entries of the name " + quoted(name) + "; remove one"
                );
                return;
            }
            sections_.push_back({name, path, value == nullptr ? &nothing_ : value});
        }
    }

    std::optional<kubeconfig_section> find(const std::string& name) const
    {
        for (const kubeconfig_section& section : sections_)
        {
            if (section.name == name)
            {
                return section;
            }
        }
        return std::nullopt;
    }

    // The names of all entries, for messages.
    std::string names() const
    {
        constexpr std::size_t most = 20;
        std::string text;
        for (std::size_t i = 0; i < sections_.size(); ++i)
        {
            if (i == most)
            {
                return text + ", ...";
            }
            text += (text.empty() ? "" : ", ") + support::clean(sections_[i].name, 64);
        }
        return text.empty() ? "none" : text;
    }

private:
    inline static const json nothing_ = json::object();
    std::vector<kubeconfig_section> sections_;
};

// All files as one configuration. The sections refer to `roots`.
struct merged_files
{
    std::vector<json> roots;
    std::string paths;
    std::string current_context;
    named_sections contexts;
    named_sections clusters;
    named_sections users;
    std::vector<std::string> notices;
};

result<> add_file(const kubeconfig_text& text, merged_files& into)
{
    const std::string source = "kubeconfig " + text.path;
    auto read = yaml_to_json(text.content);
    if (!read)
    {
        return fail(source, read.error());
    }
    const json& root = into.roots.emplace_back(std::move(*read));
    if (!root.is_object() && !root.is_null())
    {
        return invalid(source, "is not a YAML map");
    }
    fields all(root, "file");
    const std::string kind = all.text("kind");
    const std::string version = all.text("apiVersion");
    const std::string current = all.text("current-context");
    into.contexts.add(text.path, all, "contexts", "context");
    into.clusters.add(text.path, all, "clusters", "cluster");
    into.users.add(text.path, all, "users", "user");
    all.ignore("preferences");
    all.ignore("extensions");
    if ((!kind.empty() && kind != "Config") || (!version.empty() && version != "v1"))
    {
        all.refuse(
            "is of kind " + support::clean(kind, 64) + " and apiVersion " + support::clean(version, 64) +
            "; a kubeconfig has kind Config and apiVersion v1"
        );
    }
    if (all.problem())
    {
        return invalid(source, *all.problem());
    }
    if (into.current_context.empty())
    {
        into.current_context = current;
    }
    for (const std::string& key : all.unread())
    {
        into.notices.push_back("the unknown key " + key + " of " + text.path + " has no effect");
    }
    const auto more = has_more_documents(text.content);
    if (!more)
    {
        return fail(source, more.error());
    }
    if (*more)
    {
        into.notices.push_back("of the documents of " + text.path + " the first alone counts");
    }
    return {};
}

result<merged_files> merge(const std::vector<kubeconfig_text>& texts)
{
    merged_files merged;
    merged.roots.reserve(texts.size());
    merged.paths = "kubeconfig ";
    bool has_map = false;
    for (const kubeconfig_text& text : texts)
    {
        merged.paths += (&text == texts.data() ? "" : ":") + text.path;
        if (auto added = add_file(text, merged); !added)
        {
            return std::unexpected(added.error());
        }
        has_map = has_map || merged.roots.back().is_object();
    }
    // One of several files may be empty, but not all.
    if (!has_map)
    {
        return invalid(merged.paths, "is not a YAML map");
    }
    return merged;
}

struct chosen_names
{
    std::string cluster;
    std::string user;
};

result<chosen_names> read_context(const kubeconfig_section& context, config& into)
{
    fields section(*context.value, "context");
    chosen_names names{section.text("cluster"), section.text("user")};
    into.name_space = section.text("namespace");
    section.ignore("extensions");
    if (section.problem())
    {
        return invalid(into.source, *section.problem());
    }
    notice_unread(section, "context", into);
    return names;
}

}  // namespace

result<config> read_kubeconfig(const std::vector<kubeconfig_text>& texts, const std::string& wanted_context)
{
    const auto files = merge(texts);
    if (!files)
    {
        return std::unexpected(files.error());
    }
    const std::string context = wanted_context.empty() ? files->current_context : wanted_context;
    if (context.empty())
    {
        return invalid(
            files->paths, "has no current-context; choose one with --context: " + files->contexts.names()
        );
    }
    const auto chosen_context = files->contexts.find(context);
    if (!chosen_context)
    {
        return invalid(
            files->paths, "has no context " + quoted(context) + "; it has: " + files->contexts.names()
        );
    }
    kube::config merged;
    merged.source = "kubeconfig " + chosen_context->path + ", context " + support::clean(context, 64);
    merged.notices = files->notices;
    const auto names = read_context(*chosen_context, merged);
    if (!names)
    {
        return std::unexpected(names.error());
    }
    const auto cluster = files->clusters.find(names->cluster);
    if (!cluster)
    {
        return invalid(
            merged.source,
            "there is no cluster " + quoted(names->cluster) + "; there are: " + files->clusters.names()
        );
    }
    if (auto read = read_cluster(*cluster, merged); !read)
    {
        return std::unexpected(read.error());
    }
    const auto user = files->users.find(names->user);
    if (!user && names->user.empty())
    {
        if (merged.server.origin.tls)
        {
            merged.notices.emplace_back("the context has no user; requests are anonymous");
        }
        return merged;
    }
    if (!user)
    {
        return invalid(
            merged.source, "there is no user " + quoted(names->user) + "; there are: " + files->users.names()
        );
    }
    if (auto read = read_user(*user, *cluster, merged); !read)
    {
        return std::unexpected(read.error());
    }
    return merged;
}

}  // namespace kube
