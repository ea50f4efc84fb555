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

support::result<std::vector<int>> days_of(const std::string& list)
{
    constexpr int most = 3650;
    std::vector<int> days;
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

// Without a host, the address of this machine alone: the page is for whoever is logged in there.
support::result<std::optional<net::listen_address>> debug_address(const std::string& text)
{
    if (text == "0")
    {
        return std::nullopt;
    }
    auto address = net::parse_listen_address(text);
    if (!address)
    {
        return std::unexpected(address.error());
    }
    if (address->host.empty())
    {
        address->host = "127.0.0.1";
    }
    return *address;
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
    using namespace std::chrono_literals;
    const auto resync = duration_between(raw.resync_period, 1s, 720h);
    const auto deadline = duration_between(raw.write_deadline, 100ms, 1h);
    const auto timeout = duration_between(raw.cloud_timeout, 1s, 1h);
    const auto metrics =
        raw.metrics == "0" ? support::result<net::listen_address>() : net::parse_listen_address(raw.metrics);
    const auto debug = debug_address(raw.debug);
    const auto expiry_metrics = yes_or_no(raw.expiry_metrics);
    const auto cloud_requests = number_between(raw.cloud_requests, 4, most_requests);
    const auto requests_per_server = number_between(raw.requests_per_server, 4, most_requests);
    const auto kubernetes_requests = number_between(raw.kubernetes_requests, 4, most_requests);
    const auto lag = duration_between(raw.loop_lag_warning, 10ms, 1h);
    const auto days = raw.expiry_warning_days == "0" ? support::result<std::vector<int>>()
                                                     : days_of(raw.expiry_warning_days);
    const auto level = support::parse_log_level(raw.log_level);
    const auto format = support::parse_log_format(raw.log_format);
    std::optional<support::error> wrong;
    const auto check = [&](const char* flag, const auto& value) {
        if (!wrong && !value)
        {
            wrong = fail(given_by(flag), value.error()).error();
        }
    };
    check("--resync-period", resync);
    check("--write-deadline", deadline);
    check("--cloud-timeout", timeout);
    check("--metrics-bind-address", metrics);
    check("--debug-address", debug);
    check("--expiry-metrics", expiry_metrics);
    check("--max-cloud-requests", cloud_requests);
    check("--max-requests-per-server", requests_per_server);
    check("--max-kubernetes-requests", kubernetes_requests);
    check("--loop-lag-warning", lag);
    check("--expiry-warning-days", days);
    check("--log-level", level);
    check("--log-format", format);
    if (wrong)
    {
        return std::unexpected(*wrong);
    }
    if (auto good = check_namespaces(into.namespaces, given_by("--namespace")); !good)
    {
        return good;
    }
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
    if (auto good = check_division(into, given_by); !good)
    {
        return good;
    }
    std::ranges::sort(into.namespaces);
    const auto doubled = std::ranges::unique(into.namespaces);
    into.namespaces.erase(doubled.begin(), doubled.end());
    into.resync_period = *resync;
    into.write_deadline = *deadline;
    into.cloud_timeout = *timeout;
    into.metrics = raw.metrics == "0" ? std::nullopt : std::optional(*metrics);
    into.debug = *debug;
    into.expiry_metrics = *expiry_metrics;
    into.requests = {*requests_per_server, *kubernetes_requests, *cloud_requests};
    into.loop_lag_warning = *lag;
    into.expiry_warning_days = *days;
    into.log_level = *level;
    into.log_format = *format;
    return {};
}

}  // namespace app
