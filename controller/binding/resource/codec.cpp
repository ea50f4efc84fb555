#include "binding/resource/codec.hpp"

#include "support/rfc3339.hpp"

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <array>
#include <charconv>

namespace binding {
namespace {

using simdjson::dom::element;
using support::errc;
using support::fail;
using support::interned;
using json = nlohmann::ordered_json;

constexpr std::array<std::string_view, condition_types> condition_names{
    "Ready", "Reconciling", "Stalled", "CertificateActive", "Attached"
};

// status.cloud.credentialSource
constexpr std::string_view by_controller = "Controller";
constexpr std::string_view by_secret = "Secret";

std::optional<std::string_view> text_at(element parent, std::string_view key)
{
    std::string_view text;
    return parent[key].get(text) == simdjson::SUCCESS ? std::optional(text) : std::nullopt;
}

// Empty where it is absent or null; nullopt for another type.
std::optional<std::string_view> optional_text(element parent, std::string_view key)
{
    element value;
    if (parent[key].get(value) != simdjson::SUCCESS || value.is_null())
    {
        return "";
    }
    std::string_view text;
    return value.get(text) == simdjson::SUCCESS ? std::optional(text) : std::nullopt;
}

interned interned_at(element parent, std::string_view key)
{
    return interned(text_at(parent, key).value_or(""));
}

std::optional<std::int64_t> integer_at(element parent, std::string_view key)
{
    std::int64_t value = 0;
    return parent[key].get(value) == simdjson::SUCCESS ? std::optional(value) : std::nullopt;
}

bool flag_at(element parent, std::string_view key)
{
    bool value = false;
    return parent[key].get(value) == simdjson::SUCCESS && value;
}

std::optional<support::uuid> uuid_at(element parent, std::string_view key)
{
    const auto text = text_at(parent, key);
    return text ? support::uuid::parse(*text) : std::nullopt;
}

std::optional<support::wall_time> time_at(element parent, std::string_view key)
{
    const auto text = text_at(parent, key);
    return text ? support::parse_rfc3339(*text) : std::nullopt;
}

std::unexpected<support::error> wrong(std::string_view field)
{
    return fail(errc::bad_answer, "CertificateBinding: " + std::string(field) + " is missing or malformed");
}

support::result<> read_metadata(element metadata, certificate_binding& into)
{
    const auto uid = uuid_at(metadata, "uid");
    const auto name = text_at(metadata, "name");
    const auto name_space = text_at(metadata, "namespace");
    const auto version = text_at(metadata, "resourceVersion");
    const auto created = time_at(metadata, "creationTimestamp");
    if (!uid || !name || !name_space || !version || !created)
    {
        return wrong("metadata");
    }
    const auto [end, ec] =
        std::from_chars(version->data(), version->data() + version->size(), into.resource_version);
    if (ec != std::errc{} || end != version->data() + version->size())
    {
        return wrong("metadata.resourceVersion");
    }
    into.uid = *uid;
    into.name = *name;
    into.name_space = interned(*name_space);
    into.created = *created;
    into.generation = integer_at(metadata, "generation").value_or(0);
    into.deleting = text_at(metadata, "deletionTimestamp").has_value();
    if (element annotations; metadata["annotations"].get(annotations) == simdjson::SUCCESS)
    {
        into.abandoned = text_at(annotations, abandon_annotation) == "true";
        into.requested_at = interned_at(annotations, requested_at_annotation);
    }
    element list;
    if (metadata["finalizers"].get(list) != simdjson::SUCCESS || list.is_null())
    {
        return {};
    }
    simdjson::dom::array finalizers;
    if (list.get(finalizers) != simdjson::SUCCESS)
    {
        return wrong("metadata.finalizers");
    }
    for (element entry : finalizers)
    {
        std::string_view text;
        if (entry.get(text) != simdjson::SUCCESS)
        {
            return wrong("metadata.finalizers");
        }
        into.finalizers.emplace_back(text);
    }
    return {};
}

support::result<> read_spec(element spec, certificate_binding& into)
{
    const auto certificate = uuid_at(spec, "certificateId");
    const auto listener = uuid_at(spec, "resourceId");
    const auto region = text_at(spec, "region");
    if (!certificate || !listener || !region)
    {
        return wrong("spec");
    }
    into.spec.certificate_id = *certificate;
    into.spec.resource_id = *listener;
    into.spec.region = interned(*region);
    into.spec.retain = text_at(spec, "deletionPolicy") == "Retain";
    if (element options; spec["options"].get(options) == simdjson::SUCCESS)
    {
        into.spec.sni = flag_at(options, "sni");
    }
    if (element ref; spec["cloudCredentialsRef"].get(ref) == simdjson::SUCCESS && !ref.is_null())
    {
        // A malformed ref is an error, because without a ref the controller's own credential would be used.
        const auto secret = text_at(ref, "secretName");
        const auto cloud = optional_text(ref, "cloudName");
        if (!secret || secret->empty() || !cloud)
        {
            return wrong("spec.cloudCredentialsRef");
        }
        into.spec.secret = interned(*secret);
        into.spec.cloud = interned(*cloud);
    }
    return {};
}

support::result<> read_ledger(element status, ledger& into)
{
    if (element list; status["attachments"].get(list) == simdjson::SUCCESS && !list.is_null())
    {
        simdjson::dom::array entries;
        if (list.get(entries) != simdjson::SUCCESS)
        {
            return wrong("status.attachments");
        }
        for (element entry : entries)
        {
            const auto ref = text_at(entry, "containerRef");
            const auto slot_name = text_at(entry, "slot");
            if (!ref || ref->empty() || (slot_name != "default" && slot_name != "sni"))
            {
                return wrong("status.attachments");
            }
            into.attachments.push_back(
                {cloud::container_ref(*ref),
                 slot_name == "default" ? slot::default_ : slot::sni,
                 flag_at(entry, "confirmed")}
            );
        }
    }
    const auto replaced = optional_text(status, "replacedDefaultRef");
    if (!replaced)
    {
        return wrong("status.replacedDefaultRef");
    }
    into.replaced_default_ref = cloud::container_ref(*replaced);
    if (element scope; status["cloud"].get(scope) == simdjson::SUCCESS && !scope.is_null())
    {
        const auto identity = optional_text(scope, "identity");
        const auto project = optional_text(scope, "projectId");
        const auto region = optional_text(scope, "region");
        const auto endpoint = optional_text(scope, "loadBalancerEndpoint");
        if (!scope.is_object() || !identity || !project || !region || !endpoint)
        {
            return wrong("status.cloud");
        }
        into.scope = {
            interned(*identity),
            interned(*project),
            interned(*region),
            interned(*endpoint),
            text_at(scope, "credentialSource") == by_controller,
        };
    }
    return {};
}

condition_status parse_condition_status(std::string_view text)
{
    return text == "True"    ? condition_status::true_
           : text == "False" ? condition_status::false_
                             : condition_status::unknown;
}

void read_conditions(element status, binding::status& into)
{
    simdjson::dom::array conditions;
    if (status["conditions"].get(conditions) != simdjson::SUCCESS)
    {
        return;
    }
    for (element entry : conditions)
    {
        const auto type = text_at(entry, "type");
        const auto why = parse_reason(text_at(entry, "reason").value_or(""));
        if (!why || *why == reason::unset)
        {
            continue;  // the reason of another version of the controller; such a condition is ignored
        }
        for (std::size_t i = 0; i < condition_types; ++i)
        {
            if (type == condition_names.at(i))
            {
                into.conditions.at(i) = {
                    parse_condition_status(text_at(entry, "status").value_or("")),
                    *why,
                    integer_at(entry, "observedGeneration").value_or(0),
                    time_at(entry, "lastTransitionTime").value_or(support::wall_time{}),
                    interned_at(entry, "message"),
                };
            }
        }
    }
}

support::result<> read_status(element status, const support::uuid& uid, binding::status& into)
{
    into.state = parse_state(text_at(status, "state").value_or("")).value_or(state::unset);
    into.observed_generation = integer_at(status, "observedGeneration").value_or(-1);
    into.error_message = interned_at(status, "errorMessage");
    into.identified = text_at(status, "id") == uid.str();
    into.updated_at = time_at(status, "updatedAt").value_or(support::wall_time{});
    into.handled_request = interned_at(status, "lastHandledReconcileAt");
    if (element certificate; status["certificate"].get(certificate) == simdjson::SUCCESS)
    {
        into.certificate = {
            uuid_at(certificate, "id").value_or(support::uuid()),
            interned_at(certificate, "status"),
            time_at(certificate, "expiresAt"),
        };
    }
    read_conditions(status, into);
    return read_ledger(status, into.ledger);
}

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
                {"type", condition_names.at(i)},
                {"status", status_name(condition.status)},
                {"observedGeneration", condition.observed_generation},
                {"lastTransitionTime", support::format_rfc3339(condition.last_transition)},
                {"reason", name_of(condition.reason)},
                {"message", condition.message.view()},
            });
        }
    }
    return list;
}

