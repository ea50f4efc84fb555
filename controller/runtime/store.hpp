#pragma once

#include "kube/client.hpp"
#include "runtime/watcher.hpp"
#include "support/error.hpp"
#include "support/log.hpp"
#include "support/uuid.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace runtime {

// The objects of one kind, typed, as the API server last showed them; one watcher for each scope writes,
// everybody reads. Object has uid, name_space, name and resource_version. Pointers hold until the object
// changes.
//
// Guarantees: a list counts only when it is complete; for one uid nothing older replaces something newer, so
// the answer to a write of ours is not undone by a watch that lags; only a list may go back, behind what was
// known when it was asked for: then the server has lost history (etcd restored from a backup). An object that
// cannot be read stays as it was when it last could, and never looks deleted.
template <class Object>
class store
{
public:
    using decoder = std::function<support::result<Object>(kube::object_json)>;
    using observer =
        std::function<void(const Object* before, const Object* after)>;  // null: was not there, is gone

    // `ready` is called once, when every scope has been listed.
    store(decoder decode, observer changed, std::function<void()> ready)
        : decode_(std::move(decode)), changed_(std::move(changed)), ready_(std::move(ready))
    {}

    // The sink for the watcher of `name_space` (empty: all). It lives as long as the store.
    object_sink& scope(std::string name_space)
    {
        scopes_.push_back(std::make_unique<scope_sink>(*this, std::move(name_space)));
        return *scopes_.back();
    }

    // Every scope has been listed once.
    bool ready() const
    {
        for (const auto& each : scopes_)
        {
            if (!each->complete)
            {
                return false;
            }
        }
        return true;
    }

    const Object* find(const support::uuid& uid) const
    {
        const auto found = objects_.find(uid);
        return found == objects_.end() ? nullptr : &found->second;
    }

    std::size_t size() const { return objects_.size(); }

    void each(const std::function<void(const Object&)>& visit) const
    {
        for (const auto& [uid, object] : objects_)
        {
            visit(object);
        }
    }

    // The answer to a write of ours. Of an object that is gone meanwhile it is dropped.
    void applied(kube::object_json object)
    {
        auto decoded = decode_(object);
        if (!decoded || !objects_.contains(decoded->uid))
        {
            return;
        }
        for (const auto& each : scopes_)
        {
            each->answered(decoded->uid);
        }
        put(std::move(*decoded));
    }

private:
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
            }
        }

        // By the server to a write of ours.
        void answered(const support::uuid& uid)
        {
            if (listing_)
            {
                answered_.insert(uid);
            }
        }

        bool complete = false;

    private:
        store& owner_;
        std::string name_space_;
        bool listing_ = false;
        std::unordered_set<support::uuid> listed_;
        std::unordered_set<support::uuid> answered_;  // while the list is read: newer than what it shows
        bool nameless_ = false;  // the list has an object without a uid: what is missing may be that one
    };

    // Of an object that cannot be read; empty if not even that can.
    std::optional<support::uuid> leave_alone(kube::object_json object, const support::error& error)
    {
        const auto identity = kube::identify(object);
        const auto uid = support::uuid::parse(identity.uid);
        if (!uid || std::exchange(unreadable_[*uid], identity.resource_version) != identity.resource_version)
        {
            support::log(
                support::log_level::warn,
                "an object cannot be read and is left alone",
                {{"object", identity.name_space + "/" + identity.name}, {"error", error.message}}
            );
        }
        return uid;
    }

    void put(Object object, bool may_go_back = false)
    {
        unreadable_.erase(object.uid);
        const auto found = objects_.find(object.uid);
        if (found == objects_.end())
        {
            const auto uid = object.uid;
            changed_(nullptr, &objects_.emplace(uid, std::move(object)).first->second);
            return;
        }
        const auto known = found->second.resource_version;
        if (object.resource_version == known || (object.resource_version < known && !may_go_back))
        {
            return;
        }
        const Object before = std::exchange(found->second, std::move(object));
        changed_(&before, &found->second);
    }

    void remove(const support::uuid& uid)
    {
        unreadable_.erase(uid);
        auto node = objects_.extract(uid);
        if (!node.empty())
        {
            changed_(&node.mapped(), nullptr);
        }
    }

    void keep_only(const std::unordered_set<support::uuid>& listed, const std::string& name_space)
    {
        std::vector<support::uuid> gone;
        for (const auto& [uid, object] : objects_)
        {
            const bool in_scope = name_space.empty() || object.name_space.view() == name_space;
            if (in_scope && !listed.contains(uid))
            {
                gone.push_back(uid);
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
    std::unordered_map<support::uuid, Object> objects_;
    std::unordered_map<support::uuid, std::string> unreadable_;  // their versions, each logged once
    std::vector<std::unique_ptr<scope_sink>> scopes_;
};

}  // namespace runtime
