#include "kube/kubeconfig_fields.hpp"
#include "support/text.hpp"

#include <sstream>
#include <utility>

// What a cluster of a kubeconfig says. docs/compatibility.md has a row for every field.
namespace kube {
namespace {

using support::errc;
using support::result;

// Without empty and dot segments, as client-go sends it.
std::string clean_path(const std::string& path)
{
    std::vector<std::string> kept;
    std::istringstream segments(path);
    for (std::string segment; std::getline(segments, segment, '/');)
    {
        if (segment == ".." && !kept.empty())
        {
            kept.pop_back();
        }
        else if (!segment.empty() && segment != "." && segment != "..")
        {
            kept.push_back(segment);
        }
    }
    std::string cleaned;
    for (const std::string& segment : kept)
    {
        cleaned += "/" + segment;
    }
    return cleaned;
}

// Host and port alone get http://, as in client-go. A query has no effect.
result<net::url> parse_server(const std::string& server, config& into)
{
    const bool has_scheme = server.contains("://");
    const auto slash = server.find('/');
    if (!has_scheme && slash != std::string::npos && slash + 1 < server.size())
    {
        return support::fail(
            errc::invalid,
            "\"" + support::clean(server) + "\" has no scheme; write it as https://host:6443/path"
        );
    }
    auto url = net::parse_url(has_scheme ? server : "http://" + server);
    if (url && !url->query.empty())
    {
        url->query.clear();
        into.notices.emplace_back("the query (?...) of server has no effect");
    }
    if (url)
    {
        url->path = clean_path(url->path);
    }
    if (url && !has_scheme)
    {
        into.notices.push_back(
            "server has no scheme, so it is reached by " + url->str() +
            ", as by kubectl; for TLS write https://"
        );
    }
    return url;
}

// "kubectl --kubeconfig FILE config set-cluster NAME"; words that a shell would not take as they are stay
// placeholders.
std::string set_cluster(const kubeconfig_section& cluster)
{
    const auto word = [](const std::string& text, const std::string& placeholder) {
        const bool plain =
            text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:@/") ==
            std::string::npos;
        return plain && !text.empty() ? text : placeholder;
    };
    return "kubectl --kubeconfig " + word(cluster.path, "FILE") + " config set-cluster " +
           word(cluster.name, "CLUSTER");
}

// How to trust a server that nobody has vouched for yet.
std::string how_to_pin(const net::url& server, const kubeconfig_section& cluster)
{
    const bool v6 = server.origin.host.contains(':');
    const std::string host = v6 ? "[" + server.origin.host + "]" : server.origin.host;
    return "openssl s_client -connect " + host + ":" + std::to_string(server.origin.port) +
           " </dev/null | openssl x509 >server.pem; compare its fingerprint with the server's; " +
           set_cluster(cluster) +
           " --certificate-authority=server.pem --embed-certs --insecure-skip-tls-verify=false";
}

}  // namespace

result<> read_cluster(const kubeconfig_section& cluster, config& into)
{
    fields section(*cluster.value, "cluster");
    const std::string server = section.text("server");
    into.ca = data_or_file(section, "certificate-authority", cluster.path);
    into.tls_server_name = section.text("tls-server-name");
    into.disable_compression = section.flag("disable-compression");
    const bool insecure = section.flag("insecure-skip-tls-verify");
    into.proxy_url = support::secret(section.text("proxy-url"));
    section.list("extensions");
    if (section.problem())
    {
        return invalid(into, *section.problem());
    }
    notice_unread(section, "cluster", into);
    if (server.empty())
    {
        return invalid(into, "server of the cluster is missing; add its URL, such as https://10.0.0.1:6443");
    }
    auto url = parse_server(server, into);
    if (!url)
    {
        return invalid(into, "server: " + url.error().message);
    }
    if (insecure && url->origin.tls)
    {
        const std::string way_out =
            into.ca.empty()
                ? "trust its certificate instead: " + how_to_pin(*url, cluster)
                : "remove insecure-skip-tls-verify, because the cluster has its CA: " + set_cluster(cluster) +
                      " --insecure-skip-tls-verify=false";
        return invalid(
            into,
            "insecure-skip-tls-verify is not supported, because anybody could answer for the server; " +
                way_out
        );
    }
    into.server = std::move(*url);
    into.server_text = server.substr(0, server.find_first_of("?#"));
    return {};
}

}  // namespace kube
