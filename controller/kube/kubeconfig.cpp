#include "kube/kubeconfig.hpp"

#include "support/base64.hpp"
#include "support/text.hpp"

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string_view>
#include <utility>

namespace kube {
namespace {

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

// Aliases of YAML are harmless here, because yaml-cpp shares their nodes instead of copying them, and no
// function descends deeper than the known keys.
struct kubeconfig_file
{
    std::string path;
    YAML::Node root;
};

result<kubeconfig_file> parse_file(const kubeconfig_text& text)
{
    const std::string source = "kubeconfig " + text.path;
    try
    {
        kubeconfig_file file{text.path, YAML::Load(text.content)};
        if (!file.root.IsMap())
        {
            return invalid(source, "is not a YAML map");
        }
        return file;
    }
    catch (const YAML::Exception& e)
    {
        // The message of the parser is not used, because it may quote the file, and with it a token.
        return invalid(source, "is not YAML (line " + std::to_string(e.mark.line + 1) + ")");
    }
}

// Empty if the key is missing or its value is not a text.
std::string text_of(const YAML::Node& map, const std::string& key)
{
    const YAML::Node node = map[key];
    return node && node.IsScalar() ? node.Scalar() : std::string();
}

bool has(const YAML::Node& map, const char* key)
{
    const YAML::Node node = map[key];
    return node && !node.IsNull() && !(node.IsScalar() && node.Scalar().empty());
}

// A part of the configuration, with the file that its relative paths start from.
struct section
{
    std::string path;  // of the file that holds this section
    YAML::Node value;  // a map

    std::string file_at(const std::string& key) const
    {
        const std::string file = text_of(value, key);
        const auto slash = path.rfind('/');
        const bool as_it_is = file.empty() || file.starts_with('/') || slash == std::string::npos;
        return as_it_is ? file : path.substr(0, slash + 1) + file;
    }
};

// The named entries of the list `list`; the content of an entry stands under `kind`.
class named_sections
{
public:
    named_sections(const std::vector<kubeconfig_file>& files, const char* list, const char* kind)
    {
        for (const kubeconfig_file& file : files)
        {
            const YAML::Node entries = file.root[list];
            if (!entries || !entries.IsSequence())
            {
                continue;
            }
            for (const YAML::Node& entry : entries)
            {
                if (entry.IsMap() && has(entry, "name") && entry[kind] && entry[kind].IsMap())
                {
                    sections_.emplace_back(text_of(entry, "name"), section{file.path, entry[kind]});
                }
            }
        }
    }

