#include "kube/exec_plugin.hpp"

#include "kube/yaml_json.hpp"
#include "support/base64.hpp"
#include "support/rfc3339.hpp"
#include "support/text.hpp"

#include <nlohmann/json.hpp>

namespace kube {
namespace {

using nlohmann::json;
using support::errc;
using support::fail;
using support::result;

// YAML is read too, because kubectl reads it.
result<json> parse(const std::string& printed)
{
    json parsed = json::parse(printed, nullptr, false);
    if (!parsed.is_discarded())
    {
        return parsed;
    }
    return yaml_to_json(printed);
}

// Text behind the document. kubectl refuses it, too.
bool has_text_behind(const std::string& printed)
{
    return !json::accept(printed) && has_more_documents(printed).value_or(true);
}

std::string text_at(const json& map, const char* key)
{
    const auto found = map.find(key);
    return found != map.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_text_or_missing(const json& map, const char* key)
{
    const auto found = map.find(key);
    return found == map.end() || found->is_string() || found->is_null();
}

}  // namespace

std::string exec_info(const exec_plugin& plugin, const exec_cluster& cluster)
{
    json spec{{"interactive", false}};
    if (plugin.provide_cluster_info)
    {
        json& told = spec["cluster"];
        told["server"] = cluster.server;
        const auto add = [&told](const char* key, const std::string& value) {
            if (!value.empty())
            {
                told[key] = value;
            }
        };
        add("tls-server-name", cluster.tls_server_name);
        add("certificate-authority-data", support::encode_base64(cluster.ca_pem));
        add("proxy-url", cluster.proxy_url);
        if (cluster.disable_compression)
        {
            told["disable-compression"] = true;
        }
        told["config"] = plugin.cluster_config.empty() ? json(nullptr)
                                                       : json::parse(plugin.cluster_config, nullptr, false);
    }
    const json info{
        {"kind", "ExecCredential"}, {"apiVersion", plugin.api_version}, {"spec", std::move(spec)}
    };
    return info.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<exec_credential> decode_exec_credential(const exec_plugin& plugin, const std::string& printed)
{
    const auto invalid = [](std::string why) { return fail(errc::invalid, std::move(why)); };
    const auto parsed = parse(printed);
    if (!parsed || !parsed->is_object() || text_at(*parsed, "kind") != "ExecCredential")
    {
        return invalid("printed no ExecCredential");
    }
    if (has_text_behind(printed))
    {
        return invalid("printed text behind its ExecCredential; it must print messages on standard error");
    }
    if (const auto version = text_at(*parsed, "apiVersion"); version != plugin.api_version)
    {
        return invalid(
            "printed an ExecCredential of " + support::clean(version, 64) +
            ", but its apiVersion in the kubeconfig is " + support::clean(plugin.api_version, 64)
        );
    }
    const auto status = parsed->find("status");
    if (status == parsed->end() || !status->is_object())
    {
        return invalid("printed an ExecCredential without status");
    }
    for (const char* key : {"token", "clientCertificateData", "clientKeyData", "expirationTimestamp"})
    {
        if (!is_text_or_missing(*status, key))
        {
            return invalid("printed a status whose " + std::string(key) + " is no text");
        }
    }
    exec_credential credential;
    credential.token = support::secret(text_at(*status, "token"));
    credential.certificate_pem = text_at(*status, "clientCertificateData");
    credential.key_pem = support::secret(text_at(*status, "clientKeyData"));
    if (credential.certificate_pem.empty() != credential.key_pem.empty())
    {
        return invalid("printed only one of clientCertificateData and clientKeyData");
    }
    if (credential.token.empty() && credential.key_pem.empty())
    {
        return invalid("printed neither a token nor a client certificate");
    }
    if (const auto expires = text_at(*status, "expirationTimestamp"); !expires.empty())
    {
        credential.expires = support::parse_rfc3339(expires);
        if (!credential.expires)
        {
            return invalid("printed an expirationTimestamp that is no time (RFC 3339)");
        }
    }
    return credential;
}

}  // namespace kube
