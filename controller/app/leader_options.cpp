#include "app/leader_options.hpp"

#include "app/flag_values.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace app {
namespace {

using namespace std::chrono_literals;
using support::errc;
using support::fail;

constexpr std::size_t longest_name = 253;
constexpr double longest_retry = 1.2;  // times the retry period, because a retry is jittered

// A DNS subdomain (RFC 1123), as the name of a Lease has to be.
bool is_object_name(const std::string& name)
{
    const auto is_inner = [](unsigned char c) {
        return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '.';
    };
    const auto is_end = [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0; };
    return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, is_inner) &&
           is_end(static_cast<unsigned char>(name.front())) &&
           is_end(static_cast<unsigned char>(name.back())) && !name.contains("..");
}

}  // namespace

support::result<leader_options> understand(
    const raw_leader& raw, const std::function<std::string(const std::string& flag)>& given_by
)
{
    const auto elect = yes_or_no(raw.elect);
    const auto lease = duration_between(raw.lease_duration, 1s, runtime::longest_lease);
    const auto deadline = duration_between(raw.renew_deadline, 1s, runtime::longest_lease);
    const auto retry = duration_between(raw.retry_period, 100ms, runtime::longest_lease);
    std::optional<support::error> wrong;
    const auto check = [&](const char* flag, const auto& value) {
        if (!wrong && !value)
        {
            wrong = fail(given_by(flag), value.error()).error();
        }
    };
    check("--leader-elect", elect);
    check("--leader-elect-lease-duration", lease);
    check("--leader-elect-renew-deadline", deadline);
    check("--leader-elect-retry-period", retry);
    if (wrong)
    {
        return std::unexpected(*wrong);
    }
    if (*lease <= *deadline)
    {
        return fail(
            errc::invalid,
            given_by("--leader-elect-lease-duration") + ": " + raw.lease_duration +
                " is not longer than --leader-elect-renew-deadline (" + raw.renew_deadline +
                "), so two might lead at a time; the defaults are 15s and 10s"
        );
    }
    if (*deadline <= std::chrono::duration_cast<support::duration>(*retry * longest_retry))
    {
        return fail(
            errc::invalid,
            given_by("--leader-elect-renew-deadline") + ": " + raw.renew_deadline +
                " is not longer than 1.2 times --leader-elect-retry-period (" + raw.retry_period +
                "), so one slow answer would end a term; the defaults are 10s and 2s"
        );
    }
    if (!is_object_name(raw.name))
    {
        return fail(
            errc::invalid,
            given_by("--leader-elect-resource-name") + ": \"" + raw.name +
                "\" cannot be the name of a Lease; write lower-case letters, digits, - and ."
        );
    }
    if (!raw.name_space.empty())
    {
        if (auto good = check_namespaces({raw.name_space}, given_by("--leader-elect-resource-namespace"));
            !good)
        {
            return std::unexpected(good.error());
        }
    }
    return leader_options{*elect, {*lease, *deadline, *retry}, raw.name, raw.name_space};
}

}  // namespace app
