#include "binding/reconcile/other_controllers.hpp"

#include "binding/reconcile/patches.hpp"
#include "binding/resource/certificate_binding.hpp"
#include "support/rfc3339.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace binding {
namespace {

using nlohmann::json;
using support::task;

std::string text_in(const json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The controller that wrote the status last; empty: unknown. An entry of a controller that let go of the
// binding stays as long as it owns a field.
std::string manager_of_status(const json& metadata)
{
    std::string newest;
    std::string manager;
    const auto fields = metadata.find("managedFields");
    if (fields == metadata.end() || !fields->is_array())
    {
        return manager;
    }
    for (const json& each : *fields)
    {
        const bool of_controller = each.is_object() && text_in(each, "subresource") == "status" &&
                                   text_in(each, "manager").starts_with("certificate-binding-controller");
        if (of_controller && text_in(each, "time") >= newest)
        {
            newest = text_in(each, "time");
            manager = text_in(each, "manager");
        }
    }
    return manager;
}

bool has_entries(const json& object)
{
    const auto status = object.find("status");
    if (status == object.end() || !status->is_object())
    {
        return false;
    }
    const auto entries = status->find("attachments");
    return entries != status->end() && entries->is_array() && !entries->empty();
}

bool is_forbidden(const support::error& error)
{
    constexpr int forbidden = 403;
    return error.code == support::errc::status && error.http_status == forbidden;
}

bool is_older(const binding_elsewhere& one, const certificate_binding& other)
{
    const auto created = support::parse_rfc3339(one.created);
    if (!created)
    {
        return false;
    }
    return *created != other.created ? *created < other.created : one.uid < other.uid.str();
}

}  // namespace

std::optional<binding_elsewhere> read_binding_elsewhere(kube::object_json object)
{
    const json shown = json::parse(object, nullptr, false);
    const auto metadata = shown.is_object() ? shown.find("metadata") : shown.end();
    if (!shown.is_object() || metadata == shown.end() || !metadata->is_object() ||
        metadata->contains("deletionTimestamp") || !has_entries(shown))
    {
        return std::nullopt;
    }
    return binding_elsewhere{
        text_in(*metadata, "namespace") + "/" + text_in(*metadata, "name"),
        manager_of_status(*metadata),
        text_in(*metadata, "creationTimestamp"),
        text_in(*metadata, "uid")
    };
}

std::optional<std::string> why_not_ours(
    const std::vector<const certificate_binding*>& ours,
    const std::vector<binding_elsewhere>& elsewhere,
    const std::string& manager
)
{
    for (const binding_elsewhere& other : elsewhere)
    {
        if (!ours.empty() && is_older(other, *ours.front()))
        {
            // A binding that has just left keeps the status that this controller wrote.
            const std::string owner = other.manager.empty() || other.manager == manager
                                          ? "another controller"
                                          : "the controller " + other.manager;
            return "409: " + owner + " has this listener, because its binding " + other.name +
                   " is older; give all bindings of a listener labels that one --label-selector selects";
        }
    }
    return std::nullopt;
}

task<support::result<std::optional<std::string>>> other_controllers::why_not_ours(target which, bool again)
{
    auto ours = parts_.store.bindings_of(which);
    if (ours.empty())
    {
        known_.erase(which);
        co_return std::optional<std::string>();
    }
    std::vector<support::uuid> uids;
    std::ranges::transform(ours, std::back_inserter(uids), &certificate_binding::uid);
    std::ranges::sort(uids);
    const auto now = parts_.clock.now();
    const auto last = known_.find(which);
    const bool is_fresh =
        last != known_.end() && now - last->second.asked_at < period_ && last->second.ours == uids;
    if (again || !is_fresh)
    {
        auto answered = co_await ask(which);
        if (answered)
        {
            known_[which] = {now, std::move(uids), std::move(*answered)};
        }
        else if (!known_.contains(which))
        {
            co_return std::unexpected(answered.error());
        }
        ours = parts_.store.bindings_of(which);
    }
    co_return binding::why_not_ours(ours, known_.at(which).elsewhere, parts_.manager);
}

task<support::result<std::vector<binding_elsewhere>>> other_controllers::ask(target which) const
{
    std::vector<binding_elsewhere> found;
    const auto scopes = parts_.namespaces.empty() ? std::vector<std::string>{""} : parts_.namespaces;
    for (const std::string& name_space : scopes)
    {
        kube::list_request request;
        request.resource = bindings_resource;
        request.name_space = name_space;
        request.field_selector =
            "spec.resourceId=" + which.listener.str() + ",spec.region=" + which.region.str();
        do
        {
            const auto page = co_await parts_.kube.list(request);
            if (!page && is_forbidden(page.error()))
            {
                break;  // nobody here may act on the bindings of that namespace either
            }
            if (!page)
            {
                co_return std::unexpected(page.error());
            }
            for (const kube::object_json object : (*page)->items())
            {
                auto other = read_binding_elsewhere(object);
                const auto uid = other ? support::uuid::parse(other->uid) : std::nullopt;
                if (uid && parts_.store.find(*uid) == nullptr)
                {
                    found.push_back(std::move(*other));
                }
            }
            request.continue_token = (*page)->continue_token();
        } while (!request.continue_token.empty());
    }
    co_return found;
}

}  // namespace binding
