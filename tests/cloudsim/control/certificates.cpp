// The control API: certificates.
#include "fakes/certificates/certificates.hpp"

#include "cloudsim/cloud/parts.hpp"
#include "cloudsim/control/control.hpp"
#include "cloudsim/support/text.hpp"

namespace cloudsim {

namespace {

// Makes the secrets and containers of one certificate, all with the same owner and rights.
class certificate_maker
{
public:
    certificate_maker(cloud_parts& all, const control::certificate_order& wanted)
        : wanted_(wanted), env_(all.env), secrets_(all.find_region(wanted.region).secrets)
    {
        const auto* project = all.tokens.find_project(wanted.project);
        const auto* creator = project == nullptr    ? nullptr
                              : wanted.user.empty() ? all.tokens.find_member(project->id)
                                                    : all.tokens.find_user(wanted.user);
        if (creator == nullptr)
        {
            throw control_error("unknown project " + wanted.project + ", or no such user in it");
        }
        common_ = {
            .project_id = project->id,
            .creator_id = creator->id,
            .name = "certificate",
            .status = wanted.status,
            .access = {.present = wanted.is_private, .project_access = !wanted.is_private}
        };
    }

    control::certificate make()
    {
        const auto now = env_.now.wall;
        made_.not_after = wanted_.not_after.value_or(now + std::chrono::days(90));
        test::certificate_request request{
            .subject = "Simulated CA",
            .not_before = std::chrono::floor<std::chrono::seconds>(now - std::chrono::hours(1)),
            .not_after = std::chrono::floor<std::chrono::seconds>(made_.not_after),
            .ca = true
        };
        const bool is_ca = wanted_.kind == "ca";
        if (is_ca)
        {
            request.subject = common_name();
        }
        const auto ca = test::make_certificate(request);
        if (is_ca)
        {
            made_.pem = ca.pem;
            made_.crl_ref = secrets_.ref_of(add({}, test::revocation_list_pem(ca, request), text, true));
            return finish(add(wanted_.id, ca.pem, text, complete_));
        }
        request.subject = common_name();
        request.names = alternative_names();
        request.ca = false;
        request.issuer = &ca;
        const auto leaf = test::make_certificate(request);
        made_.pem = leaf.pem;
        if (wanted_.kind == "container")
        {
            return make_container(leaf, ca);
        }
        const auto payload = wanted_.kind == "pem" ? leaf.pem : bundle(leaf, ca);
        return finish(add(wanted_.id, payload, binary, complete_));
    }

private:
    static constexpr auto text = "text/plain";
    static constexpr auto binary = "application/octet-stream";

    std::string common_name() const { return wanted_.names.empty() ? "" : wanted_.names.front(); }

    std::string alternative_names() const
    {
        std::string result;
        for (const auto& name : wanted_.names)
        {
            result += (result.empty() ? "DNS:" : ",DNS:") + name;
        }
        return result;
    }

    // The bundle, encrypted if there is a pass phrase.
    std::string bundle(const test::certificate& leaf, const test::certificate& ca) const
    {
        const auto& phrase = wanted_.pass_phrase;
        return test::pkcs12(
            {.with = &leaf,
             .ca = &ca,
             .pass_phrase = phrase.empty() ? nullptr : phrase.c_str(),
             .plain = phrase.empty()}
        );
    }

    secret& add(const std::string& id, const std::string& payload, const char* type, bool complete)
    {
        secret added{common_};
        added.id = id;
        (complete ? added.payload : added.missing_payload) = payload;
        added.content_type = type;
        if (wanted_.state == "expired")
        {
            added.expiration = env_.now.wall - std::chrono::seconds(1);
        }
        return secrets_.store().add(std::move(added));
    }

    control::certificate make_container(const test::certificate& leaf, const test::certificate& ca)
    {
        container added{common_, "certificate"};
        added.id = wanted_.id;
        const auto add_part = [&](const char* name, const std::string& payload, bool complete) {
            const auto id = add({}, payload, text, complete).id;
            made_.secrets[name] = id;
            added.parts.push_back({.name = name, .secret_id = id});
        };
        add_part("certificate", leaf.pem, true);
        if (wanted_.state != "no_key")
        {
            add_part("private_key", leaf.key_pem, complete_);
        }
        add_part("intermediates", ca.pem, true);
        return finish(secrets_.store().add(std::move(added)));
    }

    template <class T>
    control::certificate finish(const T& added)
    {
        made_.id = added.id;
        made_.ref = secrets_.ref_of(added);
        return made_;
    }

    const control::certificate_order& wanted_;
    const bool complete_ = wanted_.state != "no_payload";
    environment& env_;
    barbican& secrets_;
    stored common_;
    control::certificate made_;
};

void must_be_one_of(std::initializer_list<std::string_view> known, const std::string& text)
{
    if (!contains(known, text))
    {
        throw control_error("there is no certificate of this kind or state: " + text);
    }
}

// All secrets of a container, or the secret itself.
std::vector<secret*> secrets_of(secret_store& store, const std::string& id)
{
    std::vector<secret*> result;
    const auto add = [&](const std::string& secret_id) {
        if (auto* listed = store.find_secret(secret_id))
        {
            result.push_back(listed);
        }
    };
    add(id);
    if (const auto* listing = store.find_container(id))
    {
        for (const auto& part : listing->parts)
        {
            add(part.secret_id);
        }
    }
    return result;
}

}  // namespace

control::certificate control::add_certificate(const certificate_order& wanted) const
{
    must_be_one_of({"container", "pkcs12", "pem", "ca"}, wanted.kind);
    must_be_one_of({"active", "no_payload", "no_key", "expired"}, wanted.state);
    return certificate_maker(parts(), wanted).make();
}

barbican& control::secrets_with(const std::string& id) const
{
    for (const auto& region : parts().regions)
    {
        auto& store = region->secrets.store();
        if (store.find_container(id) != nullptr || store.find_secret(id) != nullptr)
        {
            return region->secrets;
        }
    }
    throw control_error("unknown certificate: " + id);
}

void control::complete_certificate(const std::string& id) const
{
    for (auto* secret : secrets_of(secrets_with(id).store(), id))
    {
        if (secret->missing_payload)
        {
            secret->payload = std::exchange(secret->missing_payload, std::nullopt);
            secret->updated = parts().env.now.wall;
            return;
        }
    }
    throw control_error("nothing is missing of certificate " + id);
}

void control::set_private(const std::string& id, bool is_private) const
{
    auto& store = secrets_with(id).store();
    const auto change = [&](stored& changed) {
        store.set_access(changed, !is_private, changed.access.users);
    };
    if (auto* listing = store.find_container(id))
    {
        change(*listing);
    }
    for (auto* secret : secrets_of(store, id))
    {
        change(*secret);
    }
}

void control::remove_certificate(const std::string& id, const std::string& part) const
{
    auto& store = secrets_with(id).store();
    const auto* listing = store.find_container(id);
    if (listing == nullptr)
    {
        store.remove_secret(id);
    }
    else if (part.empty())
    {
        store.remove_container(id);
    }
    else if (const auto* listed = find_part(*listing, part))
    {
        store.remove_secret(listed->secret_id);
    }
    else
    {
        throw control_error("the container has no part " + part);
    }
}

}  // namespace cloudsim
