#include "binding/targets/survey.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace binding {
namespace {

constexpr std::size_t requests_of_listener = 2;     // the listener and its load balancer
constexpr std::size_t requests_of_certificate = 3;  // a container and its two secrets

}  // namespace

std::optional<target> count_requests_at_rest(
    const reconcile_state& state,
    const std::optional<target>& after,
    std::size_t most,
    std::map<surveyor_key, std::size_t>& requests
)
{
    const auto& all = state.all();
    auto next = after ? all.upper_bound(*after) : all.begin();
    std::optional<target> last;
    for (; next != all.end() && most > 0; ++next, --most)
    {
        const auto& [which, known] = *next;
        last = which;
        if (const resting_target* resting = known.resting())
        {
            requests[surveyor_of(which)] +=
                requests_of_listener + requests_of_certificate * resting->bindings();
        }
    }
    return last;
}

void sought_ids::sort()
{
    std::ranges::sort(ids_);
    const auto repeated = std::ranges::unique(ids_);
    ids_.erase(repeated.begin(), repeated.end());
    found_.resize(ids_.size());
}

void sought_ids::find(const support::uuid& id)
{
    if (found_.empty())
    {
        sort();
    }
    const auto at = std::ranges::lower_bound(ids_, id);
    if (at != ids_.end() && *at == id)
    {
        found_[static_cast<std::size_t>(at - ids_.begin())] = true;
    }
}

bool sought_ids::found(const support::uuid& id) const
{
    if (found_.empty())
    {
        return false;
    }
    const auto at = std::ranges::lower_bound(ids_, id);
    return at != ids_.end() && *at == id && found_[static_cast<std::size_t>(at - ids_.begin())];
}

std::vector<target> survey::take_listeners(
    const reconcile_state& state, const std::vector<cloud::listener>& page
)
{
    std::vector<target> different;
    for (const cloud::listener& listed : page)
    {
        const target which{who_.region, listed.id, who_.identity, who_.credential};
        const resting_target* known = state.resting(which);
        if (known == nullptr || known->read_at() >= asked_at_)
        {
            continue;
        }
        if (known->agrees_with(listed))
        {
            agreeing_.push_back(which);
            active_load_balancers_.seek(known->load_balancer());
            std::ranges::for_each(known->certificates(), [this](const auto& id) {
                usable_certificates_.seek(id);
            });
        }
        else if (listed.status != cloud::provisioning_status::pending)
        {
            different.push_back(which);
        }
    }
    return different;
}

void survey::take_load_balancers(const std::vector<cloud::listed_load_balancer>& page)
{
    for (const cloud::listed_load_balancer& listed : page)
    {
        if (listed.status == cloud::provisioning_status::active)
        {
            active_load_balancers_.find(listed.id);
        }
    }
}

void survey::take_usable_certificates(const std::vector<support::uuid>& page)
{
    std::ranges::for_each(page, [this](const support::uuid& id) { usable_certificates_.find(id); });
}

bool survey::shows_all_of(const resting_target& known) const
{
    return active_load_balancers_.found(known.load_balancer()) &&
           std::ranges::all_of(known.certificates(), [this](const support::uuid& certificate) {
               return usable_certificates_.found(certificate);
           });
}

bool survey::confirm_next(reconcile_state& state, const cloud::project_scope& scope, std::size_t most)
{
    const std::size_t end = std::min(agreeing_.size(), next_ + most);
    for (; next_ < end; ++next_)
    {
        const target& which = agreeing_[next_];
        const resting_target* known = state.resting(which);
        if (known != nullptr && known->is_of(scope) && shows_all_of(*known))
        {
            ++shown_;
            confirmed_ += state.confirm(which, asked_at_) ? 1 : 0;
        }
    }
    return next_ < agreeing_.size();
}

}  // namespace binding
