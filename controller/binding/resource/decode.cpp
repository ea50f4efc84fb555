#include "binding/resource/decode.hpp"

#include "binding/resource/service_ref.hpp"
#include "support/rfc3339.hpp"
#include "support/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace binding {
namespace {

using simdjson::dom::element;
using support::errc;
using support::fail;
using support::interned;

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

// Of a request to reconcile, which the controller repeats in status.lastHandledReconcileAt.
constexpr std::size_t longest_request = 256;

std::string bounded(std::string_view request)
{
    return request.size() > longest_request ? support::clean(request, longest_request) : std::string(request);
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
        into.requested_at =
            interned(bounded(optional_text(annotations, requested_at_annotation).value_or("")));
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
    std::vector<std::string_view> texts;
    for (element entry : finalizers)
    {
        if (entry.get(texts.emplace_back()) != simdjson::SUCCESS)
        {
            return wrong("metadata.finalizers");
        }
    }
    into.finalizers = text_list(texts);
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

// The schema takes the same entry twice, which the controller never writes. Not confirmed is the careful
// reading.
void enter(attachment entry, ledger& into)
{
    const auto known = std::ranges::find_if(into.attachments, [&](const attachment& other) {
        return other.slot == entry.slot && other.container_ref == entry.container_ref;
    });
    if (known == into.attachments.end())
    {
        into.attachments.push_back(std::move(entry));
        return;
    }
    known->confirmed = known->confirmed && entry.confirmed;
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
            enter(
                {cloud::container_ref(*ref),
                 slot_name == "default" ? slot::default_ : slot::sni,
                 flag_at(entry, "confirmed")},
                into
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
            text_at(scope, "credentialSource") == controller_source,
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

bool is_own_condition(std::string_view type)
{
    for (std::size_t i = 0; i < condition_types; ++i)
    {
        if (type == name_of(static_cast<condition_type>(i)))
        {
            return true;
        }
    }
    return false;
}

void read_conditions(element status, binding::status& into)
{
    simdjson::dom::array conditions;
    if (status["conditions"].get(conditions) != simdjson::SUCCESS)
    {
        return;
    }
    std::string others;
    for (element entry : conditions)
    {
        const auto type = text_at(entry, "type");
        if (type && !is_own_condition(*type))
        {
            others += (others.empty() ? "" : ",") + simdjson::minify(entry);
            continue;
        }
        const auto why = parse_reason(text_at(entry, "reason").value_or(""));
        if (!why || *why == reason::unset)
        {
            continue;  // the reason of another version of the controller; such a condition is ignored
        }
        for (std::size_t i = 0; i < condition_types; ++i)
        {
            if (type == name_of(static_cast<condition_type>(i)))
            {
                into.conditions.at(i) = {
                    parse_condition_status(text_at(entry, "status").value_or("")),
                    *why,
                    short_generation(integer_at(entry, "observedGeneration").value_or(0)),
                    short_time_of(time_at(entry, "lastTransitionTime").value_or(support::wall_time{})),
                    interned_at(entry, "message"),
                };
            }
        }
    }
    into.other_conditions = interned(others);
}

// id, crn and createdAt of a binding that the cloud keeps itself: the ledger names it, too.
given_name read_given_name(element status, const ledger& written)
{
    const auto id = uuid_at(status, "id");
    const auto created = time_at(status, "createdAt");
    for (const attachment& entry : written.attachments)
    {
        const auto named = parse_service_ref(entry.container_ref);
        if (id && created && named && named->binding == id)
        {
            return given_name({*id, std::string(text_at(status, "crn").value_or("")), *created});
        }
    }
    return {};
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
    if (auto read = read_ledger(status, into.ledger); !read)
    {
        return read;
    }
    into.given = read_given_name(status, into.ledger);
    into.identified = into.identified || !into.given.empty();
    return {};
}

}  // namespace

support::result<certificate_binding> decode(std::string_view object)
{
    // Static, because the parser keeps its buffers, except those of a large object. Only the one thread of
    // the program calls decode().
    static simdjson::dom::parser parser;
    constexpr std::size_t small = 64 << 10;
    if (object.size() <= small && parser.capacity() > small)
    {
        parser = simdjson::dom::parser();
    }
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

}  // namespace binding
