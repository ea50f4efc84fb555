#pragma once

#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

// How a collection is followed, without I/O: list it in pages, watch it from there, resume where the watch
// ended, list again when the server no longer has the history
// (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
namespace runtime {

enum class watch_action
{
    list_first_page,  // a new list; what was listed before and is not in it is gone when it is complete
    list_next_page,   // with continue_token()
    watch,            // from resource_version()
    read_event,       // of the open watch
    sleep,            // until wake_at(), then resume with slept()
};

enum class watch_failure
{
    expired,    // 410: the version, or the continue token, is too old
    refused,    // the request itself is not taken: whatever it carried is given up
    too_large,  // the answer is longer than we take
    transient,  // the same may work later
};

class watch_machine
{
public:
    explicit watch_machine(support::random_engine& random);

    // What to do now. The answer stays the same until one of the events below; each of them is taken in any
    // state.
    watch_action next() const { return action_; }

    // ---- what happened ----
    void listed_page(std::string continue_token, std::string resource_version);
    void list_failed(
        watch_failure why, std::optional<support::duration> retry_after, support::time_point now
    );
    void watch_opened(support::time_point now);
    // It was not opened, or it was cut, silent, not understood or ended by an ERROR event.
    void watch_failed(
        watch_failure why, std::optional<support::duration> retry_after, support::time_point now
    );
    void event_read(std::string resource_version);  // bookmarks too
    void watch_ended(support::time_point now);      // by the server, in order
    void slept();

    // ---- what goes with the action ----
    const std::string& continue_token() const { return continue_token_; }
    int page_limit() const { return page_limit_; }  // objects of a page
    const std::string& resource_version() const { return resource_version_; }
    support::time_point wake_at() const { return wake_at_; }
    // Of watches in a row; none since one has shown something.
    int watch_failures() const { return watch_failures_; }

private:
    static constexpr int full_page = 500;

    void go_on(watch_action with);
    void wait(
        watch_action then, int failures, std::optional<support::duration> at_least, support::time_point now
    );

    support::random_engine& random_;
    watch_action action_ = watch_action::list_first_page;
    watch_action after_sleep_ = watch_action::list_first_page;
    std::string continue_token_;
    int page_limit_ = full_page;
    std::string resource_version_;
    support::time_point wake_at_{};
    support::time_point opened_at_{};
    bool had_event_ = false;
    int list_failures_ = 0;  // of one page in a row
    int watch_failures_ = 0;
};

}  // namespace runtime
