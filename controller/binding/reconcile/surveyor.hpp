#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/settings.hpp"
#include "binding/targets/survey.hpp"

#include <functional>
#include <map>

namespace binding {

// Of a target at rest the lists of its project are looked at in each resync period, and in one of this many
// periods the target itself.
inline constexpr int periods_between_reads = 24;

// A look at the lists of one project.
struct survey_result
{
    bool complete = false;      // all lists were read to the end
    std::size_t shown = 0;      // targets that were listed as they were read
    std::size_t confirmed = 0;  // those of them that need no read of their own in this period
    std::size_t different = 0;  // targets that were listed otherwise than they were read
};

// Looks at the lists of each project once in a resync period, instead of reading what is at rest one by one.
// A project is left alone for periods_between_reads periods where its lists may not be read, or show nothing
// as it was read two times in a row. A survey that ends with an exception, which is a bug, showed nothing,
// and the others go on.
class surveyor
{
public:
    struct parts
    {
        const credential_source& credentials;
        support::clock& clock;
        reconcile_state& state;
        const binding::settings& settings;
        std::function<void(target)> check;  // has a target that is listed otherwise reconciled
        std::function<void(const survey_result&)> surveyed;
    };

    explicit surveyor(parts parts) : parts_(std::move(parts)) {}

    // Returns only by cancellation.
    support::task<> run();

    // How many surveys have ended with an exception.
    std::size_t panics() const { return panics_; }

private:
    support::task<std::map<surveyor_key, std::size_t>> count();
    support::task<> survey_unless_it_panics(surveyor_key who, std::size_t requests, support::time_point end);
    // Waits until the project's own moment in the period.
    support::task<> survey_in_turn(surveyor_key who, std::size_t requests, support::time_point end);
    // The first error; empty: all lists were read to the end.
    support::task<std::optional<cloud::error>> look(
        const surveyor_key& who, cloud::client& client, std::size_t requests, survey_result& result
    );

    void take_listeners(survey& survey, const std::vector<cloud::listener>& page, survey_result& result)
        const;
    void judge(const surveyor_key& who, const survey_result& result, bool lasts);

    parts parts_;
    std::map<surveyor_key, support::time_point> left_alone_until_;
    std::map<surveyor_key, int> in_vain_;  // surveys in a row that showed nothing
    std::size_t panics_ = 0;
};

// When the present one of the periods began in which a target is read itself. They begin at another time for
// each listener.
support::time_point read_period_of(
    const support::uuid& listener, const settings& settings, support::time_point now
);

}  // namespace binding
