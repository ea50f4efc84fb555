#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/credentials/secret_codec.hpp"
#include "binding/target.hpp"
#include "cloud/credentials.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace binding {

struct secret_name
{
    support::interned name_space;
    support::interned name;

    std::strong_ordering operator<=>(const secret_name&) const = default;
    bool operator==(const secret_name&) const = default;
    std::string str() const { return name_space.str() + "/" + name.str(); }
};

// A Secret with the entries of its content.
struct shown_secret
{
    std::string version;  // of the Secret
    secret_content content;
    std::shared_ptr<cloud::credential_entries> entries;
};

// Who may use the controller's own credential.
struct admission
{
    bool all = true;
    std::set<std::string> namespaces;

    bool admits(std::string_view name_space) const
    {
        return all || namespaces.contains(std::string(name_space));
    }
};

// Flow: update() is called for each change of a binding -> the Secret that the binding names is followed
// while a binding uses it -> each answer about the Secret is parsed elsewhere (secret_reader.hpp) and comes
// back -> parts::changed names the bindings whose credential may differ now.
// Guarantees (own-credential): a binding that names a Secret acts with the credential of that Secret alone. A
// binding without a ref acts with the controller's own credential, if its namespace is admitted.
// Of one namespace at most 100 Secrets are followed; the bindings that name further ones wait.
// Caveats: a deletion may end with a credential that the binding has lost. If its Secret is gone, the last
// credential of the Secret is kept until the binding is gone. If its namespace is not admitted any more, the
// controller's credential detaches what was attached with the controller's credential (status.cloud).
class credentials final : public credential_source
{
public:
    struct parts
    {
        std::shared_ptr<cloud::credential> own;
        admission admitted;
        std::function<void(const secret_name&)> follow;    // a Secret is in use from now on
        std::function<void(const secret_name&)> unfollow;  // no binding uses the Secret any more
        std::function<void(const secret_name&)> refused;   // the cloud refuses what the Secret holds

        // The credential of these bindings may have changed: the callee calls update() for each of them.
        std::function<void(const std::set<support::uuid>&)> changed;
    };

    explicit credentials(parts parts);

    // Replaces the controller's own credential. The caller calls update() for each binding without a Secret.
    void set_own(std::shared_ptr<cloud::credential> own);

    void update(const certificate_binding* before, const certificate_binding* after) override;
    target target_of(const certificate_binding& object) const override;
    std::shared_ptr<cloud::credential> of(const target& target) const override;
    bool is_controllers(const target& target) const override;
    missing_credential why_none(const certificate_binding& object) const override;
    bool borrowed(const certificate_binding& object) const override;

    // Answers about a Secret. An answer about a Secret that no binding uses is ignored.
    void secret_shown(const secret_name& name, support::result<shown_secret> shown);
    // The same version was shown again. False: it is not the one in use.
    bool secret_shown_again(const secret_name& name, std::string_view version);
    void secret_absent(const secret_name& name);
    void secret_unreadable(const secret_name& name, const support::error& error);

    std::set<support::uuid> users_of(const secret_name& name) const;
    // The last read of the Secret was refused, and the content that was read before is still used.
    bool is_unsure(const secret_name& name) const;

private:
    using shared = std::shared_ptr<cloud::credential>;

    struct secret
    {
        std::set<support::uuid> users;
        std::optional<shown_secret> shown;
        missing_credential why;  // why there is no content
        bool refused = false;    // there is content, and the last read was refused with 403
        bool unsure = false;     // there is content, and the last read was refused with 401 or 403
    };

    struct secrets_of_namespace
    {
        std::set<support::interned> followed;
        std::set<support::interned> beyond;  // the limit of a namespace
    };

    // The credential of a binding that names a Secret, or named one.
    struct placement
    {
        shared now;   // null: there is none, see `why`
        shared last;  // the last credential that the binding had
        missing_credential why;
    };

    static std::optional<secret_name> secret_of(const certificate_binding* object);
    void use(const secret_name& name, const support::uuid& user);
    void leave(const secret_name& name, const support::uuid& user);
    void follow(const secret_name& name, secret& held);
    void unfollow(const secret_name& name);
    void place(const certificate_binding& object, const secret_name& from);
    void lost(const secret_name& name, missing_credential why);
    shared credential_of(const certificate_binding& object) const;

    parts parts_;
    std::map<secret_name, secret> secrets_;
    std::unordered_map<support::uuid, placement> placed_;
    std::map<support::interned, std::weak_ptr<cloud::credential>> by_id_;
    std::size_t clean_at_ = 64;  // by_id_ of this size is cleaned of what is gone
    std::map<support::interned, secrets_of_namespace> by_namespace_;
};

}  // namespace binding
