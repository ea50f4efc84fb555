#pragma once

#include "binding/observed/observed.hpp"
#include "binding/resource/certificate_binding.hpp"
#include "binding/settings.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace binding {

// quarantine: a ref that Octavia named when it refused a PUT, and has not accepted since.
struct refused_ref
{
    support::time_point at{};     // of the last refusal that named it
    support::time_point until{};  // no PUT adds the ref before that, though it can be read
    int times = 0;
    bool lasting = false;  // refused too often for a moment of trouble
    std::string message;
};

// What a PUT adds, and for which binding, as it was when the PUT was planned.
struct addition
{
    support::uuid binding;
    support::uuid certificate_id;
    binding::slot slot = binding::slot::sni;
    cloud::container_ref container_ref;

    bool operator==(const addition&) const = default;
};

// quarantine: Octavia refused a PUT without naming a ref, so one of the additions of that PUT is bad. What
// Octavia has accepted since is no longer among them.
struct bisection
{
    std::vector<addition> suspects;  // two or more
    std::string message;
};

// The next PUT waits, whatever it adds.
struct write_backoff
{
    std::string message;
    support::time_point until{};
    int times = 0;
};

// An addition that goes into quarantine, and why.
struct bad_addition
{
    addition which;
    std::string message;
};

// What Octavia's answers to PUTs mean for the next PUTs.
struct refusals
{
    std::map<cloud::container_ref, refused_ref> refused_refs;
    std::optional<binding::bisection> bisection;
    // quarantine: Octavia refused a PUT that adds nothing, and named no ref.
    std::optional<write_backoff> blocked;
    // unanswered-writes: PUTs in a row without an answer of Octavia. The next one waits.
    std::optional<write_backoff> unanswered;

    // `checked`: the refs that Octavia checks for the PUT. Gives the additions that the refusal proves bad.
    std::vector<bad_addition> record_refused(
        const settings& settings,
        const std::set<cloud::container_ref>& checked,
        const std::vector<addition>& added,
        const cloud::error& error,
        support::time_point now
    );
    // Gives the last suspect of a bisection, if one alone remains: it is the bad one.
    std::vector<bad_addition> record_accepted(
        const std::set<cloud::container_ref>& refs, const std::vector<addition>& added
    );
    // `over`: when the PUT can take effect no more.
    void record_unanswered(const cloud::error& error, support::time_point over);

    // Ends the bisection if a suspect has changed or gone, because the bad one may have been that.
    void drop_bisection_without(const std::vector<const certificate_binding*>& bindings);
    // Drops the refs that are neither in `kept` nor wanted by a binding.
    void forget_refs(
        const std::set<cloud::container_ref>& kept, const std::vector<const certificate_binding*>& bindings
    );

private:
    std::vector<bad_addition> record_refused_refs(
        const std::set<cloud::container_ref>& refused,
        const std::vector<addition>& added,
        const cloud::error& error,
        support::time_point now
    );
    std::vector<bad_addition> suspect(const std::vector<addition>& added, const std::string& message);
};

}  // namespace binding
