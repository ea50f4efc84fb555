#include "binding/index/binding_index.hpp"

#include "binding/resource/decode.hpp"

#include <algorithm>
#include <utility>

namespace binding {

binding_index::binding_index(
    credential_source& credentials,
    std::function<void(const object_changed&)> changed,
    std::function<void()> ready
)
    : credentials_(credentials),
      changed_(std::move(changed)),
      store_(
          &decode,
          [this](const auto* before, const auto* after) { changed_(place(before, after)); },
          std::move(ready)
      )
{}

std::vector<const certificate_binding*> binding_index::bindings_of(const target& target) const
{
    std::vector<const certificate_binding*> bindings;
    if (const auto entry = by_target_.find(target); entry != by_target_.end())
    {
        for (const support::uuid& uid : entry->second.uids)
        {
            bindings.push_back(store_.find(uid));
        }
    }
    std::ranges::sort(bindings, [](const auto* a, const auto* b) { return older(*a, *b); });
    return bindings;
}

std::vector<target> binding_index::targets() const
{
    std::vector<target> all;
    for (const auto& [target, entry] : by_target_)
    {
        all.push_back(target);
    }
    return all;
}

void binding_index::each_target_of(const target& tenant, const std::function<bool(const target&)>& visit)
    const
{
    const auto known = by_tenant_.find(tenant_of(tenant));
    if (known == by_tenant_.end())
    {
        return;
    }
    for (const auto& entry : known->second)
    {
        if (!visit(entry->first))
        {
            return;
        }
    }
}

std::vector<target> binding_index::targets_on(const target& listener) const
{
    std::vector<target> targets;
    const auto begin = by_target_.lower_bound({listener.region, listener.listener});
    for (auto entry = begin; entry != by_target_.end(); ++entry)
    {
        const target& one = entry->first;
        if (one.region != listener.region || one.listener != listener.listener)
        {
            break;
        }
        if (same_listener(one, listener))
        {
            targets.push_back(one);
        }
    }
    return targets;
}

bool binding_index::walk::go_on(
    std::size_t most, const std::function<void(const certificate_binding&)>& visit
)
{
    const std::size_t asked = most;
    const auto end = all_.by_target_.end();
    for (auto entry = all_.by_target_.lower_bound(at_); entry != end && most > 0; ++entry)
    {
        const auto& uids = entry->second.uids;
        auto uid = entry->first == at_ ? std::ranges::upper_bound(uids, last_) : uids.begin();
        at_ = entry->first;
        for (; uid != uids.end() && most > 0; ++uid, --most)
        {
            visit(*all_.store_.find(*uid));
            last_ = *uid;
        }
    }
    return most < asked;
}

object_changed binding_index::place(const certificate_binding* before, const certificate_binding* after)
{
    // The credentials come first, because the credential of a binding decides its target.
    credentials_.update(before, after);
    object_changed change{before, after, std::nullopt, std::nullopt};
    const support::uuid uid = before == nullptr ? after->uid : before->uid;
    if (const auto known = target_of_.find(uid); known != target_of_.end())
    {
        change.target_before = known->second->first;
    }
    if (after != nullptr)
    {
        change.target_after = credentials_.target_of(*after);
    }
    if (change.target_before == change.target_after)
    {
        return change;
    }
    if (change.target_before)
    {
        leave(uid);
    }
    if (change.target_after)
    {
        enter(uid, *change.target_after);
    }
    return change;
}

void binding_index::place_again(const std::set<support::uuid>& uids)
{
    for (const support::uuid& uid : uids)
    {
        if (const certificate_binding* object = store_.find(uid))
        {
            changed_(place(object, object));
        }
    }
}

void binding_index::enter(const support::uuid& uid, const target& target)
{
    const auto [entry, is_new] = by_target_.try_emplace(target);
    if (is_new)
    {
        auto& of_tenant = by_tenant_[tenant_of(target)];
        entry->second.place = of_tenant.size();
        of_tenant.push_back(entry);
    }
    auto& uids = entry->second.uids;
    uids.insert(std::ranges::lower_bound(uids, uid), uid);
    target_of_[uid] = entry;
}

void binding_index::leave(const support::uuid& uid)
{
    const auto known = target_of_.find(uid);
    const auto entry = known->second;
    target_of_.erase(known);
    std::erase(entry->second.uids, uid);
    if (!entry->second.uids.empty())
    {
        return;
    }
    // The last target of the credential takes the place of this one.
    const auto of_tenant = by_tenant_.find(tenant_of(entry->first));
    auto& places = of_tenant->second;
    places.back()->second.place = entry->second.place;
    places.at(entry->second.place) = places.back();
    places.pop_back();
    if (places.empty())
    {
        by_tenant_.erase(of_tenant);
    }
    by_target_.erase(entry);
}

}  // namespace binding
