#include "binding/bindings.hpp"

#include "binding/codec.hpp"

#include <algorithm>
#include <utility>

namespace binding {

bindings::bindings(observer changed, std::function<void()> ready)
    : changed_(std::move(changed)),
      store_(
          &decode,
          [this](const auto* before, const auto* after) {
              index(before, after);
              changed_(before, after);
          },
          std::move(ready)
      )
{}

std::vector<const certificate_binding*> bindings::bindings_of(const target& target) const
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

std::vector<target> bindings::targets() const
{
    std::vector<target> all;
    for (const auto& [target, uids] : by_target_)
    {
        all.push_back(target);
    }
    return all;
}

void bindings::index(const certificate_binding* before, const certificate_binding* after)
{
    // Region and listener are immutable, so an object stays with its target.
    if (before == nullptr)
    {
        by_target_[target_of(*after)].push_back(after->uid);
    }
    if (after == nullptr)
    {
        const auto found = by_target_.find(target_of(*before));
        std::erase(found->second, before->uid);
        if (found->second.empty())
        {
            by_target_.erase(found);
        }
    }
}

}  // namespace binding
