#pragma once

#include "fakes/kubernetes/server/api_status.hpp"
#include "kube/client.hpp"
#include "support/clock.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace test {

struct api_kind
{
    kube::resource resource;
    std::string kind;
    // Applied to each written object, as the defaults of the schema of a CRD.
    std::function<void(nlohmann::json&)> set_defaults;
};

// The CertificateBinding with the defaults of its CRD.
api_kind certificate_binding_kind();

// The objects of one kind as etcd and kube-apiserver keep them. Each write is a revision, which becomes the
// resourceVersion of the written object. The revisions are a history that can be read until it is compacted.
//
// A write follows the rules of the server: 409 if its resourceVersion is not the current one; the status is
// written apart from the rest; a new spec raises the generation; a write that changes nothing makes no
// revision; a deleted object stays until its last finalizer is removed, and accepts no new finalizers.
class api_objects
{
public:
    using json = nlohmann::json;
    using answer = std::expected<json, api_status>;

    struct event
    {
        std::uint64_t revision;
        std::string type;  // ADDED, MODIFIED, DELETED
        std::string name_space;
        std::shared_ptr<const json> object;
    };

    // A page of the objects at one revision.
    struct page
    {
        std::vector<std::shared_ptr<const json>> items;
        std::uint64_t revision = 0;
        std::string continue_token;
        std::size_t remaining = 0;
    };

    api_objects(support::clock& clock, api_kind kind) : clock_(clock), kind_(std::move(kind)) {}

    const api_kind& kind() const { return kind_; }

    // ---- writes; `manager` is the field manager ----
    answer create(json object, const std::string& manager = "kubectl-create");
    answer patch(
        const std::string& name_space,
        const std::string& name,
        const std::string& subresource,  // "status" or empty
        const json& merge_patch,
        const std::string& manager = "kubectl-patch"
    );
    std::expected<api_status, api_status> remove(const std::string& name_space, const std::string& name);

    // ---- reads ----
    // The current object; null if there is none.
    const json* find(const std::string& name_space, const std::string& name) const;
    std::expected<page, api_status> list(
        const std::string& name_space, std::size_t limit, const std::string& continue_token
    );
    std::uint64_t revision() const { return revision_; }
    std::size_t size() const { return objects_.size(); }
    const std::map<std::string, std::shared_ptr<const json>>& all() const { return objects_; }

    // ---- history ----
    const std::deque<event>& events() const { return events_; }
    std::uint64_t oldest() const { return compacted_; }  // events after this revision are known
    void compact();  // forgets all events and the lists that are not complete

    // A backup of etcd, and its restoration: the revisions since are gone, and new ones take their numbers.
    struct backup
    {
        std::map<std::string, std::shared_ptr<const json>> objects;
        std::uint64_t revision;
    };
    backup back_up() const { return {objects_, revision_}; }
    void restore(const backup& from);

    // Called after each event.
    std::function<void()> on_event;

private:
    using objects = std::map<std::string, std::shared_ptr<const json>>;  // by "namespace/name"

    void commit(const char* type, json object);
    std::string now() const;
    void set_manager(json& object, const std::string& manager, const std::string& subresource) const;

    support::clock& clock_;
    api_kind kind_;
    objects objects_;
    std::uint64_t revision_ = 200;
    std::uint64_t compacted_ = 200;
    std::uint64_t uids_ = 0;
    std::deque<event> events_;
    std::map<std::uint64_t, objects> snapshots_;  // of lists that are not complete, by revision
};

}  // namespace test
