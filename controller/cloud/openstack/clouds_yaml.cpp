#include "cloud/openstack/clouds_yaml.hpp"

#include "net/sha256.hpp"
#include "net/x509.hpp"
#include "support/text.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <map>
#include <utility>

namespace cloud::openstack {
namespace {

using support::errc;
using support::fail;
using support::result;

constexpr std::size_t largest_file = 1 << 20;  // what a Secret may hold
constexpr int most_nodes = 10'000;             // of one entry, each alias counted as what it stands for
constexpr int deepest = 32;

using section = std::map<std::string, YAML::Node>;

// One file and entry while it is read: what every error names.
struct place_in_file
{
    std::string file;
    std::string cloud;

    std::unexpected<support::error> fail(const std::string& what) const
    {
        return support::fail(errc::invalid, file + ": cloud \"" + support::clean(cloud) + "\": " + what);
    }
};

result<YAML::Node> parse_yaml(std::string_view yaml, const std::string& file)
{
    if (yaml.size() > largest_file)
    {
        return fail(errc::invalid, file + ": larger than 1 MiB; this is no clouds.yaml");
    }
    try
    {
        return YAML::Load(std::string(yaml));
    }
    catch (const YAML::Exception& e)
    {
        // Its text may quote the file.
        return fail(
            errc::invalid,
            file + ": no valid YAML at line " + std::to_string(e.mark.line + 1) + ", column " +
                std::to_string(e.mark.column + 1)
        );
    }
}

// The keys of `node`, each once; `where` is "auth" or, for the entry itself, empty.
result<section> read_section(const YAML::Node& node, const std::string& where, const place_in_file& in)
{
    const std::string label = where.empty() ? "the entry" : where;
    section keys;
    if (!node.IsDefined() || node.IsNull())
    {
        return keys;
    }
    if (!node.IsMap())
    {
        return in.fail(label + " must be a mapping of keys to values");
    }
    for (const auto& pair : node)
    {
        if (!pair.first.IsScalar())
        {
            return in.fail(label + " has a key that is no text");
        }
        const auto& key = pair.first.Scalar();
        if (key == "<<")
        {
            return in.fail("merge keys (<<) are not supported; write the keys out");
        }
        if (!keys.emplace(key, pair.second).second)
        {
            return in.fail(
                where + (where.empty() ? "" : ".") + support::clean(key) + " is given twice; keep one"
            );
        }
    }
    return keys;
}

// Writes values so that equal contents give equal texts and others do not.
class canonical_text
{
public:
    ~canonical_text() { support::wipe(text_); }

    void add(std::string_view text) { text_ += std::to_string(text.size()) + ":" + std::string(text); }

    void add(const YAML::Node& node)
    {
        ++depth_;
        if (--budget_ < 0 || depth_ > deepest)
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

    // The values are more, or deeper within one another, than an entry's ever are: an attack.
    bool too_large() const { return budget_ < 0; }

    const std::string& text() const { return text_; }

private:
    // The order of the keys does not matter.
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
    int depth_ = 0;
};

// The texts of one entry, by key.
class entry_reader
{
public:
    entry_reader(section root, section auth, const place_in_file& in)
        : root_(std::move(root)), auth_(std::move(auth)), in_(in)
    {}

    // The first of `keys` that is there, as auth.<key> or beside auth, where older files have some of them.
    // Empty if none is. The first key that is no text is kept for error().
    std::string text(std::initializer_list<const char*> keys)
    {
        for (const char* key : keys)
        {
            for (const auto* from : {&auth_, &root_})
            {
                if (const auto found = from->find(key); found != from->end() && !found->second.IsNull())
                {
                    if (found->second.IsScalar())
                    {
                        return found->second.Scalar();
                    }
                    note((from == &auth_ ? "auth." : "") + std::string(key) + " must be a text");
                }
            }
        }
        return {};
    }

    // The same for a yes or no.
    std::optional<bool> flag(const char* key)
    {
        const std::string value = text({key});
        if (value.empty())
        {
            return std::nullopt;
        }
        bool set = false;
        if (value != "0" && value != "1" && !YAML::convert<bool>::decode(YAML::Node(value), set))
        {
            note(std::string(key) + " must be true or false");
        }
        return set || value == "1";
    }

    // What is wrong with the entry, said once: the first thing noted.
    void note(std::string what)
    {
        if (wrong_.empty())
        {
            wrong_ = std::move(what);
        }
    }

