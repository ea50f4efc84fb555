#include "fakes/kubernetes/server/api_objects.hpp"

#include "support/rfc3339.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

namespace test {
namespace {

using json = nlohmann::json;

// The most lists in pages that are kept at a time.
constexpr std::size_t most_snapshots = 8;

std::string key_of(const std::string& name_space, const std::string& name)
{
    return name_space + "/" + name;
}

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// RFC 4648 section 5, without padding.
std::string base64_url(std::string_view text)
{
    std::string encoded;
    for (std::size_t bit = 0; bit < text.size() * 8; bit += 6)
    {
        const auto byte = [&](std::size_t i) {
            return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
        };
        const unsigned two = byte(bit / 8) << 8 | byte(bit / 8 + 1);
        encoded += alphabet[two >> (10 - bit % 8) & 0x3F];
    }
    return encoded;
}

std::string from_base64_url(std::string_view text)
{
    std::string decoded;
    unsigned bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        bits = bits << 6 | static_cast<unsigned>(alphabet.find(text[i]) & 0x3F);
        if (i % 4 != 0)
        {
            decoded += static_cast<char>(bits >> (6 - i % 4 * 2) & 0xFF);
        }
    }
    return decoded;
}

// {"v":"meta.k8s.io/v1","rv":226,"start":"/shop/a\u0000"}: the name after which the list continues, relative
// to the listed scope.
std::string continue_token(std::int64_t revision, const std::string& after)
{
    const nlohmann::ordered_json token{
        {"v", "meta.k8s.io/v1"}, {"rv", revision}, {"start", after + std::string(1, '\0')}
    };
    return base64_url(token.dump());
}

bool has_finalizers(const json& object)
{
    const json& metadata = object["metadata"];
    return metadata.contains("finalizers") && !metadata["finalizers"].empty();
}

// Removes empty members, as Go does.
void drop_empty(json& metadata)
{
    for (const char* member : {"finalizers", "annotations", "labels"})
    {
        if (metadata.contains(member) && metadata[member].empty())
        {
            metadata.erase(member);
        }
    }
}

// Keeps the fields that only the server sets.
void keep_system_fields(json& object, const json& before)
{
    object["apiVersion"] = before["apiVersion"];
    object["kind"] = before["kind"];
    for (const char* field :
         {"name",
          "namespace",
          "uid",
          "resourceVersion",
          "generation",
          "creationTimestamp",
          "deletionTimestamp",
          "deletionGracePeriodSeconds",
          "managedFields"})
    {
        object["metadata"].erase(field);
        if (before["metadata"].contains(field))
        {
            object["metadata"][field] = before["metadata"][field];
        }
    }
}

}  // namespace

api_kind certificate_binding_kind()
{
    return {
        {"certificates.bycloud.io", "v1alpha1", "certificatebindings"},
        "CertificateBinding",
        [](json& object) {
            json& spec = object["spec"];
            const auto set = [](json& in, const char* key, json value) {
                if (!in.contains(key) || in[key].is_null())
                {
                    in[key] = std::move(value);
                }
            };
            set(spec, "resourceType", "octavia:listener");
            set(spec, "options", json::object());
            set(spec["options"], "sni", false);
            set(spec, "deletionPolicy", "Detach");
            set(object, "status", {{"observedGeneration", -1}});
        }
    };
}

api_objects::answer api_objects::create(json object, const std::string& manager)
{
    json& metadata = object["metadata"];
    const std::string name = metadata.value("name", "");
    if (objects_.contains(key_of(metadata.value("namespace", ""), name)))
    {
        return std::unexpected(statuses::already_exists(kind_.resource, name));
    }
    char uid[37];
    std::snprintf(
        uid, sizeof uid, "00000000-0000-4000-8000-%012llx", static_cast<unsigned long long>(++uids_)
    );
    object["apiVersion"] = kind_.resource.group + "/" + kind_.resource.version;
    object["kind"] = kind_.kind;
    // The status has a subresource of its own.
    object.erase("status");
    metadata["uid"] = uid;
    metadata["generation"] = 1;
    metadata["creationTimestamp"] = now();
    drop_empty(metadata);
    kind_.set_defaults(object);
    set_manager(object, manager, "");
    commit("ADDED", object);
    return *find(metadata.value("namespace", ""), name);
}

api_objects::answer api_objects::patch(
    const std::string& name_space,
    const std::string& name,
    const std::string& subresource,
    const json& merge_patch,
    const std::string& manager
)
{
    const json* current = find(name_space, name);
    if (current == nullptr || (!subresource.empty() && subresource != "status"))
    {
        return std::unexpected(statuses::not_found(kind_.resource, name));
    }
    const json before = *current;
    json after = before;
    after.merge_patch(merge_patch);
    if (after["metadata"].value("resourceVersion", json()) != before["metadata"]["resourceVersion"])
    {
        return std::unexpected(statuses::conflict(kind_.resource, name));
    }
    if (subresource == "status")
    {
        json status = after.contains("status") ? after["status"] : json();
        after = before;
        after["status"] = std::move(status);
    }
    else
    {
        if (after["metadata"]["uid"] != before["metadata"]["uid"])
        {
            return std::unexpected(statuses::invalid(
                kind_.resource,
                kind_.kind,
                name,
                "metadata.uid",
                "FieldValueInvalid",
                "Invalid value: " + after["metadata"]["uid"].dump() + ": field is immutable"
            ));
        }
        keep_system_fields(after, before);
        if (before.contains("status"))
        {
            after["status"] = before["status"];
        }
        drop_empty(after["metadata"]);
    }
    kind_.set_defaults(after);

    json& metadata = after["metadata"];
    const bool deleting = metadata.contains("deletionTimestamp");
    const json old_finalizers = before["metadata"].value("finalizers", json::array());
    for (const json& finalizer : metadata.value("finalizers", json::array()))
    {
        if (deleting && std::ranges::find(old_finalizers, finalizer) == old_finalizers.end())
        {
            return std::unexpected(statuses::invalid(
                kind_.resource,
                kind_.kind,
                name,
                "metadata.finalizers",
                "FieldValueForbidden",
                "Forbidden: no new finalizers can be added if the object is being deleted, found new "
                "finalizers []string{" +
                    finalizer.dump() + "}"
            ));
        }
    }
    if (after == before)
    {
        return before;
    }
    if (after.value("spec", json()) != before.value("spec", json()))
    {
        metadata["generation"] = metadata["generation"].get<int>() + 1;
    }
    set_manager(after, manager, subresource);
    if (deleting && !has_finalizers(after))
    {
        // The answer shows the object without finalizers, at the version before; the event shows the last
        // stored object.
        commit("DELETED", before);
        return after;
    }
    commit("MODIFIED", after);
    return *find(name_space, name);
}

