#include "kube/config.hpp"

#include "support/text.hpp"

#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

namespace kube {
namespace {

using support::errc;
using support::fail;
using support::result;

constexpr std::size_t largest_file = 1 << 20;
const std::string account_folder = "/var/run/secrets/kubernetes.io/serviceaccount/";

std::unexpected<support::error> invalid(const std::string& where, const std::string& what)
{
    return fail(errc::invalid, where + ": " + what);
}

// One kubeconfig file. Anchors and aliases are refused before parsing could multiply them: no tool writes
// them.
struct kubeconfig_file
{
    std::string path;
    YAML::Node root;
};

bool looks_like_alias_bomb(const std::string& text)
{
    std::size_t aliases = 0;
    for (std::size_t i = 1; i < text.size(); ++i)
    {
        const bool starts_value = text[i - 1] == ' ' || text[i - 1] == '[' || text[i - 1] == ',';
        aliases += text[i] == '*' && starts_value ? 1 : 0;
    }
    return aliases > 100;
}

result<kubeconfig_file> parse_file(const std::string& path, const std::string& text)
{
    if (looks_like_alias_bomb(text))
    {
        return invalid("kubeconfig " + path, "has too many YAML aliases");
    }
    try
    {
        kubeconfig_file file{path, YAML::Load(text)};
        if (!file.root.IsMap())
        {
            return invalid("kubeconfig " + path, "is not a YAML map");
        }
        return file;
    }
    catch (const YAML::Exception& e)
    {
        // The parser's own text may quote the file, and with it a token.
        return invalid("kubeconfig " + path, "is not YAML (line " + std::to_string(e.mark.line + 1) + ")");
    }
}

std::string text_of(const YAML::Node& map, const char* key)
{
    const YAML::Node node = map.IsMap() ? map[key] : YAML::Node();
    return node && node.IsScalar() ? node.Scalar() : std::string();
}

std::string folder_of(const std::string& path)
{
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

// Relative paths are meant from the file that names them.
std::string absolute(const std::string& path, const std::string& named_in)
{
    return path.empty() || path.starts_with('/') ? path : folder_of(named_in) + path;
}

struct found_entry
{
    std::string path;  // of the file that has it
    YAML::Node value;
};

// The entry `name` of the list `list`, whose content is under `kind`; the first file that has it wins, as
// kubectl merges.
std::optional<found_entry> find_entry(
    const std::vector<kubeconfig_file>& files, const char* list, const char* kind, const std::string& name
)
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
            if (text_of(entry, "name") == name && entry[kind] && entry[kind].IsMap())
            {
                return found_entry{file.path, entry[kind]};
            }
        }
    }
    return std::nullopt;
}

std::string known_names(const std::vector<kubeconfig_file>& files, const char* list)
{
    std::string names;
    for (const kubeconfig_file& file : files)
    {
        const YAML::Node entries = file.root[list];
        if (!entries || !entries.IsSequence())
        {
            continue;
        }
        for (const YAML::Node& entry : entries)
        {
            names += (names.empty() ? "" : ", ") + support::clean(text_of(entry, "name"), 64);
        }
    }
    return names.empty() ? "none" : names;
}

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> decode_base64(const std::string& text)
{
    std::string decoded;
    std::uint32_t bits = 0;
    int have = 0;
    for (char c : text)
    {
        if (c == '=' || c == '\n' || c == '\r' || c == ' ')
        {
            continue;
        }
        const auto value = base64_alphabet.find(c);
        if (value == std::string_view::npos)
        {
            return std::nullopt;
        }
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        have += 6;
        if (have >= 8)
        {
            have -= 8;
            decoded += static_cast<char>(bits >> have & 0xFF);
        }
    }
    return decoded;
}

// "<key>-data" inline in base64, or <key> as a path.
result<text_or_file> data_or_file(const found_entry& entry, const std::string& key, const std::string& where)
{
    text_or_file value;
    const std::string data = text_of(entry.value, (key + "-data").c_str());
    if (!data.empty())
    {
        auto decoded = decode_base64(data);
        if (!decoded || decoded->empty())
        {
            return invalid(where, key + "-data is not base64");
        }
        value.text = support::secret(std::move(*decoded));
        return value;
    }
    value.file = absolute(text_of(entry.value, key.c_str()), entry.path);
    return value;
}

result<> read_cluster(const found_entry& cluster, const std::string& where, config& into)
{
    const std::string server = text_of(cluster.value, "server");
    if (server.empty())
    {
        return invalid(where, "the cluster has no server");
    }
    auto url = net::parse_url(server);
    if (!url)
    {
        return invalid(where, "server: " + url.error().message);
    }
    if (text_of(cluster.value, "insecure-skip-tls-verify") == "true")
    {
        return invalid(
            where,
            "insecure-skip-tls-verify is not supported; give the cluster's certificate-authority instead"
        );
    }
    if (!text_of(cluster.value, "proxy-url").empty())
    {
        return invalid(where, "proxy-url is not supported");
    }
    auto ca = data_or_file(cluster, "certificate-authority", where);
    if (!ca)
    {
        return std::unexpected(ca.error());
    }
    into.server = std::move(*url);
    into.ca = std::move(*ca);
    into.tls_server_name = text_of(cluster.value, "tls-server-name");
    return {};
}