json attachments_json(const ledger& written)
{
    json list = json::array();
    for (const attachment& entry : written.attachments)
    {
        list.push_back({
            {"containerRef", entry.container_ref.view()},
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
        {"credentialSource", scope.by_controller ? by_controller : by_secret},
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

support::result<certificate_binding> decode(std::string_view object)
{
    // Static, because the parser keeps its buffers. Only the one thread of the program calls decode().
    static simdjson::dom::parser parser;
    element root;
    if (parser.parse(object.data(), object.size(), false).get(root) != simdjson::SUCCESS)
    {
        return fail(errc::bad_answer, "CertificateBinding: not a JSON object");
    }
    certificate_binding decoded;
    element metadata;
    element spec;
    if (root["metadata"].get(metadata) != simdjson::SUCCESS)
    {
        return wrong("metadata");
    }
    if (root["spec"].get(spec) != simdjson::SUCCESS)
    {
        return wrong("spec");
    }
    if (auto read = read_metadata(metadata, decoded); !read)
    {
        return std::unexpected(read.error());
    }
    if (auto read = read_spec(spec, decoded); !read)
    {
        return std::unexpected(read.error());
    }
    if (element status; root["status"].get(status) == simdjson::SUCCESS && !status.is_null())
    {
        if (!status.is_object())
        {
            return wrong("status");
        }
        if (auto read = read_status(status, decoded.uid, decoded.status); !read)
        {
            return std::unexpected(read.error());
        }
    }
    return decoded;
}

std::string finalizers_patch(const certificate_binding& object, bool with_ours)
{
    json list = json::array();
    for (const interned& entry : object.finalizers)
    {
        if (entry.view() != finalizer)
        {
            list.push_back(entry.view());
        }
    }
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
    const std::string id = object.uid.str();
    const json status{
        {"state", text_or_null(name_of(wanted.state))},
        {"errorMessage", wanted.error_message.view()},
        {"id", id},
        {"crn", "crn:" + object.spec.region.str() + ":certificate:binding:" + id},
        {"createdAt", support::format_rfc3339(object.created)},
        {"updatedAt", support::format_rfc3339(wanted.updated_at)},
        {"lastHandledReconcileAt", text_or_null(wanted.handled_request.view())},
        {"observedGeneration", wanted.observed_generation},
        {"certificate", certificate_json(wanted.certificate)},
        {"cloud", scope_json(wanted.ledger.scope)},
        {"attachments", attachments_json(wanted.ledger)},
        {"replacedDefaultRef", text_or_null(wanted.ledger.replaced_default_ref.view())},
        {"conditions", conditions_json(wanted)},
    };
    return json{
        {"metadata", metadata_of(object)}, {"status", status}
    }.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace binding
