#include "runtime/watch_liveness.hpp"

#include "runtime/version_number.hpp"

#include <algorithm>

namespace runtime {
namespace {

using namespace std::chrono_literals;

constexpr support::duration longest_silence = 150s;
constexpr support::duration write_seen_within = 30s;

}  // namespace

void watch_liveness::listed(const std::string& version)
{
    version_ = number_of(version).value_or(version_);
    oldest_.reset();
    newest_.reset();
}

void watch_liveness::opened(support::time_point now)
{
    last_event_ = now;
    watches_without_ = oldest_ ? watches_without_ + 1 : 0;
    // The new watch has its own time to show what the one before did not.
    for (auto* each : {&oldest_, &newest_})
    {
        if (*each)
        {
            (*each)->by = now + write_seen_within;
        }
    }
}

void watch_liveness::event_read(const std::string& version, bool bookmark, support::time_point now)
{
    last_event_ = now;
    bookmarks_ = bookmarks_ || bookmark;
    reached(version);
}

void watch_liveness::wrote(std::uint64_t version, support::time_point now)
{
    if (version <= version_)
    {
        return;
    }
    const awaited write{version, now + write_seen_within};
    if (!oldest_)
    {
        oldest_ = write;
        watches_without_ = 1;  // the open one
    }
    if (!newest_ || newest_->version < version)
    {
        newest_ = write;
    }
}

std::optional<support::time_point> watch_liveness::dead_at() const
{
    std::optional<support::time_point> at;
    if (bookmarks_)
    {
        at = last_event_ + longest_silence;
    }
    if (oldest_)
    {
        at = std::min(at.value_or(oldest_->by), oldest_->by);
    }
    return at;
}

std::string watch_liveness::reason() const
{
    const bool silent = !oldest_ || (bookmarks_ && last_event_ + longest_silence < oldest_->by);
    return silent ? "the server has sent nothing for 150 s, not even a bookmark"
                  : "the server has not sent a change of ours within 30 s";
}

void watch_liveness::reached(const std::string& version)
{
    version_ = number_of(version).value_or(version_);
    if (oldest_ && oldest_->version <= version_)
    {
        oldest_ = newest_;
        watches_without_ = 0;
    }
    if (newest_ && newest_->version <= version_)
    {
        oldest_.reset();
        newest_.reset();
    }
}

}  // namespace runtime
