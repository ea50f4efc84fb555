#pragma once

#include "support/backoff.hpp"
#include "support/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

// How a collection is followed, without I/O: list it in pages, watch it from the version of the list, resume
// where the watch ended, and list again when the server no longer has the history
// (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
namespace runtime {

enum class watch_action
{
    // Begins a new list. When the list is complete, an object that is not in it is gone.
    list_first_page,
    list_next_page,  // with continue_token()
                     // The version of the collection is read, because a server that is back may have lost
                     // history.
    check_version,
    watch,       // from resource_version()
    read_event,  // of the open watch
    sleep,       // until wake_at(), then resume with slept()
};

enum class watch_failure
{
    expired,       // 410: the version or the continue token is too old
    refused,       // the server rejects the request; its version and token are given up
    unauthorized,  // 401, 403: the server did not look at the version
    too_large,     // the answer is larger than the client accepts
    unanswered,    // nobody answered, or a stream was cut
    transient,     // the server answered, and the same request may succeed later
};

class watch_machine
{
public:
    explicit watch_machine(support::random_engine& random);

    // The next action. It stays the same until one of the events below. Every event is accepted in every
    // state.
    watch_action next() const { return action_; }

    // ---- events ----
    void listed_page(std::string continue_token, std::string resource_version);
    void list_failed(
        watch_failure why, std::optional<support::duration> retry_after, support::time_point now
    );
    void watch_opened(support::time_point now);
    // The watch was not opened, or it was cut, silent, malformed or ended by an ERROR event; or the version
    // could not be read.
    void watch_failed(
        watch_failure why, std::optional<support::duration> retry_after, support::time_point now
    );
    void event_read(std::string resource_version);  // also of a bookmark
    void watch_ended(support::time_point now);      // properly, by the server
    void slept();
    // The version of the collection. False if it is older than the one that was known: the server has lost
    // history, and everything is listed again.
    bool version_read(const std::string& current);
    // The watch has not shown what is there: everything is listed again.
    void watch_missed(support::time_point now);

    // ---- arguments of the action ----
    const std::string& continue_token() const { return continue_token_; }
    int page_limit() const { return page_limit_; }  // in objects
    const std::string& resource_version() const { return resource_version_; }
    support::time_point wake_at() const { return wake_at_; }
    // Failed watches in a row; an event of a watch resets the count.
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
    int list_failures_ = 0;  // in a row, of one page
    int watch_failures_ = 0;
    int refusals_of_version_ = 0;  // answers in a row that may be about the version
};

}  // namespace runtime
