#include "binding/index/binding_index.hpp"

#include "binding/resource/codec.hpp"

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
    std::vector<const certificate_binding*> found;
    if (const auto uids = by_target_.find(target); uids != by_target_.end())
    {
        for (const support::uuid& uid : uids->second)
        {
            found.push_back(store_.find(uid));
        }
    }
    std::ranges::sort(found, [](const auto* a, const auto* b) { return older(*a, *b); });
    return found;
}

std::vector<target> binding_index::targets() const
{
    std::vector<target> all;
    for (const auto& [target, uids] : by_target_)
    {
        all.push_back(target);
    }
    return all;
}

std::vector<target> binding_index::peers_of(const target& target) const
{
    std::vector<binding::target> found;
    const auto begin = by_target_.lower_bound({target.region, target.listener});
    for (auto each = begin; each != by_target_.end(); ++each)
    {
        const binding::target& other = each->first;
        if (other.region != target.region || other.listener != target.listener)
        {
            break;
        }
        if (other != target && same_listener(other, target))
        {
            found.push_back(other);
        }
    }
    return found;
}

bool binding_index::walk::go_on(
    std::size_t most, const std::function<void(const certificate_binding&)>& visit
)
{
    const std::size_t asked = most;
    const auto end = all_.by_target_.end();
    for (auto each = all_.by_target_.lower_bound(at_); each != end && most > 0; ++each)
    {
        const auto& uids = each->second;
        auto uid = each->first == at_ ? std::ranges::upper_bound(uids, last_) : uids.begin();
        at_ = each->first;
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
    if (const auto known = where_.find(uid); known != where_.end())
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

void binding_index::enter(const support::uuid& uid, const target& where)
{
    const auto found = by_target_.try_emplace(where).first;
    auto& uids = found->second;
    uids.insert(std::ranges::lower_bound(uids, uid), uid);
    where_[uid] = found;
}

void binding_index::leave(const support::uuid& uid)
{
    const auto known = where_.find(uid);
    const auto found = known->second;
    where_.erase(known);
    std::erase(found->second, uid);
    if (found->second.empty())
    {
        by_target_.erase(found);
    }
}

}  // namespace binding
