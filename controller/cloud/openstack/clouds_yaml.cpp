#include "cloud/openstack/clouds_yaml.hpp"

#include "cloud/openstack/entry_keys.hpp"
#include "cloud/openstack/entry_login.hpp"
#include "cloud/openstack/entry_reader.hpp"
#include "cloud/openstack/entry_service.hpp"
#include "net/certificates/sha256.hpp"
#include "net/certificates/x509.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace cloud::openstack {
namespace {

using support::errc;
using support::fail;
using support::result;

net::url read_keystone(entry_reader& entry)
{
    auto url = entry.auth_url_of("auth_url");
    if (!url)
    {
        entry.note("auth.auth_url is missing; add Keystone's URL, such as https://keystone.example/v3");
        return {};
    }
    if (url->path.ends_with("/v2.0"))
    {
        entry.note("auth.auth_url names Keystone's API v2.0; only v3 exists today, let the URL end with /v3");
    }
    if (!url->path.ends_with("/v3"))
    {
        url->path += "/v3";
    }
    return *url;
}

// Reads an interface or a list of them: "public" for public and publicURL. Empty if there is none.
std::vector<std::string> read_interfaces(entry_reader& entry, const char* key)
{
    auto words = entry.root_list(key);
    for (auto& word : words)
    {
        if (word.ends_with("URL"))
        {
            word.resize(word.size() - 3);
        }
        if (word != "public" && word != "internal" && word != "admin")
        {
            entry.note(std::string(key) + " is not known; use public, internal or admin");
        }
    }
    return words;
}

std::optional<net::url> read_endpoint(entry_reader& entry, const char* key, const char* older_key)
{
    auto url = entry.root_url_of(key);
    return url ? url : entry.root_url_of(older_key);
}

// The controller speaks one version of each API.
void require_version(entry_reader& entry, const char* key, char spoken)
{
    std::string version = entry.root(key);
    if (version.starts_with('v'))
    {
        version.erase(0, 1);
    }
    if (!version.empty() && version != std::string(1, spoken) &&
        !version.starts_with(std::string(1, spoken) + "."))
    {
        entry.note(
            std::string(key) + " is not supported; the controller speaks version " + spoken + ", remove it"
        );
    }
}

void read_endpoints(entry_reader& entry, cloud_entry& read)
{
    if (auto words = read_interfaces(entry, "interface"); !words.empty())
    {
        read.interfaces = std::move(words);
    }
    read.load_balancer_interfaces = read_interfaces(entry, "load_balancer_interface");
    read.key_manager_interfaces = read_interfaces(entry, "key_manager_interface");
    read.load_balancer_endpoint =
        read_endpoint(entry, "load_balancer_endpoint_override", "load_balancer_endpoint");
    read.key_manager_endpoint = read_endpoint(entry, "key_manager_endpoint_override", "key_manager_endpoint");
    require_version(entry, "load_balancer_api_version", '2');
    require_version(entry, "key_manager_api_version", '1');
}

bool uses_tls(const cloud_entry& read)
{
    const auto is_tls = [](const std::optional<net::url>& url) { return url && url->origin.tls; };
    return read.keystone.origin.tls || is_tls(read.load_balancer_endpoint) ||
           is_tls(read.key_manager_endpoint) ||
           (read.federated &&
            (is_tls(read.federated->discovery_endpoint) || is_tls(read.federated->token_endpoint)));
}

// The keys that turn the verification off have no effect where there is no TLS.
void require_verification(entry_reader& entry, const cloud_entry& read)
{
    const bool insecure = entry_reader::flag_of(entry.root("insecure")).value_or(false);
    const bool unverified = !entry_reader::flag_of(entry.root("verify")).value_or(true);
    if ((!insecure && !unverified) || !uses_tls(read))
    {
        return;
    }
    const std::string line = unverified ? "verify: false" : "insecure: true";
    const auto& origin = read.keystone.origin;
    std::string pin;
    if (!entry.entry().untrusted && origin.tls)
    {
        pin = ", or the server's own certificate, which this command prints: openssl s_client -connect " +
              origin.host + ":" + std::to_string(origin.port) + " </dev/null | openssl x509";
    }
    entry.note("TLS is always verified; remove " + line + " and give the cloud's CA with cacert" + pin);
}

void require_known_keys(entry_reader& entry, cloud_entry& read)
{
    for (const auto& [key, unused] : entry.entry().root)
    {
        const auto meaning = meaning_of(key);
        if (meaning.use == key_use::refused)
        {
            entry.note(key + " " + std::string(meaning.way_out));
        }
        else if (meaning.use == key_use::unknown)
        {
            read.unknown_keys.push_back(support::clean(key, 64));
        }
    }
}

// The content of the file that `key` names as `path`.
result<std::string> read_named_file(
    const written_entry& entry, const std::string& key, const std::string& path, const file_reader& read_file
)
{
    if (path.starts_with("-----BEGIN"))
    {
        return fail(errc::invalid, entry.label + ": " + key + " must be the path of a file, not its content");
    }
    auto content = read_file(path);
    return content ? content : fail(entry.label + ": " + key, content.error());
}

// The path of the file with the trusted certificates, and the key that names it.
std::pair<std::string, std::string> ca_file(entry_reader& keys, const entry_sources& sources)
{
    if (std::string path = keys.root("cacert"); !path.empty())
    {
        return {"cacert", path};
    }
    std::string verify = keys.root("verify");
    if (!verify.empty() && !entry_reader::flag_of(verify))
    {
        return {"verify", verify};
    }
    return {sources.authorities_variable, sources.authorities};
}

// The file with the trusted certificates; empty if the entry has none.
result<std::string> read_authorities(
    const written_entry& entry, const entry_sources& sources, const file_reader& read_file
)
{
    entry_reader keys(entry);
    const auto [key, path] = ca_file(keys, sources);
    if (keys.failed())
    {
        return keys.error();
    }
    if (path.empty())
    {
        return std::string();
    }
    auto pem = read_named_file(entry, key, path, read_file);
    if (!pem)
    {
        return pem;
    }
    if (const auto usable = net::check_certificates_pem(*pem); !usable)
    {
        return fail(entry.label + ": " + key + " " + support::clean(path), usable.error());
    }
    return pem;
}

result<> read_client_certificate(const written_entry& entry, const file_reader& read_file, tls_files& into)
{
    entry_reader keys(entry);
    const std::string certificate_path = keys.root("cert");
    const std::string key_path = keys.root("key");
    if (certificate_path.empty() && !key_path.empty())
    {
        keys.note("cert is missing; it names the certificate of key");
    }
    if (keys.failed())
    {
        return keys.error();
    }
    if (certificate_path.empty())
    {
        return {};
    }
    auto certificate = read_named_file(entry, "cert", certificate_path, read_file);
    auto key = key_path.empty() ? certificate : read_named_file(entry, "key", key_path, read_file);
    if (!certificate || !key)
    {
        return std::unexpected(certificate ? key.error() : certificate.error());
    }
    into.client_certificate_pem = std::move(*certificate);
    into.client_key_pem = support::secret(std::move(*key));
    return {};
}

}  // namespace

