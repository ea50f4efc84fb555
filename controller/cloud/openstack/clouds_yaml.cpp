#include "cloud/openstack/clouds_yaml.hpp"

#include "cloud/openstack/yaml_entry.hpp"
#include "net/certificates/sha256.hpp"
#include "net/certificates/x509.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <unistd.h>
#include <utility>

namespace cloud::openstack {
namespace {

using support::errc;
using support::fail;
using support::result;

constexpr std::size_t largest_file = 1 << 20;

// The texts of one entry, by key.
class entry_reader
{
public:
    explicit entry_reader(yaml_entry entry) : entry_(std::move(entry)) {}

    const yaml_entry& entry() const { return entry_; }

    // The text of the first of `keys` that exists, as auth.<key> or beside auth, because older files have
    // some keys there. Empty if there is none.
    std::string text(std::initializer_list<const char*> keys)
    {
        for (const char* key : keys)
        {
            for (const auto* from : {&entry_.auth, &entry_.root})
            {
                const auto it = from->find(key);
                if (it == from->end())
                {
                    continue;
                }
                if (it->second)
                {
                    return it->second->reveal();
                }
                note((from == &entry_.auth ? "auth." : "") + std::string(key) + " must be a text");
            }
        }
        return {};
    }

    // A boolean as YAML 1.1 spells it.
    std::optional<bool> flag(const char* key)
    {
        std::string word = text({key});
        std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
        if (word.empty())
        {
            return std::nullopt;
        }
        const auto is_one_of = [&word](std::initializer_list<const char*> words) {
            return std::ranges::find(words, word) != words.end();
        };
        if (is_one_of({"true", "yes", "on", "y", "1"}))
        {
            return true;
        }
        if (!is_one_of({"false", "no", "off", "n", "0"}))
        {
            note(std::string(key) + " must be true or false");
        }
        return false;
    }

    // Records a problem of the entry. Only the first one is reported.
    void note(std::string problem)
    {
        if (problem_.empty())
        {
            problem_ = std::move(problem);
        }
    }