result<> read_user(const found_entry& user, const std::string& where, config& into)
{
    for (const char* unsupported : {"exec", "auth-provider", "username"})
    {
        if (user.value[unsupported])
        {
            return invalid(
                where,
                "the user has " + std::string(unsupported) +
                    ", which is not supported; use a client certificate, token or tokenFile"
            );
        }
    }
    auto certificate = data_or_file(user, "client-certificate", where);
    auto key = data_or_file(user, "client-key", where);
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
        return invalid(where, "client-certificate and client-key belong together; one of them is missing");
    }
    into.client_certificate = std::move(*certificate);
    into.client_key = std::move(*key);
    into.token.text = support::secret(text_of(user.value, "token"));
    into.token.file = absolute(text_of(user.value, "tokenFile"), user.path);
    return {};
}

result<config> from_files(
    const std::vector<kubeconfig_file>& files, const std::string& wanted_context, const std::string& names
)
{
    std::string context = wanted_context;
    for (const kubeconfig_file& file : files)
    {
        context = context.empty() ? text_of(file.root, "current-context") : context;
    }
    if (context.empty())
    {
        return invalid(
            "kubeconfig " + names,
            "has no current-context; choose one with --context: " + known_names(files, "contexts")
        );
    }
    const auto found = find_entry(files, "contexts", "context", context);
    if (!found)
    {
        return invalid(
            "kubeconfig " + names,
            "has no context \"" + context + "\"; it has: " + known_names(files, "contexts")
        );
    }
    config made;
    made.source = "kubeconfig " + found->path + ", context " + context;
    const std::string cluster_name = text_of(found->value, "cluster");
    const std::string user_name = text_of(found->value, "user");
    const auto cluster = find_entry(files, "clusters", "cluster", cluster_name);
    if (!cluster)
    {
        return invalid(made.source, "there is no cluster \"" + cluster_name + "\"");
    }
    if (auto read = read_cluster(*cluster, made.source, made); !read)
    {
        return std::unexpected(read.error());
    }
    if (user_name.empty())
    {
        return made;
    }
    const auto user = find_entry(files, "users", "user", user_name);
    if (!user)
    {
        return invalid(made.source, "there is no user \"" + user_name + "\"");
    }
    if (auto read = read_user(*user, made.source, made); !read)
    {
        return std::unexpected(read.error());
    }
    return made;
}

std::vector<std::string> split_paths(const std::string& list)
{
    std::vector<std::string> paths;
    std::stringstream stream(list);
    for (std::string path; std::getline(stream, path, ':');)
    {
        if (!path.empty())
        {
            paths.push_back(path);
        }
    }
    return paths;
}

result<config> in_cluster(const std::string& host, const std::string& port, const file_reader& read)
{
    config made;
    made.source = "in-cluster service account";
    const bool v6 = host.find(':') != std::string::npos;
    auto url = net::parse_url("https://" + (v6 ? "[" + host + "]" : host) + ":" + port);
    if (!url)
    {
        return invalid(made.source, "KUBERNETES_SERVICE_HOST and _PORT: " + url.error().message);
    }
    made.server = std::move(*url);
    made.ca.file = account_folder + "ca.crt";
    made.token.file = account_folder + "token";
    for (const std::string& path : {made.ca.file, made.token.file})
    {
        if (auto content = read(path); !content)
        {
            return fail(made.source, content.error());
        }
    }
    return made;
}

}  // namespace

result<std::string> read_machine_file(const std::string& path)
{
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string content;
    if (file)
    {
        content.resize(largest_file + 1);
        file.read(content.data(), static_cast<std::streamsize>(content.size()));
        content.resize(static_cast<std::size_t>(file.gcount()));
    }
    if (!file.eof() && (!file || content.size() <= largest_file))
    {
        return invalid(path, std::strerror(errno == 0 ? EIO : errno));
    }
    if (content.size() > largest_file)
    {
        return invalid(path, "is larger than 1 MiB");
    }
    return content;
}

result<config> load_config(const config_request& request, const environment& env, const file_reader& read)
{
    std::vector<std::string> paths;
    const bool explicit_file = !request.kubeconfig.empty();
    std::string names = request.kubeconfig;
    if (explicit_file)
    {
        paths = {request.kubeconfig};
    }
    else if (const auto variable = env("KUBECONFIG"); variable && !variable->empty())
    {
        names = *variable;
        paths = split_paths(names);
    }
    else
    {
        const auto host = env("KUBERNETES_SERVICE_HOST");
        const auto port = env("KUBERNETES_SERVICE_PORT");
        if (host && port && !host->empty() && !port->empty())
        {
            return in_cluster(*host, *port, read);
        }
        names = env("HOME").value_or("") + "/.kube/config";
        paths = {names};
    }
    std::vector<kubeconfig_file> files;
    std::optional<support::error> first_failure;
    for (const std::string& path : paths)
    {
        const auto content = read(path);
        if (!content)
        {
            first_failure = first_failure ? first_failure : content.error();
            continue;
        }
        auto parsed = parse_file(path, *content);
        if (!parsed)
        {
            return std::unexpected(parsed.error());
        }
        files.push_back(std::move(*parsed));
    }
    if (files.empty())
    {
        return fail(
            errc::invalid,
            "no kubeconfig: " +
                (first_failure ? first_failure->message : std::string("KUBECONFIG names no file")) +
                "; give one with --kubeconfig or KUBECONFIG"
        );
    }
    return from_files(files, request.context, names);
}

}  // namespace kube
