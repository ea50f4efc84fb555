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

// The credential of a binding without a ref is the controller's own, if its namespace is admitted to it; that
// of one with a ref is what its Secret holds. A binding that is deleted may finish with what was its own: the
// credential that its Secret held last, which is kept while a binding that used it exists; or, where it needs
// the controller's and is not admitted (any more), that one for what was put there with it, as status.cloud
// says.
class credentials final : public credential_source
{
public:
    struct parts
    {
        std::shared_ptr<cloud::credential> own;
        cloud::credential_reader& reader;
        admission admitted;
        std::function<void(const secret_name&)> follow;    // a Secret is in use from now on
        std::function<void(const secret_name&)> unfollow;  // nobody uses it any more

        // What these bindings act with may be something else now: update() is to be called for each of them.
        std::function<void(const std::set<support::uuid>&)> changed;
    };

    explicit credentials(parts parts);

    void update(const certificate_binding* before, const certificate_binding* after) override;
    target target_of(const certificate_binding& object) const override;
    std::shared_ptr<cloud::credential> of(const target& target) const override;
    bool is_controllers(const target& target) const override;
    missing_credential why_none(const certificate_binding& object) const override;
    bool borrowed(const certificate_binding& object) const override;

    // What is seen of a Secret; nothing happens where nobody uses it (any more).
    void secret_shown(const secret_name& name, support::result<secret_content> content);
    void secret_absent(const secret_name& name);
    void secret_unreadable(const secret_name& name, const support::error& error);

    std::set<support::uuid> users_of(const secret_name& name) const;
    // The last read did not show it, and what was read before is used all the same.
    bool is_unsure(const secret_name& name) const;

private:
    using shared = std::shared_ptr<cloud::credential>;

    struct secret
    {
        std::set<support::uuid> users;
        std::optional<secret_content> content;
        missing_credential why;  // it has no content
        bool refused = false;    // by the last read, though it has
        bool unsure = false;     // by that, or for the last read we were not known
        std::map<std::string, support::result<shared>> read;  // by the name of the cloud
    };

    // Of a binding that has a ref, or had one.
    struct placement
    {
        shared now;   // null: none, see `why`
        shared last;  // the last that it had
        missing_credential why;
    };

    static std::optional<secret_name> secret_of(const certificate_binding* object);
    void use(const secret_name& name, const support::uuid& user);
    void leave(const secret_name& name, const support::uuid& user);
    void scope(const certificate_binding& object, const secret_name& from);
    const support::result<shared>& read(secret& from, const secret_name& name, const std::string& cloud);
    void lost(const secret_name& name, missing_credential why);
    shared credential_of(const certificate_binding& object) const;

    parts parts_;
    std::map<secret_name, secret> secrets_;
    std::unordered_map<support::uuid, placement> placed_;
    std::map<support::interned, std::weak_ptr<cloud::credential>> by_id_;
};

}  // namespace binding