    bool failed() const { return !wrong_.empty(); }
    std::unexpected<support::error> error() const { return in_.fail(wrong_); }

private:
    section root_;
    section auth_;
    const place_in_file& in_;
    std::string wrong_;
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

// "public" for public and publicURL; the word is also spelled endpoint_type.
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
        entry.note("interface \"" + support::clean(word) + "\" is not known; use public, internal or admin");
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
        entry.note("auth.password is missing; add it here or in secure.yaml");
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
        entry.note("auth.application_credential_secret is missing; add it here or in secure.yaml");
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
        entry.note(
            "auth_type \"" + support::clean(type) +
            "\" is not supported; use password or v3applicationcredential"
        );
    }
}

std::string read_ca(entry_reader& entry, const file_reader& read_file)
{
    if (entry.flag("verify") == false || entry.flag("insecure") == true)
    {
        entry.note("TLS is always verified; remove verify: false and give the cloud's CA with cacert: <file>"
        );
    }
    const std::string path = entry.text({"cacert"});
    if (path.empty())
    {
        return {};
    }
    auto pem = read_file(path);
    if (!pem)
    {
        entry.note("cacert: " + pem.error().message);
        return {};
    }
    if (const auto usable = net::check_certificates_pem(*pem); !usable)
    {
        entry.note("cacert " + support::clean(path) + ": " + usable.error().message);
    }
    return *pem;
}

// "prod, test": the names that there are, for people.
std::string list_names(const section& clouds)
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

result<section> read_clouds(const YAML::Node& root, const std::string& file)
{
    if (!root.IsMap() || !root["clouds"].IsDefined())
    {
        return fail(
            errc::invalid, file + ": has no clouds; it must hold a mapping \"clouds:\" of entries by name"
        );
    }
    section clouds;
    for (const auto& pair : root["clouds"])
    {
        if (!root["clouds"].IsMap() || !pair.first.IsScalar())
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

// What `over` has wins over what is in `keys`.
void overlay(section& keys, section over)
{
    for (auto& [key, value] : over)
    {
        keys.insert_or_assign(key, std::move(value));
    }
}

struct sections
{
    section root;
    section auth;
};

result<sections> read_sections(const YAML::Node& node, const place_in_file& in)
{
    auto root = read_section(node, "", in);
    if (!root)
    {
        return std::unexpected(root.error());
    }
    const auto auth_node = root->find("auth");
    auto auth = read_section(auth_node == root->end() ? YAML::Node() : auth_node->second, "auth", in);
    if (!auth)
    {
        return std::unexpected(auth.error());
    }
    root->erase("auth");
    return sections{std::move(*root), std::move(*auth)};
}

result<std::string> content_id(const sections& read, const std::string& ca_pem, const place_in_file& in)
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
    content.add(ca_pem);
    if (content.too_large())
    {
        return in.fail("has more or deeper values than any entry of a clouds.yaml");
    }
    return net::sha256_hex(content.text());
}

result<std::string> read_file_from_disk(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text(largest_file + 1, '\0');
    if (!file || !file.read(text.data(), static_cast<std::streamsize>(text.size())))
    {
        if (!file.eof())
        {
            return fail(errc::invalid, "cannot read " + path + ": " + std::strerror(errno));
        }
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > largest_file)
    {
        return fail(errc::invalid, path + " is larger than 1 MiB");
    }
    return text;
}

// Reads a path as openstacksdk does: "~/" is the home folder.
result<std::string> read_expanded(const std::string& path)
{
    const char* home = std::getenv("HOME");
    return read_file_from_disk(path.starts_with("~/") && home != nullptr ? home + path.substr(1) : path);
}

}  // namespace

result<cloud_entry> parse_cloud_entry(
    std::string_view yaml,
    std::string_view secure_yaml,
    const std::string& file,
    const std::string& cloud,
    const file_reader& read_file
)
{
    const auto root = parse_yaml(yaml, file);
    if (!root)
    {
        return std::unexpected(root.error());
    }
    const auto clouds = read_clouds(*root, file);
    if (!clouds)
    {
        return std::unexpected(clouds.error());
    }
    if (cloud.empty() && clouds->size() > 1)
    {
        return fail(errc::invalid, file + ": has several clouds; choose one of " + list_names(*clouds));
    }
    const auto found = cloud.empty() ? clouds->begin() : clouds->find(cloud);
    if (found == clouds->end())
    {
        return fail(
            errc::invalid,
            file + ": has no cloud \"" + support::clean(cloud) + "\"; it has " + list_names(*clouds)
        );
    }
    const place_in_file in{file, found->first};
    auto read = read_sections(found->second, in);
    if (!read)
    {
        return std::unexpected(read.error());
    }
    if (!secure_yaml.empty())
    {
        const auto secure_root = parse_yaml(secure_yaml, "secure.yaml beside " + file);
        if (!secure_root)
        {
            return std::unexpected(secure_root.error());
        }
        const auto secure_clouds = read_clouds(*secure_root, "secure.yaml beside " + file);
        if (!secure_clouds)
        {
            return std::unexpected(secure_clouds.error());
        }
        if (const auto more = secure_clouds->find(in.cloud); more != secure_clouds->end())
        {
            auto secrets = read_sections(more->second, in);
            if (!secrets)
            {
                return std::unexpected(secrets.error());
            }
            overlay(read->root, std::move(secrets->root));
            overlay(read->auth, std::move(secrets->auth));
        }
    }

    entry_reader entry(read->root, read->auth, in);
    cloud_entry result;
    result.cloud = in.cloud;
    result.keystone = read_keystone(entry);
    read_login(entry, result);
    result.interface = read_interface(entry);
    const std::string ca_pem = read_ca(entry, read_file);
    if (!ca_pem.empty())
    {
        auto tls = std::make_shared<net::tls_settings>();
        tls->ca_pem = ca_pem;
        result.tls = std::move(tls);
    }
    result.load_balancer_endpoint = read_url(entry, "load_balancer_endpoint_override");
    result.key_manager_endpoint = read_url(entry, "key_manager_endpoint_override");
    if (entry.failed())
    {
        return entry.error();
    }
    auto id = content_id(*read, ca_pem, in);
    if (!id)
    {
        return std::unexpected(id.error());
    }
    result.id = std::move(*id);
    return result;
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
    if (std::ifstream(secure_file).good())
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
