#include "binding/index/binding_index.hpp"

#include "binding/resource/codec.hpp"

#include <algorithm>
#include <utility>

namespace binding {

binding_index::binding_index(
    credential_source& credentials,
    on_target_changed changed,
    std::function<void()> ready,
    on_object_changed seen
)
    : credentials_(credentials),
      changed_(std::move(changed)),
      seen_(std::move(seen)),
      store_(
          &decode,
          [this](const auto* before, const auto* after) { take(before, after, false); },
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

void binding_index::take(const certificate_binding* before, const certificate_binding* after, bool again)
{
    credentials_.update(before, after);
    const auto known = where_.find(before == nullptr ? after->uid : before->uid);
    const auto was = known == where_.end() ? std::nullopt : std::optional(known->second->first);
    if (seen_)
    {
        seen_(was, before, after);
    }
    if (after == nullptr)
    {
        leave(before->uid);
        changed_(*was, before, nullptr);
        return;
    }
    const target is = credentials_.target_of(*after);
    if (was == is)
    {
        changed_(is, again ? nullptr : before, after);
        return;
    }
    if (was)
    {
        leave(before->uid);
        changed_(*was, before, nullptr);
    }
    enter(*after, is);
    changed_(is, nullptr, after);
}

void binding_index::place_again(const std::set<support::uuid>& uids)
{
    for (const support::uuid& uid : uids)
    {
        if (const certificate_binding* object = store_.find(uid))
        {
            take(object, object, true);
        }
    }
}

void binding_index::enter(const certificate_binding& object, const target& where)
{
    const auto found = by_target_.try_emplace(where).first;
    auto& uids = found->second;
    uids.insert(std::ranges::lower_bound(uids, object.uid), object.uid);
    where_[object.uid] = found;
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
