#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/index/binding_store.hpp"
#include "binding/index/object_changed.hpp"
#include "binding/resource/certificate_binding.hpp"
#include "runtime/store.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace binding {

// All bindings that the watch shows, by uid and by target.
class binding_index final : public binding_store
{
public:
    // `changed` is called after the index has taken the change over. `ready` is called once, when ready()
    // becomes true. `credentials` must outlive the index.
    binding_index(
        credential_source& credentials,
        std::function<void(const object_changed&)> changed,
        std::function<void()> ready
    );

    // The credential of these bindings may have changed, and with it their targets.
    void place_again(const std::set<support::uuid>& uids);

    runtime::object_sink& scope(std::string name_space) { return store_.scope(std::move(name_space)); }
    // Whether the bindings of all watched namespaces have been listed, except those that may not be listed.
    bool ready() const { return store_.ready(); }
    auto unlisted() const { return store_.unlisted(); }
    std::size_t size() const { return store_.size(); }
    void each(const std::function<void(const certificate_binding&)>& visit) const { store_.each(visit); }

    // A walk over all bindings in pieces. A binding that is created, deleted or gets another target between
    // two pieces may be missed or visited twice. All others are visited once.
    class walk
    {
    public:
        explicit walk(const binding_index& all) : all_(all) {}

        // Visits at most `most` more bindings; false if none was left.
        bool go_on(std::size_t most, const std::function<void(const certificate_binding&)>& visit);

    private:
        const binding_index& all_;
        target at_;           // the target of the binding that was visited last
        support::uuid last_;  // that binding
    };

    std::vector<const certificate_binding*> bindings_of(const target& target) const override;
    std::vector<target> targets() const override;
    void each_target_of(const target& tenant, const std::function<bool(const target&)>& visit) const override;
    std::vector<target> targets_on(const target& listener) const override;
    const certificate_binding* find(const support::uuid& uid) const override { return store_.find(uid); }
    void applied(kube::object_json object) override { store_.applied(object); }

private:
    struct target_entry
    {
        std::vector<support::uuid> uids;  // sorted
        std::size_t place = 0;            // in the list of its credential
    };
    using index = std::map<target, target_entry>;

    object_changed place(const certificate_binding* before, const certificate_binding* after);
    void enter(const support::uuid& uid, const target& target);
    void leave(const support::uuid& uid);

    credential_source& credentials_;
    std::function<void(const object_changed&)> changed_;
    index by_target_;
    std::unordered_map<support::uuid, index::iterator> target_of_;
    std::map<target, std::vector<index::iterator>> by_tenant_;  // see tenant_of()
    runtime::store<certificate_binding> store_;
};

}  // namespace binding
