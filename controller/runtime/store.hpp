#pragma once

#include "kube/client.hpp"
#include "runtime/by_uid.hpp"
#include "runtime/watcher.hpp"
#include "support/error.hpp"
#include "support/log.hpp"
#include "support/uuid.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace runtime {

// The objects of one kind, decoded, in the last state that the API server has shown. One watcher for each
// scope writes, everybody reads. Object has uid, name_space, name and resource_version. A pointer to an
// object holds until the object changes.
//
// Guarantees: a list counts only when it is complete. For one uid an older version never replaces a newer
// one, so a watch that lags does not undo the answer to a write of ours. Only a list may go back behind the
// version that was known when the list was requested: then the server has lost history (etcd was restored
// from a backup). An object that cannot be decoded keeps its last decoded state, and never looks deleted.
template <class Object>
class store
{
public:
    using decoder = std::function<support::result<Object>(kube::object_json)>;
    // `before` is null for a new object, `after` for a deleted one.
    using observer = std::function<void(const Object* before, const Object* after)>;

    // `ready` is called once, when ready() becomes true.
    store(decoder decode, observer changed, std::function<void()> ready)
        : decode_(std::move(decode)), changed_(std::move(changed)), ready_(std::move(ready))
    {}

    // The sink for the watcher of `name_space` (empty: all namespaces). It lives as long as the store.
    object_sink& scope(std::string name_space)
    {
        scopes_.push_back(std::make_unique<scope_sink>(*this, std::move(name_space)));
        return *scopes_.back();
    }

    // Whether every scope has been listed once, except those whose list stays forbidden beside others that
    // are listed. Such a scope takes part as soon as it is listed.
    bool ready() const
    {
        bool any = scopes_.empty();
        for (const auto& scope : scopes_)
        {
            if (!scope->complete && scope->times_forbidden < patience)
            {
                return false;
            }
            any = any || scope->complete;
        }
        return any;
    }

    // A scope that has not been listed yet.
    struct unlisted_scope
    {
        std::string name_space;
        bool forbidden;
    };
    std::vector<unlisted_scope> unlisted() const
    {
        std::vector<unlisted_scope> scopes;
        for (const auto& scope : scopes_)
        {
            if (!scope->complete)
            {
                scopes.push_back({scope->name_space(), scope->times_forbidden > 0});
            }
        }
        return scopes;
    }

    const Object* find(const support::uuid& uid) const
    {
        const auto it = objects_.find(uid);
        return it == objects_.end() ? nullptr : &*it;
    }

    std::size_t size() const { return objects_.size(); }

    void each(const std::function<void(const Object&)>& visit) const
    {
        for (const Object& object : objects_)
        {
            visit(object);
        }
    }

    // Takes the answer to a write of ours; drops it if the object has been deleted meanwhile.
    void applied(kube::object_json object)
    {
        auto decoded = decode_(object);
        if (!decoded || !objects_.contains(decoded->uid))
        {
            return;
        }
        for (const auto& scope : scopes_)
        {
            scope->answered(*decoded);
        }
        put(std::move(*decoded));
    }

private:
    // A right that was just granted takes effect a moment later.
    static constexpr int patience = 4;

    class scope_sink final : public object_sink
    {
    public:
        scope_sink(store& owner, std::string name_space) : owner_(owner), name_space_(std::move(name_space))
        {}

        void list_began() override
        {
            listed_.clear();
            answered_.clear();
            listing_ = true;
            nameless_ = false;
        }

        void listed(kube::object_json object) override
        {
            auto decoded = owner_.decode_(object);
            const auto uid =
                decoded ? std::optional(decoded->uid) : owner_.leave_alone(object, decoded.error());
            if (uid)
            {
                listed_.insert(*uid);
            }
            nameless_ = nameless_ || !uid;
            if (decoded)
            {
                owner_.put(std::move(*decoded), !answered_.contains(*uid));
            }
        }

        void list_ended() override
        {
            if (!nameless_)
            {
                owner_.keep_only(listed_, name_space_);
            }
            listed_.clear();
            answered_.clear();
            listing_ = false;
            const bool was_ready = owner_.ready();
            complete = true;
            if (!was_ready && owner_.ready())
            {
                owner_.ready_();
            }
        }

        void list_forbidden() override
        {
            const bool was_ready = owner_.ready();
            ++times_forbidden;
            if (!was_ready && owner_.ready())
            {
                owner_.ready_();
            }
        }

        void changed(kube::object_json object) override
        {
            if (auto decoded = owner_.decode_(object))
            {
                owner_.put(std::move(*decoded));
            }
            else
            {
                owner_.leave_alone(object, decoded.error());
            }
        }

        void deleted(kube::object_json object) override
        {
            if (const auto uid = support::uuid::parse(kube::identify(object).uid))
            {
                owner_.remove(*uid);
                if (comparing_)
                {
                    deleted_.insert(*uid);
                }
            }
        }

        void comparison_began() override
        {
            deleted_.clear();
            comparing_ = true;
        }

        std::size_t missed(const std::vector<listed_object>& listed, std::uint64_t version) override
        {
            return owner_.missed(listed, version, *this);
        }

        void comparison_ended() override
        {
            deleted_.clear();
            comparing_ = false;
        }

