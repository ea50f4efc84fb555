#pragma once

#include "binding/index/binding_index.hpp"
#include "kube/client.hpp"

#include <boost/asio/steady_timer.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace test {

// A Kubernetes inside this process with its bindings: objects as JSON, merge patches with resourceVersion,
// and finalizers. A store gets each change at once, as from a watch that never lags.
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
        int age_seconds = 0;      // how much older the binding is than the other objects
        std::string secret = {};  // of cloudCredentialsRef
        std::string name_space = "shop";
        std::string uid = {};  // empty: a larger uid than those before
    };

    void create(const wanted& binding);
    // A write of a user. A new spec raises the generation.
    void update(const std::string& name, const std::function<void(json&)>& change);
    void remove(const std::string& name);  // as kubectl delete

    // The object that was deleted last, as a watch shows it.
    kube::object_json last_removed() const { return last_removed_; }

    bool exists(const std::string& name) const { return objects_.contains(name); }
    const json& object(const std::string& name) const { return objects_.at(name); }
    const std::map<std::string, json>& objects() const { return objects_; }
    std::string ready_reason(const std::string& name) const;
    std::string message(const std::string& name) const;
    std::string state(const std::string& name) const;
    json attachments(const std::string& name) const;

    // Sets the Secret of namespace shop; `texts` are the values before base64. Empty: deletes it.
    void set_secret(const std::string& name, const std::map<std::string, std::string>& texts);
    bool may_get_secrets = true;
    bool may_watch_secrets = true;
    std::vector<std::string> secret_requests;  // "get shop/cloud", "watch shop/cloud"
    std::size_t secret_watches() const { return secret_watches_; }

    bool cut = false;  // true: no write takes effect, as after a kill of the process

    std::vector<std::string> writes;  // "shop status", "shop metadata"

    // The Events that were written, and the answer to further ones: an error, or none.
    std::vector<json> events;
    std::optional<support::error> refuse_events;
    bool swallow_events = false;

    // Called before a write takes effect; an error refuses it.
    std::function<std::optional<support::error>(const kube::patch_request&)> before_write;

    // Removes the fields that the schema does not know from each written status.
    std::function<void(json& status)> prune;

    // Called after a write has taken effect; an error replaces the answer.
    std::function<std::optional<support::error>(const kube::patch_request&)> after_write;

    // Ends every open watch; a resumed watch continues at its version.
    void end_watches();
    // Forgets all events so far. A resumed watch gets 410 and has to list again.
    void compact();
    int lists = 0;  // pages that were requested

    // Shows all objects to a new store, as a list does.
    void list_into(runtime::object_sink& sink) const;

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request
    ) override;
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request request
    ) override;
    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override;
    support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request request
    ) override;
    support::task<support::result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) override;
    support::task<support::result<std::unique_ptr<kube::object_answer>>> remove(kube::remove_request request
    ) override;

private:
    struct event
    {
        int version;
        bool deleted;
        std::string line;
    };
    class stream;
    friend class stream;
    class secret_stream;
    friend class secret_stream;

    support::result<std::unique_ptr<kube::object_answer>> create_binding(
        const std::string& name_space, json object
    );
    std::string next_uid();

    void touch(json& object);
    void show(const json& object, bool deleted);
    support::task<> until_woken();  // by the next wake()
    void wake();

    std::function<runtime::object_sink*()> watch_;
    std::map<std::string, json> objects_;
    std::map<std::string, json> secrets_;  // null: deleted
    std::size_t secret_watches_ = 0;
    std::string last_removed_;
    int version_ = 100;
    int uids_ = 0;
    std::vector<event> events_;
    int compacted_ = 0;
    int watch_epoch_ = 0;
    std::vector<std::shared_ptr<boost::asio::steady_timer>> waiters_;
};

}  // namespace test