entry_tls check_tls(tls_files files)
{
    entry_tls checked;
    if (files.ca_pem.empty() && files.client_certificate_pem.empty())
    {
        return checked;
    }
    const auto require = [&checked](const std::string& what, const result<>& usable) {
        if (!usable && checked.problem.empty())
        {
            checked.problem = what + ": " + usable.error().message;
        }
    };
    if (!files.ca_pem.empty())
    {
        require("cacert", net::check_certificates_pem(files.ca_pem));
    }
    if (!files.client_certificate_pem.empty())
    {
        const std::string& key = files.client_key_pem.reveal();
        require("cert", net::check_certificates_pem(files.client_certificate_pem));
        require("key", net::check_private_key_pem(key));
        require("key", net::check_key_fits_pem(files.client_certificate_pem, key));
    }
    auto settings = std::make_shared<net::tls_settings>();
    settings->ca_pem = std::move(files.ca_pem);
    settings->client_certificate_pem = std::move(files.client_certificate_pem);
    settings->client_key_pem = std::move(files.client_key_pem);
    checked.settings = std::move(settings);
    return checked;
}

result<cloud_entry> understand_entry(written_entry written, const entry_tls& tls)
{
    entry_reader entry(std::move(written));
    cloud_entry read;
    read.cloud = entry.entry().cloud;
    if (is_of_binding_service(entry))
    {
        read_service(entry, read);
        require_verification(entry, read);
    }
    else
    {
        read.keystone = read_keystone(entry);
        read_login(entry, read);
        read_endpoints(entry, read);
        require_verification(entry, read);
        require_known_keys(entry, read);
    }
    std::string content = entry.entry().content_id;
    if (tls.settings)
    {
        content += tls.settings->ca_pem + tls.settings->client_certificate_pem +
                   tls.settings->client_key_pem.reveal();
    }
    read.id = net::sha256_hex(content);
    support::wipe(content);
    read.tls = tls.settings;
    if (!tls.problem.empty())
    {
        entry.note(tls.problem);
    }
    if (entry.failed())
    {
        return entry.error();
    }
    return read;
}

result<cloud_entry> read_cloud_entry(
    const entry_sources& sources, const std::string& cloud, const file_reader& read_file
)
{
    auto written = read_entry(sources, cloud);
    if (!written)
    {
        return std::unexpected(written.error());
    }
    tls_files files;
    if (const auto read = read_client_certificate(*written, read_file, files); !read)
    {
        return std::unexpected(read.error());
    }
    auto authorities = read_authorities(*written, sources, read_file);
    if (authorities)
    {
        files.ca_pem = std::move(*authorities);
    }
    auto entry = understand_entry(std::move(*written), check_tls(std::move(files)));
    if (!authorities && (!entry || uses_tls(*entry)))
    {
        return std::unexpected(authorities.error());
    }
    if (!authorities)
    {
        entry->notes.push_back(
            authorities.error().message + "; it has no effect yet, because no URL of the entry is https"
        );
    }
    return entry;
}

result<cloud_entry> parse_cloud_entry(
    std::string_view yaml,
    std::string_view secure_yaml,
    const std::string& file,
    const std::string& cloud,
    const file_reader& read_file
)
{
    entry_sources sources;
    sources.clouds = {file, std::string(yaml)};
    if (!secure_yaml.empty())
    {
        sources.secure = {"secure.yaml beside " + file, std::string(secure_yaml)};
    }
    auto entry = read_cloud_entry(sources, cloud, read_file);
    support::wipe(sources.clouds.text);
    support::wipe(sources.secure.text);
    return entry;
}

}  // namespace cloud::openstack