        bool saw_deletion(const support::uuid& uid) const { return deleted_.contains(uid); }

        // Records that the server answered a write of ours to this object.
        void answered(const Object& object)
        {
            if (listing_)
            {
                answered_.insert(object.uid);
            }
            if (wrote && owns(object))
            {
                wrote(object.resource_version);
            }
        }

        bool owns(const Object& object) const
        {
            return name_space_.empty() || object.name_space.view() == name_space_;
        }

        const std::string& name_space() const { return name_space_; }

        bool complete = false;
        int times_forbidden = 0;

    private:
        store& owner_;
        std::string name_space_;
        bool listing_ = false;
        std::unordered_set<support::uuid> listed_;
        // Objects that were written while the list was read; the list may show them in an older state.
        std::unordered_set<support::uuid> answered_;
        // The list holds an object without a readable uid. It may be any object that the list seems to lack,
        // so nothing is removed after such a list.
        bool nameless_ = false;
        bool comparing_ = false;
        std::unordered_set<support::uuid> deleted_;  // while comparing
    };

    // How many of the listed objects are not here in that version or a later one, and how many are here that
    // were not listed at `version`. An object that cannot be decoded counts as seen.
    std::size_t missed(
        const std::vector<listed_object>& listed, std::uint64_t version, const scope_sink& scope
    ) const
    {
        std::size_t unseen = 0;
        std::size_t still_as_old = 0;
        for (const auto& [uid, at] : listed)
        {
            const Object* const known = find(uid);
            const bool seen = unreadable_.contains(uid) || scope.saw_deletion(uid) ||
                              (known != nullptr && known->resource_version >= at);
            unseen += seen ? 0 : 1;
            still_as_old += known != nullptr && known->resource_version <= version ? 1 : 0;
        }
        std::size_t old = 0;
        for (const Object& object : objects_)
        {
            old += scope.owns(object) && object.resource_version <= version ? 1 : 0;
        }
        return unseen + (old - std::min(old, still_as_old));
    }

    // Logs an object that cannot be decoded, once for each of its versions. Returns its uid; empty if not
    // even the uid can be read.
    std::optional<support::uuid> leave_alone(kube::object_json object, const support::error& error)
    {
        const auto identity = kube::identify(object);
        const auto uid = support::uuid::parse(identity.uid);
        if (!uid || std::exchange(unreadable_[*uid], identity.resource_version) != identity.resource_version)
        {
            support::log(
                support::log_level::warn,
                "an object cannot be decoded; its last decoded state stays in use",
                {{"object", identity.name_space + "/" + identity.name}, {"error", error.message}}
            );
        }
        return uid;
    }

    void put(Object object, bool may_go_back = false)
    {
        unreadable_.erase(object.uid);
        const auto it = objects_.find(object.uid);
        if (it == objects_.end())
        {
            ++sizes_[std::string(object.name_space.view())];
            changed_(nullptr, &*objects_.insert(std::move(object)).first);
            return;
        }
        const auto known = it->resource_version;
        if (object.resource_version == known || (object.resource_version < known && !may_go_back))
        {
            return;
        }
        auto node = objects_.extract(it);
        const Object before = std::exchange(node.value(), std::move(object));
        changed_(&before, &*objects_.insert(std::move(node)).position);
    }

    void remove(const support::uuid& uid)
    {
        unreadable_.erase(uid);
        const auto it = objects_.find(uid);
        if (it != objects_.end())
        {
            const auto node = objects_.extract(it);
            const auto size = sizes_.find(std::string(node.value().name_space.view()));
            if (--size->second == 0)
            {
                sizes_.erase(size);
            }
            changed_(&node.value(), nullptr);
        }
    }

    std::size_t size_of(const std::string& name_space) const
    {
        const auto size = sizes_.find(name_space);
        return name_space.empty() ? objects_.size() : size == sizes_.end() ? 0 : size->second;
    }

    void keep_only(const std::unordered_set<support::uuid>& listed, const std::string& name_space)
    {
        const auto is_kept = [&](const support::uuid& uid) {
            const Object* const known = find(uid);
            return known != nullptr && (name_space.empty() || known->name_space.view() == name_space);
        };
        // Mostly nothing is gone, and the objects of the other namespaces need not be looked through.
        if (static_cast<std::size_t>(std::ranges::count_if(listed, is_kept)) == size_of(name_space))
        {
            return;
        }
        std::vector<support::uuid> gone;
        for (const Object& object : objects_)
        {
            const bool in_scope = name_space.empty() || object.name_space.view() == name_space;
            if (in_scope && !listed.contains(object.uid))
            {
                gone.push_back(object.uid);
            }
        }
        for (const support::uuid& uid : gone)
        {
            remove(uid);
        }
    }

    decoder decode_;
    observer changed_;
    std::function<void()> ready_;
    std::unordered_set<Object, uid_hash, same_uid> objects_;     // an object does not move
    std::unordered_map<std::string, std::size_t> sizes_;         // by namespace
    std::unordered_map<support::uuid, std::string> unreadable_;  // the versions that were logged
    std::vector<std::unique_ptr<scope_sink>> scopes_;
};

}  // namespace runtime
