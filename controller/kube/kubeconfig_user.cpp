#include "kube/kubeconfig_fields.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

// What a user of a kubeconfig says. docs/compatibility.md has a row for every field.
namespace kube {
namespace {

using nlohmann::json;
using support::result;

constexpr std::string_view exec_extension = "client.authentication.k8s.io/exec";

// The extension that goes to a credential plugin, as JSON.
std::string exec_extension_of(const kubeconfig_section& cluster)
{
    fields section(*cluster.value, "cluster");
    const json* extensions = section.list("extensions");
    for (const json& extension : extensions != nullptr ? *extensions : json::array())
    {
        fields entry(extension, "extension");
        if (entry.text("name") == exec_extension && extension.contains("extension"))
        {
            return extension["extension"].dump(-1, ' ', false, json::error_handler_t::replace);
        }
    }
    return {};
}

void read_exec_environment(fields& exec, exec_plugin& plugin)
{
    const json* entries = exec.list("env");
    for (const json& entry : entries != nullptr ? *entries : json::array())
    {
        fields variable(entry, "env of the plugin");
        const std::string name = variable.text("name");
        const std::string value = variable.text("value");
        if (variable.problem())
        {
            exec.refuse(*variable.problem());
        }
        if (name.empty() || name.contains('=') || name.contains('\0') || value.contains('\0'))
        {
            exec.refuse(
                "an entry of env of the plugin has no good name; write it as {name: NAME, value: VALUE}"
            );
            return;
        }
        plugin.environment.emplace_back(name, value);
    }
}

exec_plugin read_exec(fields& exec, const kubeconfig_section& user, bool tls)
{
    exec_plugin plugin;
    plugin.api_version = exec.text("apiVersion");
    plugin.command = exec.text("command");
    if (plugin.command.contains('/'))
    {
        plugin.command = from_folder_of(user.path, plugin.command);
    }
    plugin.arguments = exec.texts("args");
    plugin.install_hint = support::clean(exec.text("installHint"), 512);
    plugin.provide_cluster_info = exec.flag("provideClusterInfo");
    read_exec_environment(exec, plugin);
    std::string mode = exec.text("interactiveMode");
    const bool v1 = plugin.api_version == "client.authentication.k8s.io/v1";
    const bool beta = plugin.api_version == "client.authentication.k8s.io/v1beta1";
    if (plugin.command.empty())
    {
        exec.refuse("command of exec is missing; add the program that prints the credential");
    }
    if (plugin.api_version.empty())
    {
        exec.refuse("apiVersion of exec is missing; add client.authentication.k8s.io/v1");
    }
    if (tls && !v1 && !beta)
    {
        exec.refuse(
            "apiVersion " + support::clean(plugin.api_version, 64) +
            " of exec is not supported; use client.authentication.k8s.io/v1 or "
            "client.authentication.k8s.io/v1beta1"
        );
    }
    if (mode.empty() && !v1)
    {
        mode = "IfAvailable";
    }
    if (mode != "Never" && mode != "IfAvailable" && mode != "Always")
    {
        exec.refuse("interactiveMode of exec must be Never or IfAvailable");
    }
    if (tls && mode == "Always")
    {
        exec.refuse(
            "interactiveMode of exec is Always, but nobody can answer a plugin here; use Never with a plugin "
            "that "
            "asks nobody"
        );
    }
    return plugin;
}

std::string way_out_of(const std::string& provider)
{
    if (provider == "gcp")
    {
        return "run gcloud container clusters get-credentials, which writes an exec plugin "
               "(gke-gcloud-auth-plugin)";
    }
    if (provider == "azure")
    {
        return "run kubelogin convert-kubeconfig, which writes an exec plugin";
    }
    if (provider == "oidc")
    {
        return "write an exec plugin that speaks OpenID Connect, such as kubectl oidc-login";
    }
    return "use exec, client-certificate and client-key, token or tokenFile";
}

// Text that may stand in a header (RFC 9110 section 5.5).
bool fits_header(const std::string& text)
{
    return std::ranges::all_of(text, [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    });
}

impersonation read_impersonation(fields& section)
{
    impersonation as;
    as.user = section.text("as");
    as.uid = section.text("as-uid");
    as.groups = section.texts("as-groups");
    const json* extra = section.map("as-user-extra");
    const json none = json::object();
    fields extras(extra != nullptr ? *extra : none, "as-user-extra");
    for (const auto& [key, values] : (extra != nullptr ? *extra : none).items())
    {
        as.extra.emplace_back(key, extras.texts(key));
    }
    if (extras.problem())
    {
        section.refuse(*extras.problem());
    }
    bool fits = fits_header(as.user) && fits_header(as.uid) && std::ranges::all_of(as.groups, fits_header);
    for (const auto& [key, values] : as.extra)
    {
        fits = fits && !key.empty() && std::ranges::all_of(values, fits_header);
    }
    if (!fits)
    {
        section.refuse("as, as-uid, as-groups or as-user-extra holds characters that a header cannot have");
    }
    if (as.user.empty() && (!as.uid.empty() || !as.groups.empty() || !as.extra.empty()))
    {
        section.refuse("as-uid, as-groups and as-user-extra need the user of as; add as");
    }
    return as;
}

void read_client_certificate(fields& section, const kubeconfig_section& user, config& into)
{
    into.client_certificate = data_or_file(section, "client-certificate", user.path);
    into.client_key = data_or_file(section, "client-key", user.path);
    if (into.client_certificate.empty() != into.client_key.empty())
    {
        section.refuse("client-certificate and client-key belong together; one of them is missing");
    }
}

void read_login(fields& section, const kubeconfig_section& user, config& into)
{
    into.token.file = from_folder_of(user.path, section.text("tokenFile"));
    into.token.text = support::secret(section.text("token"));
    into.username = section.text("username");
    into.password = support::secret(section.text("password"));
    if (into.username.empty() && !into.password.empty())
    {
        section.refuse("the user has a password, but no username; add it or remove the password");
    }
    if (!into.username.empty() && !into.token.empty())
    {
        section.refuse("the user has a token and a username; remove one of them");
    }
}

}  // namespace

result<> read_user(const kubeconfig_section& user, const kubeconfig_section& cluster, config& into)
{
    fields section(*user.value, "user");
    const bool tls = into.server.origin.tls;
    read_client_certificate(section, user, into);
    read_login(section, user, into);
    into.as = read_impersonation(section);
    section.ignore("extensions");
    const json* provider = section.map("auth-provider");
    const json* exec = section.map("exec");
    if (provider != nullptr && (tls || exec != nullptr))
    {
        fields provided(*provider, "auth-provider");
        section.refuse(
            "the user has auth-provider, which is not supported; " + way_out_of(provided.text("name"))
        );
    }
    if (exec != nullptr)
    {
        fields plugin(*exec, "exec");
        into.exec = read_exec(plugin, user, tls);
        if (plugin.problem())
        {
            section.refuse(*plugin.problem());
        }
        notice_unread(plugin, "exec", into);
        into.exec->cluster_config = exec_extension_of(cluster);
    }
    if (section.problem())
    {
        return invalid(into, *section.problem());
    }
    notice_unread(section, "user", into);
    const bool other = !into.token.empty() || !into.username.empty() || !into.client_certificate.empty();
    if (into.exec && other)
    {
        into.exec.reset();
        into.notices.emplace_back("exec has no effect, because the user has another credential");
    }
    const bool has_credential = other || into.exec || provider != nullptr;
    if (has_credential && !tls)
    {
        into.notices.push_back(
            "no credential is sent, because " + into.server.str() + " is plain http; for TLS write https://"
        );
    }
    if (!has_credential && tls)
    {
        into.notices.emplace_back("the user has no credential; requests are anonymous");
    }
    return {};
}

}  // namespace kube
