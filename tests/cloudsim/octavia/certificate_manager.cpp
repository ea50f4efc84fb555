#include "cloudsim/octavia/certificate_manager.hpp"

#include <algorithm>

namespace cloudsim {

namespace {

struct parsed_ref
{
    bool is_container;
    std::string id;
};

// Parses a reference as barbicanclient does.
std::optional<parsed_ref> parse_ref(std::string_view ref)
{
    while (ref.ends_with('/'))
    {
        ref.remove_suffix(1);
    }
    const auto slash = ref.rfind('/');
    if (slash == std::string_view::npos || !is_uuid(ref.substr(slash + 1)))
    {
        return std::nullopt;
    }
    const auto front = "/" + std::string(ref.substr(0, slash)) + "/";
    const bool secret = front.contains("/secrets/");
    if (!secret && !front.contains("/containers/"))
    {
        return std::nullopt;
    }
    return parsed_ref{.is_container = !secret, .id = to_lower(ref.substr(slash + 1))};
}

const std::unexpected<certificate_fault> not_retrieved{certificate_fault{}};

}  // namespace

template <class T>
bool certificate_manager::grant_one(const identity& sender, T* object)
{
    if (object == nullptr || !allowed(sender, *object, action::get_acl))
    {
        return false;
    }
    if (contains(object->access.users, service_user_.user_id))
    {
        return true;
    }
    if (!allowed(sender, *object, action::put_acl))
    {
        return false;
    }
    auto users = object->access.users;
    users.push_back(service_user_.user_id);
    secrets_.store().set_access(*object, object->access.project_access, std::move(users));
    return true;
}

bool certificate_manager::grant(const identity& sender, const std::string& ref)
{
    const auto parsed = parse_ref(ref);
    const bool delegated = !sender.application_credential_id.empty();
    if (!parsed || env_.config.down.contains("key-manager") || env_.config.down.contains("identity") ||
        (env_.config.refuse_delegated_refs && delegated))
    {
        return false;
    }
    auto& store = secrets_.store();
    if (!parsed->is_container)
    {
        return grant_one(sender, store.find_secret(parsed->id));
    }
    auto* listing = store.find_container(parsed->id);
    if (!grant_one(sender, listing) || listing->type != "certificate")
    {
        return false;
    }
    for (const std::string_view name :
         {"certificate", "private_key", "private_key_passphrase", "intermediates"})
    {
        const auto* listed = find_part(*listing, name);
        const bool needed = name == "certificate" || name == "private_key";
        if (listed == nullptr ? needed : !grant_one(sender, store.find_secret(listed->secret_id)))
        {
            return false;
        }
    }
    return true;
}

std::optional<std::string> certificate_manager::part_payload(const container& listing, std::string_view name)
{
    const auto* listed = find_part(listing, name);
    const auto* stored_secret = listed == nullptr ? nullptr : secrets_.store().find_secret(listed->secret_id);
    return stored_secret != nullptr && allowed(service_user_, *stored_secret, action::decrypt)
               ? stored_secret->payload
               : std::nullopt;
}

const certificate_manager::read_result& certificate_manager::remember(
    const std::string& content, const std::function<read_result()>& read
)
{
    const auto known = read_.find(content);
    return known != read_.end() ? known->second : read_.emplace(content, read()).first->second;
}

std::expected<certificate_view, certificate_fault> certificate_manager::container_certificate(
    const container& listing
)
{
    if (listing.type != "certificate" || !allowed(service_user_, listing, action::get))
    {
        return not_retrieved;
    }
    const auto certificate = part_payload(listing, "certificate");
    const auto private_key = part_payload(listing, "private_key");
    const auto pass_phrase = part_payload(listing, "private_key_passphrase");
    const auto intermediates = part_payload(listing, "intermediates");
    const auto lacks = [&](std::string_view name, const auto& payload) {
        return find_part(listing, name) != nullptr && !payload;
    };
    if (!certificate || !private_key || lacks("private_key_passphrase", pass_phrase) ||
        lacks("intermediates", intermediates))
    {
        return not_retrieved;
    }
    const auto& read =
        remember(*certificate + *private_key + pass_phrase.value_or("") + intermediates.value_or(""), [&] {
            const auto pem =
                read_pem(*certificate, *private_key, pass_phrase.value_or(""), intermediates.value_or(""));
            return pem ? read_result(*pem) : std::unexpected("");
        });
    return read ? std::expected<certificate_view, certificate_fault>(*read) : not_retrieved;
}

std::expected<certificate_view, certificate_fault> certificate_manager::certificate(const std::string& ref)
{
    const auto parsed = parse_ref(ref);
    if (!parsed || env_.config.down.contains("key-manager"))
    {
        return not_retrieved;
    }
    if (parsed->is_container)
    {
        const auto* listing = secrets_.store().find_container(parsed->id);
        return listing == nullptr ? not_retrieved : container_certificate(*listing);
    }
    auto* stored_secret = secrets_.store().find_secret(parsed->id);
    if (stored_secret == nullptr || !allowed(service_user_, *stored_secret, action::decrypt))
    {
        return not_retrieved;
    }
    const auto payload = stored_secret->payload.value_or("");
    const auto& read = remember(payload, [&] { return read_pkcs12(payload); });
    if (!read)
    {
        return std::unexpected(certificate_fault{.pkcs12 = true, .text = read.error()});
    }
    return *read;
}

std::optional<std::optional<std::string>> certificate_manager::secret_payload(const std::string& ref)
{
    const auto parsed = parse_ref(ref);
    if (!parsed || parsed->is_container || env_.config.down.contains("key-manager"))
    {
        return std::nullopt;
    }
    const auto* stored_secret = secrets_.store().find_secret(parsed->id);
    if (stored_secret == nullptr || !allowed(service_user_, *stored_secret, action::decrypt))
    {
        return std::nullopt;
    }
    return stored_secret->payload;
}

}  // namespace cloudsim
