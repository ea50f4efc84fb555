#include "runtime/lease_record.hpp"

#include "support/rfc3339.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace runtime {
namespace {

using json = nlohmann::json;
using support::errc;
using support::fail;
using support::result;

constexpr std::string_view resolved = "true";

// A member of an object; null counts as missing, as in Kubernetes.
const json* member(const json& object, std::string_view key)
{
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::unexpected<support::error> odd(std::string_view field)
{
    return fail(errc::bad_answer, "the field " + std::string(field) + " of the Lease has another type");
}

// A part of the Lease that is an object; empty for another type.
std::optional<json> part(const json& object, std::string_view key)
{
    const json* found = member(object, key);
    if (found == nullptr)
    {
        return json::object();
    }
    return found->is_object() ? std::optional(*found) : std::nullopt;
}

bool read_text(const json& object, std::string_view key, std::string& into)
{
    const json* found = member(object, key);
    if (found != nullptr && !found->is_string())
    {
        return false;
    }
    into = found == nullptr ? "" : found->get<std::string>();
    return true;
}

bool read_number(const json& object, std::string_view key, std::int64_t& into)
{
    const json* found = member(object, key);
    if (found != nullptr && !found->is_number_integer())
    {
        return false;
    }
    into = found == nullptr ? 0 : found->get<std::int64_t>();
    return true;
}

json spec_of(const lease_change& change, micro_time now)
{
    json spec{
        {"holderIdentity", change.holder},
        {"leaseDurationSeconds", change.duration_seconds},
        {"renewTime", format_micro_time(now)},
    };
    if (change.purpose != lease_purpose::renew)
    {
        spec["acquireTime"] = spec["renewTime"];
        spec["leaseTransitions"] = change.transitions;
    }
    return spec;
}

}  // namespace

result<lease> read_lease(std::string_view text)
{
    const json whole = json::parse(text, nullptr, false);
    if (!whole.is_object())
    {
        return fail(errc::bad_answer, "the Lease is not a JSON object");
    }
    const auto metadata = part(whole, "metadata");
    const auto spec = part(whole, "spec");
    const auto annotations = metadata ? part(*metadata, "annotations") : std::nullopt;
    if (!metadata || !spec || !annotations)
    {
        return odd(!metadata ? "metadata" : !spec ? "spec" : "metadata.annotations");
    }
    lease read;
    lease_record& record = read.record;
    std::string promise;
    if (!read_text(*metadata, "resourceVersion", read.version) || read.version.empty())
    {
        return fail(errc::bad_answer, "the Lease has no metadata.resourceVersion");
    }
    if (!read_text(*metadata, "uid", read.uid))
    {
        return odd("metadata.uid");
    }
    if (!read_text(*annotations, every_put_resolved_annotation, promise))
    {
        return odd("metadata.annotations");
    }
    if (!read_text(*spec, "holderIdentity", record.holder))
    {
        return odd("spec.holderIdentity");
    }
    if (!read_number(*spec, "leaseDurationSeconds", record.duration_seconds))
    {
        return odd("spec.leaseDurationSeconds");
    }
    if (!read_number(*spec, "leaseTransitions", record.transitions))
    {
        return odd("spec.leaseTransitions");
    }
    if (!read_text(*spec, "acquireTime", record.acquire_time))
    {
        return odd("spec.acquireTime");
    }
    if (!read_text(*spec, "renewTime", record.renew_time))
    {
        return odd("spec.renewTime");
    }
    record.every_put_resolved = promise == resolved;
    return read;
}

std::string format_micro_time(micro_time time)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    std::string text = support::format_rfc3339(seconds);
    text.pop_back();  // 'Z'
    constexpr int million = 1'000'000;
    const auto digits = std::to_string(million + (time - seconds).count());
    return text + "." + digits.substr(1) + "Z";
}

std::string new_lease(
    const std::string& name_space, const std::string& name, const lease_change& change, micro_time now
)
{
    json spec = spec_of(change, now);
    spec["acquireTime"] = spec["renewTime"];
    spec["leaseTransitions"] = change.transitions;
    return json{
        {"apiVersion", "coordination.k8s.io/v1"},
        {"kind", "Lease"},
        {"metadata", {{"name", name}, {"namespace", name_space}}},
        {"spec", std::move(spec)},
    }
        .dump();
}

std::string lease_patch(const lease_change& change, const std::string& version, micro_time now)
{
    const bool promised = change.purpose == lease_purpose::release && change.every_put_resolved;
    const json promise = promised ? json(resolved) : json();
    return json{
        {"metadata",
         {{"resourceVersion", version}, {"annotations", {{every_put_resolved_annotation, promise}}}}},
        {"spec", spec_of(change, now)},
    }
        .dump();
}

}  // namespace runtime