    std::optional<section> find(const std::string& name) const
    {
        for (const auto& [entry_name, value] : sections_)
        {
            if (entry_name == name)
            {
                return value;
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
            text += (text.empty() ? "" : ", ") + support::clean(sections_[i].first, 64);
        }
        return text.empty() ? "none" : text;
    }

private:
    std::vector<std::pair<std::string, section>> sections_;
};

// Reads "<key>-data", which is base64, or <key>, which is a path.
result<text_or_file> data_or_file(const section& section, const std::string& key, const std::string& source)
{
    text_or_file value;
    std::string data = text_of(section.value, key + "-data");
    if (data.empty())
    {
        value.file = section.file_at(key);
        return value;
    }
    std::erase_if(data, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
    auto decoded = support::decode_base64(data);
    if (!decoded || decoded->empty())
    {
        return invalid(
            source, key + "-data is not base64; write the PEM text in base64, or its path as " + key
        );
    }
    value.text = support::secret(std::move(*decoded));
    return value;
}

result<> read_cluster(const section& cluster, const std::string& source, config& into)
{
    const std::string server = text_of(cluster.value, "server");
    if (server.empty())
    {
        return invalid(
            source, "server of the cluster is missing; add its URL, such as https://10.0.0.1:6443"
        );
    }
    auto url = net::parse_url(server);
    if (!url)
    {
        return invalid(source, "server: " + url.error().message);
    }
    const YAML::Node insecure = cluster.value["insecure-skip-tls-verify"];
    if (insecure && insecure.as<bool>(false))
    {
        return invalid(
            source,
            "insecure-skip-tls-verify is not supported; give the cluster's certificate-authority instead"
        );
    }
    if (has(cluster.value, "proxy-url") && !cluster.value["proxy-url"].IsScalar())
    {
        return invalid(source, "proxy-url is not a text; write it as http://proxy.example:3128");
    }
    auto ca = data_or_file(cluster, "certificate-authority", source);
    if (!ca)
    {
        return std::unexpected(ca.error());
    }
    into.server = std::move(*url);
    into.ca = std::move(*ca);
    into.tls_server_name = text_of(cluster.value, "tls-server-name");
    into.proxy_url = support::secret(text_of(cluster.value, "proxy-url"));
    return {};
}

result<> read_user(const section& user, const std::string& source, config& into)
{
    for (const char* unsupported :
         {"exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"})
    {
        if (has(user.value, unsupported))
        {
            return invalid(
                source,
                "the user has " + std::string(unsupported) +
                    ", which is not supported; use client-certificate and client-key, token or tokenFile"
            );
        }
    }
    auto certificate = data_or_file(user, "client-certificate", source);
    auto key = data_or_file(user, "client-key", source);
    if (!certificate)
    {
        return std::unexpected(certificate.error());
    }
    if (!key)
    {
        return std::unexpected(key.error());
    }
    if (certificate->empty() != key->empty())
    {
        return invalid(source, "client-certificate and client-key belong together; one of them is missing");
    }
    into.client_certificate = std::move(*certificate);
    into.client_key = std::move(*key);
    into.token.file = user.file_at("tokenFile");
    // The file wins over the token, as in client-go.
    if (into.token.file.empty())
    {
        into.token.text = support::secret(text_of(user.value, "token"));
    }
    return {};
}

}  // namespace

result<config> read_kubeconfig(const std::vector<kubeconfig_text>& texts, const std::string& wanted_context)
{
    std::vector<kubeconfig_file> files;
    std::string all_paths = "kubeconfig ";
    std::string context = wanted_context;
    for (const kubeconfig_text& text : texts)
    {
        auto file = parse_file(text);
        if (!file)
        {
            return std::unexpected(file.error());
        }
        context = context.empty() ? text_of(file->root, "current-context") : context;
        all_paths += (files.empty() ? "" : ":") + text.path;
        files.push_back(std::move(*file));
    }
    const named_sections contexts(files, "contexts", "context");
    if (context.empty())
    {
        return invalid(all_paths, "has no current-context; choose one with --context: " + contexts.names());
    }
    const auto chosen_context = contexts.find(context);
    if (!chosen_context)
    {
        return invalid(all_paths, "has no context " + quoted(context) + "; it has: " + contexts.names());
    }
    kube::config merged;
    merged.source = "kubeconfig " + chosen_context->path + ", context " + support::clean(context, 64);

    const named_sections clusters(files, "clusters", "cluster");
    const std::string cluster_name = text_of(chosen_context->value, "cluster");
    const auto cluster = clusters.find(cluster_name);
    if (!cluster)
    {
        return invalid(
            merged.source, "there is no cluster " + quoted(cluster_name) + "; there are: " + clusters.names()
        );
    }
    if (auto read = read_cluster(*cluster, merged.source, merged); !read)
    {
        return std::unexpected(read.error());
    }
    const named_sections users(files, "users", "user");
    const std::string user_name = text_of(chosen_context->value, "user");
    if (user_name.empty())
    {
        return merged;
    }
    const auto user = users.find(user_name);
    if (!user)
    {
        return invalid(
            merged.source, "there is no user " + quoted(user_name) + "; there are: " + users.names()
        );
    }
    if (auto read = read_user(*user, merged.source, merged); !read)
    {
        return std::unexpected(read.error());
    }
    return merged;
}

}  // namespace kube
