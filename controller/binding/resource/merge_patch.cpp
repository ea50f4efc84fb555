#include "binding/resource/merge_patch.hpp"

#include "support/rfc3339.hpp"

#include <nlohmann/json.hpp>

#include <string_view>
#include <utility>

namespace binding {
namespace {

using json = nlohmann::ordered_json;

// Null for an empty text, because null removes the field in a merge patch.
json text_or_null(std::string_view text)
{
    return text.empty() ? json(nullptr) : json(text);
}

std::string_view status_name(condition_status value)
{
    switch (value)
    {
        case condition_status::true_:
            return "True";
        case condition_status::false_:
            return "False";
        case condition_status::absent:
        case condition_status::unknown:
            break;
    }
    return "Unknown";
}

json metadata_of(const certificate_binding& object)
{
    return {{"uid", object.uid.str()}, {"resourceVersion", std::to_string(object.resource_version)}};
}

json conditions_json(const status& wanted)
{
    json list = json::array();
    for (std::size_t i = 0; i < condition_types; ++i)
    {
        const condition& condition = wanted.conditions.at(i);
        if (condition.status != condition_status::absent)
        {
            list.push_back({
                {"type", name_of(static_cast<condition_type>(i))},
                {"status", status_name(condition.status)},
                {"observedGeneration", condition.observed_generation},
                {"lastTransitionTime", support::format_rfc3339(condition.last_transition)},
                {"reason", name_of(condition.reason)},
                {"message", condition.message.view()},
            });
        }
    }
    for (json& condition : json::parse("[" + wanted.other_conditions.str() + "]"))
    {
        list.push_back(std::move(condition));
    }
    return list;
}

json attachments_json(const ledger& written)
{
    json list = json::array();
    for (const attachment& entry : written.attachments)
    {
        list.push_back({
            {"containerRef", entry.container_ref.str()},
            {"slot", name_of(entry.slot)},
            {"confirmed", entry.confirmed},
        });
    }
    return list;
}

json scope_json(const ledger_scope& scope)
{
    if (scope.empty())
    {
        return nullptr;
    }
    return {
        {"identity", scope.identity.view()},
        {"projectId", scope.project_id.view()},
        {"region", scope.region.view()},
        {"loadBalancerEndpoint", scope.load_balancer_endpoint.view()},
        {"credentialSource", scope.by_controller ? controller_source : secret_source},
    };
}

json certificate_json(const certificate_summary& certificate)
{
    if (certificate.id.is_nil())
    {
        return nullptr;
    }
    json written{{"id", certificate.id.str()}, {"status", text_or_null(certificate.status.view())}};
    written["expiresAt"] =
        certificate.expires_at ? json(support::format_rfc3339(*certificate.expires_at)) : json(nullptr);
    return written;
}

}  // namespace

std::string finalizers_patch(const certificate_binding& object, bool with_ours)
{
    json list = json::array();
    object.finalizers.each([&](std::string_view entry) {
        if (entry != finalizer)
        {
            list.push_back(entry);
        }
    });
    if (with_ours)
    {
        list.push_back(finalizer);
    }
    json metadata = metadata_of(object);
    metadata["finalizers"] = std::move(list);
    return json{{"metadata", std::move(metadata)}}.dump();
}

std::string status_patch(const certificate_binding& object, const status& wanted)
{
    const given_name& given = wanted.given;
    const std::string id = given.empty() ? object.uid.str() : given->id.str();
    const std::string crn =
        given.empty() ? "crn:" + object.spec.region.str() + ":certificate:binding:" + id : given->crn;
    const json status{
        {"state", text_or_null(name_of(wanted.state))},
        {"errorMessage", wanted.error_message.view()},
        {"id", id},
        {"crn", crn},
        {"createdAt", support::format_rfc3339(given.empty() ? object.created : given->created_at)},
        {"updatedAt", support::format_rfc3339(wanted.updated_at)},
        {"lastHandledReconcileAt", text_or_null(wanted.handled_request.view())},
        {"observedGeneration", wanted.observed_generation},
        {"certificate", certificate_json(wanted.certificate)},
        {"cloud", scope_json(wanted.ledger.scope)},
        {"attachments", attachments_json(wanted.ledger)},
        {"replacedDefaultRef", text_or_null(wanted.ledger.replaced_default_ref.str())},
        {"conditions", conditions_json(wanted)},
    };
    return json{
        {"metadata", metadata_of(object)}, {"status", status}
    }.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace binding