std::expected<api_status, api_status> api_objects::remove(
    const std::string& name_space, const std::string& name
)
{
    const json* current = find(name_space, name);
    if (current == nullptr)
    {
        return std::unexpected(statuses::not_found(kind_.resource, name));
    }
    json object = *current;
    const api_status gone =
        statuses::deleted(kind_.resource, name, object["metadata"]["uid"].get<std::string>());
    if (!has_finalizers(object))
    {
        commit("DELETED", std::move(object));
        return gone;
    }
    json& metadata = object["metadata"];
    if (!metadata.contains("deletionTimestamp"))
    {
        metadata["deletionTimestamp"] = now();
        metadata["deletionGracePeriodSeconds"] = 0;
        metadata["generation"] = metadata["generation"].get<int>() + 1;
        commit("MODIFIED", object);
    }
    return api_status{200, nlohmann::ordered_json(*find(name_space, name))};
}

const json* api_objects::find(const std::string& name_space, const std::string& name) const
{
    const auto it = objects_.find(key_of(name_space, name));
    return it == objects_.end() ? nullptr : it->second.get();
}

std::expected<api_objects::page, api_status> api_objects::list(
    const std::string& name_space, std::size_t limit, const std::string& token
)
{
    page result;
    result.revision = revision_;
    const std::string root = name_space.empty() ? "" : name_space + "/";
    std::string from = root;
    const objects* all = &objects_;
    if (!token.empty())
    {
        const json read = json::parse(from_base64_url(token), nullptr, false);
        if (!read.is_object() || !read.contains("rv") || !read.contains("start"))
        {
            return std::unexpected(statuses::bad_request("continue key is not valid: " + token));
        }
        result.revision = read["rv"].get<std::uint64_t>();
        const auto start = read["start"].get<std::string>().substr(1);  // without the leading '/'
        const auto known = snapshots_.find(result.revision);
        if (known == snapshots_.end())
        {
            return std::unexpected(statuses::continue_expired(continue_token(-1, start)));
        }
        from = root + start;
        all = &known->second;
    }
    auto next = all->lower_bound(from);
    const auto in_scope = [&](const auto& at) { return at != all->end() && at->first.starts_with(root); };
    std::string last;
    while (in_scope(next) && (limit == 0 || result.items.size() < limit))
    {
        result.items.push_back(next->second);
        last = next->first;
        ++next;
    }
    if (in_scope(next))
    {
        result.continue_token =
            continue_token(static_cast<std::int64_t>(result.revision), "/" + last.substr(root.size()));
        for (auto rest = next; in_scope(rest); ++rest)
        {
            ++result.remaining;
        }
        snapshots_.try_emplace(result.revision, *all);
        while (snapshots_.size() > most_snapshots)
        {
            snapshots_.erase(snapshots_.begin());
        }
    }
    return result;
}

void api_objects::restore(const backup& from)
{
    objects_ = from.objects;
    revision_ = from.revision;
    events_.clear();
    snapshots_.clear();
    compacted_ = from.revision;
}

void api_objects::compact()
{
    compacted_ = revision_;
    events_.clear();
    snapshots_.clear();
}

void api_objects::commit(const char* type, json object)
{
    json& metadata = object["metadata"];
    metadata["resourceVersion"] = std::to_string(++revision_);
    const auto name_space = metadata.value("namespace", "");
    const auto key = key_of(name_space, metadata["name"].get<std::string>());
    const auto shared = std::make_shared<const json>(std::move(object));
    if (type == std::string_view("DELETED"))
    {
        objects_.erase(key);
    }
    else
    {
        objects_[key] = shared;
    }
    events_.push_back({revision_, type, name_space, shared});
    if (on_event)
    {
        on_event();
    }
}

std::string api_objects::now() const
{
    return support::format_rfc3339(clock_.wall());
}

void api_objects::set_manager(json& object, const std::string& manager, const std::string& subresource) const
{
    json entry{
        {"apiVersion", object["apiVersion"]},
        {"fieldsType", "FieldsV1"},
        {"fieldsV1", {{subresource.empty() ? "f:spec" : "f:status", json::object()}}},
        {"manager", manager},
        {"operation", "Update"},
        {"time", now()},
    };
    if (!subresource.empty())
    {
        entry["subresource"] = subresource;
    }
    json& all = object["metadata"]["managedFields"];
    for (json& known : all)
    {
        if (known["manager"] == manager && known.value("subresource", "") == subresource)
        {
            known = std::move(entry);
            return;
        }
    }
    all.push_back(std::move(entry));
}

}  // namespace test
