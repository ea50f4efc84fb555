#include "runtime/lease_report.hpp"

#include "kube/client.hpp"
#include "support/log.hpp"

#include <utility>

namespace runtime {
namespace {

using support::errc;
using support::log_level;

constexpr int unauthorized = 401;
constexpr int forbidden = 403;
constexpr int not_found = 404;
constexpr int timed_out = 408;
constexpr int conflict = 409;
constexpr int too_many_requests = 429;
constexpr int of_server = 500;
constexpr int unavailable = 503;

std::string_view verb_of(lease_step step)
{
    switch (step)
    {
        case lease_step::get:
            return "get";
        case lease_step::create:
            return "create";
        case lease_step::patch:
            return "patch";
        case lease_step::watch:
            break;
    }
    return "watch";
}

}  // namespace

lease_failure failure_of(lease_step step, const support::error& error)
{
    if (error.code != errc::status)
    {
        const bool not_sent =
            error.code == errc::invalid || error.code == errc::unreachable || error.code == errc::too_late;
        return not_sent ? lease_failure::transient : lease_failure::unanswered;
    }
    const int status = error.http_status;
    if (status == conflict || (status == not_found && step == lease_step::patch))
    {
        return lease_failure::conflict;
    }
    if (status == timed_out || (status >= of_server && status != unavailable))
    {
        return lease_failure::unanswered;
    }
    return kube::is_refused(error) && status != unauthorized ? lease_failure::refused
                                                             : lease_failure::transient;
}

lease_report::lease_report(std::string name_space, std::string name, std::string identity)
    : name_space_(std::move(name_space)), name_(std::move(name)), identity_(std::move(identity))
{}

void lease_report::gained(predecessor before) const
{
    support::log(
        log_level::info,
        "this process leads",
        {{"lease", lease()},
         {"identity", identity_},
         {"before",
          before == predecessor::every_put_resolved ? "the leader before has no change in doubt"
                                                    : "a change of the leader before may be in doubt"}}
    );
}

void lease_report::lost(const std::string& why) const
{
    support::log(
        log_level::warn,
        "this process does not lead any more; it sends nothing more and stays a candidate",
        {{"lease", lease()}, {"identity", identity_}, {"reason", why}}
    );
}

void lease_report::released(bool every_put_resolved) const
{
    support::log(
        log_level::info,
        "the Lease is released",
        {{"lease", lease()},
         {"identity", identity_},
         {"changes", every_put_resolved ? "none is in doubt" : "one may be in doubt"}}
    );
}

void lease_report::holder_is(const std::string& holder)
{
    if (holder == holder_)
    {
        return;
    }
    holder_ = holder;
    if (!holder.empty() && holder != identity_)
    {
        support::log(log_level::info, "another process leads", {{"lease", lease()}, {"leader", holder}});
    }
}

std::string lease_report::missing_rule(lease_step step) const
{
    // RBAC cannot restrict create to a name.
    const std::string of_name = step == lease_step::create ? "" : ", resourceNames [" + name_ + "]";
    return "; a Role in the namespace " + name_space_ +
           " needs the rule apiGroups [coordination.k8s.io], resources [leases]" + of_name + ", verbs [" +
           std::string(verb_of(step)) + "]";
}

void lease_report::failed(lease_step step, const support::error& error)
{
    const int status = error.code == errc::status ? error.http_status : 0;
    std::string message = "cannot " + std::string(verb_of(step)) + " the Lease: " + error.message;
    if (status == forbidden)
    {
        message += missing_rule(step);
    }
    if (status == unauthorized)
    {
        message += "; the server refuses the credentials, check the token or client certificate";
    }
    if (status == not_found && step == lease_step::create)
    {
        message += "; does the namespace " + name_space_ + " exist?";
    }
    auto& known = step == lease_step::watch ? trouble_of_watch_ : trouble_;
    const trouble current{step, error.code, status};
    // Conflicts and servers that are busy for a moment are part of an election.
    const bool usual = status == conflict || status == too_many_requests ||
                       (step == lease_step::watch && status != forbidden);
    support::log(
        usual || known == current ? log_level::debug : log_level::warn,
        message + "; trying again",
        {{"lease", lease()}, {"identity", identity_}}
    );
    if (!usual)
    {
        known = current;
    }
}

void lease_report::answered(lease_step step)
{
    auto& known = step == lease_step::watch ? trouble_of_watch_ : trouble_;
    if (known && known->step == step)
    {
        support::log(
            log_level::info,
            "can " + std::string(verb_of(step)) + " the Lease again",
            {{"lease", lease()}, {"identity", identity_}}
        );
        known.reset();
    }
}

}  // namespace runtime
