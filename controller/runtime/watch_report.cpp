#include "runtime/watch_report.hpp"

#include "support/log.hpp"

#include <utility>

namespace runtime {

using support::errc;
using support::log_level;

watch_failure failure_of(const support::error& error)
{
    constexpr int gone = 410;
    if (error.code == errc::status && error.http_status == gone)
    {
        return watch_failure::expired;
    }
    if (error.code == errc::too_large)
    {
        return watch_failure::too_large;
    }
    constexpr int unauthenticated = 401;
    constexpr int forbidden = 403;
    if (error.code == errc::status &&
        (error.http_status == unauthenticated || error.http_status == forbidden))
    {
        return watch_failure::unauthorized;
    }
    if (error.code != errc::status && error.code != errc::bad_answer)
    {
        return watch_failure::unanswered;
    }
    return kube::is_refused(error) ? watch_failure::refused : watch_failure::transient;
}

watch_report::watch_report(watch_scope scope) : scope_(std::move(scope)) {}

void watch_report::failed(watch_step step, const support::error& error)
{
    const auto why = failure_of(error);
    const int status = error.code == errc::status ? error.http_status : 0;
    const std::string verb = step == watch_step::list ? "list" : "watch";
    const std::string& group = scope_.resource.group;
    const std::string resource = scope_.resource.plural + (group.empty() ? "" : "." + group);
    std::string message = "cannot " + verb + " " + resource + ": " + error.message;
    if (status == 401)
    {
        message += "; the server refuses the credentials, check the token or client certificate";
    }
    if (status == 403)
    {
        message += "; grant the verb " + verb + " on " + resource +
                   (scope_.name_space.empty() ? " in all namespaces" : " in namespace " + scope_.name_space);
    }
    if (status == 404)
    {
        message += "; " + scope_.hint_if_missing;
    }
    if (why == watch_failure::too_large)
    {
        message += "; the next list asks for fewer objects at a time";
    }
    const trouble current{step, error.code, status};
    const bool worth_a_line = why != watch_failure::expired && current != trouble_;
    support::log(worth_a_line ? log_level::warn : log_level::debug, message + "; trying again");
    if (why != watch_failure::expired)
    {
        trouble_ = current;
    }
}

void watch_report::answered()
{
    if (trouble_ && trouble_->step != watch_step::stream)
    {
        recovered();
    }
}

void watch_report::recovered()
{
    if (trouble_)
    {
        support::log(log_level::info, "watching " + scope_.resource.plural + " again");
        trouble_.reset();
    }
}

void watch_report::interrupted(const support::error& error)
{
    support::log(log_level::debug, "a watch was interrupted and is resumed", {{"error", error.message}});
}

void watch_report::history_lost(const std::string& known, const std::string& version)
{
    support::log(
        log_level::warn,
        "the API server has lost history (was etcd restored from a backup?); everything is listed again",
        {{"known_version", known}, {"version", version}}
    );
}

void watch_report::missed(std::size_t changes)
{
    support::log(
        log_level::warn,
        "a watch has not shown all changes, which is a fault of the server; everything is listed again",
        {{"missed", std::to_string(changes)}}
    );
}

void watch_report::died(const std::string& reason)
{
    support::log(
        log_level::warn, "a watch is dead although its connection stands; watching anew", {{"reason", reason}}
    );
}

}  // namespace runtime
