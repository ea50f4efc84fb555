#pragma once

#include "binding/bindings.hpp"
#include "kube/client.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace test {

// The bindings in a Kubernetes of one process: objects as JSON, merge patches with resourceVersion,
// finalizers; what changes is shown to a store at once, as by a watch that never lags.
class fake_kube final : public kube::client
{
public:
    using json = nlohmann::json;

    explicit fake_kube(std::function<runtime::object_sink*()> watch) : watch_(std::move(watch)) {}

    struct wanted
    {
        std::string name;
        std::string certificate;
        std::string listener;
        bool sni = false;
        std::string policy = "Detach";
        int age_seconds = 0;  // created so long before the others
    };

    void create(const wanted& binding);
    void update(
        const std::string& name, const std::function<void(json&)>& change
    );                                     // by a user; spec changes raise the generation
    void remove(const std::string& name);  // kubectl delete

    bool exists(const std::string& name) const { return objects_.contains(name); }
    const json& object(const std::string& name) const { return objects_.at(name); }
    std::string ready_reason(const std::string& name) const;
    std::string message(const std::string& name) const;
    std::string state(const std::string& name) const;
    json attachments(const std::string& name) const;

    std::vector<std::string> writes;  // "shop status", "shop metadata"

    // Called before a write takes effect; an error refuses it.
    std::function<std::optional<support::error>(const kube::patch_request&)> before_write;

    // Called when a write has taken effect; an error is given instead of the answer.
    std::function<std::optional<support::error>(const kube::patch_request&)> after_write;

    // Shows all objects to a new store, as a list does.
    void list_into(runtime::object_sink& sink) const;

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request
    ) override;
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request request
    ) override;
    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override;
    support::task<support::result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) override;

private:
    void touch(json& object);
    void show(const json& object, bool deleted) const;

    std::function<runtime::object_sink*()> watch_;
    std::map<std::string, json> objects_;
    int version_ = 100;
    int uids_ = 0;
};

}  // namespace test
