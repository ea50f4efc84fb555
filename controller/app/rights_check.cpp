#include "app/rights_check.hpp"

#include "support/log.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr support::duration between_looks = 1min;
constexpr std::size_t most_named = 10;

}  // namespace

std::vector<right> rights_of_controller(const std::vector<std::string>& namespaces)
{
    static const std::vector<right> of_one{
        {"list", "certificates.bycloud.io", "certificatebindings", "", ""},
        {"watch", "certificates.bycloud.io", "certificatebindings", "", ""},
        {"patch", "certificates.bycloud.io", "certificatebindings", "", ""},
        {"patch", "certificates.bycloud.io", "certificatebindings", "status", ""},
        {"create", "events.k8s.io", "events", "", ""},
    };
    auto all = namespaces.empty() ? of_one : std::vector<right>{};
    for (const std::string& name_space : namespaces)
    {
        for (right each : of_one)
        {
            each.name_space = name_space;
            all.push_back(std::move(each));
        }
    }
    return all;
}

std::vector<right> rights_of_candidate(const std::string& name_space, const std::string& lease)
{
    const std::string group = "coordination.k8s.io";
    return {
        {"create", group, "leases", "", name_space},
        {"get", group, "leases", "", name_space, lease},
        {"watch", group, "leases", "", name_space, lease},
        {"patch", group, "leases", "", name_space, lease},
    };
}

rights_check::rights_check(
    boost::asio::any_io_executor executor,
    kube::client& client,
    support::clock& clock,
    std::vector<right> needed
)
    : client_(client), clock_(clock), doubts_(std::move(executor), clock), needed_(std::move(needed))
{}

support::task<> rights_check::run()
{
    for (;;)
    {
        co_await look();
        co_await clock_.sleep_for(between_looks);
        if (missing_.empty())
        {
            co_await doubts_.wait(std::nullopt);
        }
    }
}

void rights_check::doubt()
{
    doubts_.ring();
}

support::task<> rights_check::look()
{
    std::string missing;
    std::size_t named = 0;
    for (const right& asked : needed_)
    {
        const auto allowed = co_await is_allowed(asked);
        if (!allowed)
        {
            co_return;  // what is known stays
        }
        if (*allowed || ++named > most_named)
        {
            continue;
        }
        missing += missing.empty() ? "" : ", ";
        missing += asked.verb + " " + asked.resource;
        missing += asked.subresource.empty() ? "" : "/" + asked.subresource;
        missing += asked.name.empty() ? "" : " " + asked.name;
        missing += asked.name_space.empty() ? " in all namespaces" : " in namespace " + asked.name_space;
    }
    missing += named > most_named ? " and " + std::to_string(named - most_named) + " more" : "";
    if (missing == std::exchange(missing_, missing))
    {
        co_return;
    }
    support::log(
        missing.empty() ? support::log_level::info : support::log_level::warn,
        missing.empty()
            ? "the controller has all rights that it needs"
            : "the controller lacks rights; grant them to its account, as manifests/rbac.yaml does",
        {{"missing", missing.empty() ? "none" : missing}}
    );
}

support::task<std::optional<bool>> rights_check::is_allowed(const right& asked)
{
    json attributes{{"verb", asked.verb}, {"group", asked.group}, {"resource", asked.resource}};
    if (!asked.subresource.empty())
    {
        attributes["subresource"] = asked.subresource;
    }
    if (!asked.name_space.empty())
    {
        attributes["namespace"] = asked.name_space;
    }
    if (!asked.name.empty())
    {
        attributes["name"] = asked.name;
    }
    const json review{
        {"apiVersion", "authorization.k8s.io/v1"},
        {"kind", "SelfSubjectAccessReview"},
        {"spec", {{"resourceAttributes", std::move(attributes)}}},
    };
    const kube::create_request request{
        .resource = {"authorization.k8s.io", "v1", "selfsubjectaccessreviews"},
        .name_space = "",
        .object = review.dump()
    };
    const auto answer = co_await client_.create(request);
    if (!answer)
    {
        co_return std::nullopt;
    }
    const json shown = json::parse((*answer)->object(), nullptr, false);
    const json status = shown.is_object() ? shown.value("status", json()) : json();
    const json allowed = status.is_object() ? status.value("allowed", json()) : json();
    co_return allowed.is_boolean() ? std::optional(allowed.get<bool>()) : std::nullopt;
}

}  // namespace app