    bool failed() const { return !problem_.empty(); }
    std::unexpected<support::error> error() const
    {
        return fail(errc::invalid, entry_.label + ": " + problem_);
    }

private:
    yaml_entry entry_;
    std::string problem_;
};

std::optional<net::url> read_url(entry_reader& entry, const char* key)
{
    const std::string text = entry.text({key});
    if (text.empty())
    {
        return std::nullopt;
    }
    auto url = net::parse_url(text);
    if (!url)
    {
        entry.note(std::string(key) + ": " + url.error().message);
        return std::nullopt;
    }
    if (!url->query.empty())
    {
        entry.note(std::string(key) + " must be a URL without a query");
    }
    return std::move(*url);
}

net::url read_keystone(entry_reader& entry)
{
    auto url = read_url(entry, "auth_url");
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

// Reads interface, which older files call endpoint_type: "public" for public and publicURL.
std::string read_interface(entry_reader& entry)
{
    std::string word = entry.text({"interface", "endpoint_type"});
    if (word.empty())
    {
        return "public";
    }
    if (word.ends_with("URL"))
    {
        word.resize(word.size() - 3);
    }
    if (word != "public" && word != "internal" && word != "admin")
    {
        entry.note("interface is not known; use public, internal or admin");
    }
    return word;
}

void require_domain(entry_reader& entry, const named_object& object, const std::string& whose)
{
    if (!object.name.empty() && object.domain_id.empty() && object.domain_name.empty())
    {
        entry.note(
            "auth." + whose + "_domain_name is missing; add it (mostly Default) or auth." + whose +
            "_domain_id"
        );
    }
}

named_object read_user(entry_reader& entry)
{
    named_object user{.id = entry.text({"user_id"})};
    if (user.id.empty())
    {
        user.name = entry.text({"username", "user_name"});
        user.domain_id = entry.text({"user_domain_id", "domain_id"});
        user.domain_name = entry.text({"user_domain_name", "domain_name"});
    }
    return user;
}

named_object read_project(entry_reader& entry)
{
    named_object project{.id = entry.text({"project_id", "tenant_id"})};
    if (project.id.empty())
    {
        project.name = entry.text({"project_name", "tenant_name"});
        project.domain_id = entry.text({"project_domain_id", "domain_id"});
        project.domain_name = entry.text({"project_domain_name", "domain_name"});
    }
    return project;
}

void read_password_login(entry_reader& entry, cloud_entry& read)
{
    read.how = cloud_entry::login::password;
    read.user = read_user(entry);
    read.project = read_project(entry);
    read.secret = support::secret(entry.text({"password"}));
    if (read.user.empty())
    {
        entry.note("auth.username is missing; add it or auth.user_id");
    }
    require_domain(entry, read.user, "user");
    if (read.secret.empty())
    {
        entry.note("auth.password is missing; add it");
    }
    if (read.project.empty())
    {
        entry.note(
            "auth.project_name is missing; add it or auth.project_id, the project of the load balancers"
        );
    }
    require_domain(entry, read.project, "project");
}

void read_application_credential_login(entry_reader& entry, cloud_entry& read)
{
    read.how = cloud_entry::login::application_credential;
    read.application_credential_id = entry.text({"application_credential_id"});
    read.secret = support::secret(entry.text({"application_credential_secret"}));
    if (read.application_credential_id.empty())
    {
        read.application_credential_name = entry.text({"application_credential_name"});
        read.user = read_user(entry);
        if (read.application_credential_name.empty())
        {
            entry.note("auth.application_credential_id is missing; add it");
        }
        if (read.user.empty())
        {
            entry.note("auth.username is missing; an application credential given by name needs its user");
        }
        require_domain(entry, read.user, "user");
    }
    if (read.secret.empty())
    {
        entry.note("auth.application_credential_secret is missing; add it");
    }
}

void read_login(entry_reader& entry, cloud_entry& read)
{
    const std::string type = entry.text({"auth_type", "auth_plugin"});
    if (type.empty() || type == "password" || type == "v3password")
    {
        read_password_login(entry, read);
    }
    else if (type == "v3applicationcredential")
    {
        read_application_credential_login(entry, read);
    }
    else
    {
        entry.note("auth_type is not supported; use password or v3applicationcredential");
    }
}

void require_verification(entry_reader& entry)
{
    if (entry.flag("verify") == false || entry.flag("insecure") == true)
    {
        entry.note("TLS is always verified; remove verify: false and give the cloud's CA with cacert");
    }
}

// The certificates in the file that cacert names; empty if the entry has no cacert.
result<std::string> read_ca(const yaml_entry& entry, const file_reader& read_file)
{
    entry_reader keys(entry);
    const std::string path = keys.text({"cacert"});
    if (keys.failed())
    {
        return keys.error();
    }
    if (path.empty())
    {
        return std::string();
    }
    auto pem = read_file(path);
    if (!pem)
    {
        return fail(entry.label + ": cacert", pem.error());
    }
    if (const auto usable = net::check_certificates_pem(*pem); !usable)
    {
        return fail(entry.label + ": cacert " + support::clean(path), usable.error());
    }
    return pem;
}

result<std::string> read_file_from_disk(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text(largest_file + 1, '\0');
    if (!file || !file.read(text.data(), static_cast<std::streamsize>(text.size())))
    {
        if (!file.eof())
        {
            return fail(
                errc::invalid,
                "cannot read " + path + ": " + std::strerror(errno) +
                    "; correct the path or the file's permissions"
            );
        }
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > largest_file)
    {
        return fail(errc::invalid, path + " is larger than 1 MiB");
    }
    return text;
}

// Reads the file at a path as openstacksdk does: "~/" is the home folder.
result<std::string> read_expanded(const std::string& path)
{
    const char* home = std::getenv("HOME");
    return read_file_from_disk(path.starts_with("~/") && home != nullptr ? home + path.substr(1) : path);
}

}  // namespace

result<cloud_entry> understand_entry(yaml_entry written, std::string ca_pem)
{
    entry_reader entry(std::move(written));
    cloud_entry read;
    read.cloud = entry.entry().cloud;
    read.keystone = read_keystone(entry);
    read_login(entry, read);
    read.interface = read_interface(entry);
    read.load_balancer_endpoint = read_url(entry, "load_balancer_endpoint_override");
    read.key_manager_endpoint = read_url(entry, "key_manager_endpoint_override");
    require_verification(entry);
    read.id = net::sha256_hex(entry.entry().content_id + ca_pem);
    if (!ca_pem.empty())
    {
        if (const auto usable = net::check_certificates_pem(ca_pem); !usable)
        {
            entry.note("cacert: " + usable.error().message);
        }
        auto tls = std::make_shared<net::tls_settings>();
        tls->ca_pem = std::move(ca_pem);
        read.tls = std::move(tls);
    }
    if (entry.failed())
    {
        return entry.error();
    }
    return read;
}

result<cloud_entry> parse_cloud_entry(
    std::string_view yaml,
    std::string_view secure_yaml,
    const std::string& file,
    const std::string& cloud,
    const file_reader& read_file
)
{
    auto written = read_yaml_entry(yaml, secure_yaml, file, cloud);
    if (!written)
    {
        return std::unexpected(written.error());
    }
    auto ca_pem = read_ca(*written, read_file);
    if (!ca_pem)
    {
        return std::unexpected(ca_pem.error());
    }
    return understand_entry(std::move(*written), std::move(*ca_pem));
}

result<cloud_entry> load_cloud_entry(const std::string& file, const std::string& cloud)
{
    auto yaml = read_file_from_disk(file);
    if (!yaml)
    {
        return std::unexpected(yaml.error());
    }
    const std::string secure_file = file.substr(0, file.rfind('/') + 1) + "secure.yaml";
    std::string secure_yaml;
    if (::access(secure_file.c_str(), F_OK) == 0 || errno != ENOENT)
    {
        auto text = read_file_from_disk(secure_file);
        if (!text)
        {
            return std::unexpected(text.error());
        }
        secure_yaml = std::move(*text);
    }
    auto entry = parse_cloud_entry(*yaml, secure_yaml, file, cloud, read_expanded);
    support::wipe(*yaml);
    support::wipe(secure_yaml);
    return entry;
}

std::vector<std::string> clouds_yaml_search_path(const std::string& home)
{
    std::vector<std::string> path{"clouds.yaml"};
    if (!home.empty())
    {
        path.push_back(home + "/.config/openstack/clouds.yaml");
    }
    path.emplace_back("/etc/openstack/clouds.yaml");
    return path;
}

}  // namespace cloud::openstack
