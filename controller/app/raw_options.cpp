#include "app/raw_options.hpp"

#include "app/flag_values.hpp"
#include "app/label_selector.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

namespace app {
namespace {

using support::errc;
using support::fail;

constexpr std::size_t most_requests = 10'000;

// Empty: "0".
support::result<std::vector<int>> days_of(const std::string& list)
{
    constexpr int most = 3650;
    std::vector<int> days;
    if (list == "0")
    {
        return days;
    }
    for (const std::string& part : split_at_commas(list))
    {
        int number = 0;
        const auto [end, failed] = std::from_chars(part.data(), part.data() + part.size(), number);
        if (failed != std::errc() || end != part.data() + part.size() || number < 1 || number > most)
        {
            return fail(
                errc::invalid,
                "\"" + part +
                    "\" is not a number of days from 1 to 3650; write a list such as 30,14,7,3,1, or 0 for "
                    "no warnings"
            );
        }
        days.push_back(number);
    }
    std::ranges::sort(days, std::greater());
    const auto doubled = std::ranges::unique(days);
    days.erase(doubled.begin(), doubled.end());
    return days;
}

// Empty: "0", which is nowhere.
support::result<std::optional<net::listen_address>> address_of(const std::string& text)
{
    if (text == "0")
    {
        return std::nullopt;
    }
    auto address = net::parse_listen_address(text);
    return address ? support::result<std::optional<net::listen_address>>(std::move(*address))
                   : std::unexpected(address.error());
}

// Without a host, the address of this machine alone: the page is for whoever is logged in there.
support::result<std::optional<net::listen_address>> debug_address(const std::string& text)
{
    auto address = address_of(text);
    if (address && *address && (*address)->host.empty())
    {
        (*address)->host = "127.0.0.1";
    }
    return address;
}

// Stores values, and keeps the first problem.
class values
{
public:
    explicit values(const giver& given_by) : given_by_(given_by) {}

    template <class Read, class Into>
    void take(const char* flag, support::result<Read> read, Into& into)
    {
        if (read)
        {
            into = std::move(*read);
        }
        else if (outcome_)
        {
            outcome_ = fail(given_by_(flag), read.error());
        }
    }

    const support::result<>& outcome() const { return outcome_; }

private:
    const giver& given_by_;
    support::result<> outcome_;
};

// The values that depend on no other ones.
support::result<> take_single_values(const raw_options& raw, const giver& given_by, options& into)
{
    using namespace std::chrono_literals;
    values all(given_by);
    all.take("--resync-period", duration_between(raw.resync_period, 1s, 720h), into.resync_period);
    all.take("--write-deadline", duration_between(raw.write_deadline, 100ms, 1h), into.write_deadline);
    all.take("--cloud-timeout", duration_between(raw.cloud_timeout, 1s, 1h), into.cloud_timeout);
    all.take("--metrics-bind-address", address_of(raw.metrics), into.metrics);
    all.take("--debug-address", debug_address(raw.debug), into.debug);
    all.take("--expiry-metrics", yes_or_no(raw.expiry_metrics), into.expiry_metrics);
    const auto requests = [](const std::string& text) { return number_between(text, 4, most_requests); };
    all.take("--max-cloud-requests", requests(raw.cloud_requests), into.requests.of_the_cloud);
    all.take("--max-requests-per-server", requests(raw.requests_per_server), into.requests.of_a_server);
    all.take("--max-kubernetes-requests", requests(raw.kubernetes_requests), into.requests.of_kubernetes);
    all.take("--loop-lag-warning", duration_between(raw.loop_lag_warning, 10ms, 1h), into.loop_lag_warning);
    all.take("--expiry-warning-days", days_of(raw.expiry_warning_days), into.expiry_warning_days);
    all.take("--log-level", support::parse_log_level(raw.log_level), into.log_level);
    all.take("--log-format", support::parse_log_format(raw.log_format), into.log_format);
    return all.outcome();
}

// The namespaces of which the controller serves the bindings, and what they may do.
support::result<> take_tenants(const raw_options& raw, const giver& given_by, options& into)
{
    if (auto good = check_namespaces(into.namespaces, given_by("--namespace")); !good)
    {
        return good;
    }
    std::ranges::sort(into.namespaces);
    const auto doubled = std::ranges::unique(into.namespaces);
    into.namespaces.erase(doubled.begin(), doubled.end());
    if (!raw.credential_namespaces.empty())
    {
        into.credential_namespaces = split_at_commas(raw.credential_namespaces);
        auto names = into.credential_namespaces;
        std::erase(names, "*");
        if (auto good = check_namespaces(names, given_by("--allow-controller-credentials")); !good)
        {
            return good;
        }
    }
    if (!raw.allowed_auth_urls.empty())
    {
        into.allowed_auth_urls = split_at_commas(raw.allowed_auth_urls);
    }
    return {};
}

// The controllers that divide the bindings tell each other apart by the names of their Leases.
support::result<> check_division(const options& chosen, const giver& given_by)
{
    if (chosen.label_selector.empty())
    {
        return {};
    }
    if (const auto good = check_label_selector(chosen.label_selector); !good)
    {
        return fail(given_by("--label-selector"), good.error());
    }
    if (chosen.leader.name == raw_leader().name)
    {
        return fail(
            errc::invalid,
            given_by("--label-selector") +
                ": controllers that divide the bindings are told apart by their Leases; give each of them a "
                "name with --leader-elect-resource-name"
        );
    }
    constexpr std::size_t longest_name =
        97;  // with the name of the program 128 bytes, as a field manager may have
    if (chosen.leader.name.size() > longest_name)
    {
        return fail(
            errc::invalid,
            given_by("--leader-elect-resource-name") +
                ": with --label-selector the name may have at most 97 characters, because it tells the "
                "controllers apart in the managedFields of bindings"
        );
    }
    if (chosen.bindings_api.address)
    {
        return fail(
            errc::invalid,
            given_by("--bindings-api-address") +
                ": the bindings API makes bindings without labels, which a controller with --label-selector "
                "does not see; serve it from a controller without one"
        );
    }
    return {};
}

}  // namespace

support::result<> understand(const raw_options& raw, const giver& given_by, options& into)
{
    if (auto good = take_single_values(raw, given_by, into); !good)
    {
        return good;
    }
    if (auto good = take_tenants(raw, given_by, into); !good)
    {
        return good;
    }
    auto bindings_api = understand(raw.bindings_api, given_by, into.namespaces);
    if (!bindings_api)
    {
        return std::unexpected(bindings_api.error());
    }
    into.bindings_api = std::move(*bindings_api);
    auto leader = understand(raw.leader, given_by);
    if (!leader)
    {
        return std::unexpected(leader.error());
    }
    into.leader = std::move(*leader);
    return check_division(into, given_by);
}

}  // namespace app
