#include "runtime/lease_view.hpp"

#include "runtime/version_number.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace runtime {
namespace {

using support::duration;
using support::time_point;

bool is_newer(const std::string& version, const std::string& known)
{
    const auto there = number_of(version);
    const auto here = number_of(known);
    return there && here ? *there > *here : version != known;
}

}  // namespace

lease_view::lease_view(std::string identity, duration own_duration)
    : identity_(std::move(identity)), own_duration_(own_duration)
{}

bool lease_view::read(const std::optional<lease>& shown, bool expects_own, time_point now)
{
    known_ = true;
    version_ = shown ? shown->version : "";
    return see(shown, expects_own, now);
}

bool lease_view::heard(
    const std::string& version, const std::optional<lease>& shown, bool expects_own, time_point now
)
{
    if (!is_newer(version, version_))
    {
        return false;
    }
    version_ = version;
    return see(shown, expects_own, now);
}

void lease_view::expired()
{
    version_.clear();
    known_ = false;
}

const lease_record& lease_view::record() const
{
    static const lease_record none;
    return shown_ ? shown_->record : none;
}

bool lease_view::own() const
{
    return shown_ && shown_->record.holder == identity_;
}

time_point lease_view::free_at() const
{
    const bool is_held = !own() && !record().holder.empty();
    return is_held ? std::max(held_until_, changed_at_ + duration_of_holder()) : held_until_;
}

duration lease_view::duration_of_holder() const
{
    const auto shown = record().duration_seconds;
    if (record().holder.empty() || shown <= 0)
    {
        return own_duration_;
    }
    constexpr auto longest = std::chrono::duration_cast<std::chrono::seconds>(longest_lease).count();
    return std::chrono::seconds(std::min<std::int64_t>(shown, longest));
}

bool lease_view::see(const std::optional<lease>& shown, bool expects_own, time_point now)
{
    const bool changed = shown.has_value() != shown_.has_value() || (shown && shown->record != record());
    if (shown)
    {
        const bool late_post = !expects_own && shown->record.holder == identity_ && shown->uid != uid_;
        held_until_ = late_post ? now + own_duration_ : held_until_;
        uid_ = shown->uid;
    }
    else if (shown_)
    {
        held_until_ = now + duration_of_holder();
    }
    shown_ = shown;
    changed_at_ = changed ? now : changed_at_;
    return changed;
}

}  // namespace runtime
