#include "fakes/kubernetes/fake_kube.hpp"

#include "kube/decoder.hpp"
#include "kube/watch_decoder.hpp"
#include "support/rfc3339.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <sstream>
#include <utility>

namespace test {
namespace {

using json = nlohmann::json;

class text_answer final : public kube::object_answer
{
public:
    explicit text_answer(const json& object) : text_(object.dump()) { text_.reserve(text_.size() + 64); }
    kube::object_json object() const override { return text_; }

private:
    std::string text_;
};

std::string base64(const std::string& text)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string coded;
    for (std::size_t i = 0; i < text.size(); i += 3)
    {
        unsigned bits = 0;
        for (std::size_t j = i; j < i + 3; ++j)
        {
            bits = bits << 8 | (j < text.size() ? static_cast<unsigned char>(text[j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j)
        {
            coded += i + j > text.size() ? '=' : digits[bits >> (18 - 6 * j) & 63];
        }
    }
    return coded;
}

// The field of a selector, such as "spec.region"; null if the object has none.
json field_of(const json& object, const std::string& path)
{
    json at = object;
    std::istringstream names(path);
    for (std::string name; std::getline(names, name, '.');)
    {
        at = at.is_object() ? at.value(name, json()) : json();
    }
    return at;
}

// "spec.certificateId=a,metadata.namespace!=b"; empty: every object.
bool is_selected(const json& object, const std::string& selector)
{
    std::istringstream requirements(selector);
    for (std::string each; std::getline(requirements, each, ',');)
    {
        const auto equals = each.find('=');
        const bool wants_another = each.at(equals - 1) == '!';
        const std::string path = each.substr(0, equals - (wants_another ? 1 : 0));
        const bool is_same = field_of(object, path) == each.substr(equals + 1);
        if (is_same == wants_another)
        {
            return false;
        }
    }
    return true;
}

support::error status_error(int status, std::string message)
{
    return {support::errc::status, std::move(message), status, std::nullopt};
}

}  // namespace

std::string fake_kube::next_uid()
{
    char uid[37];
    std::snprintf(uid, sizeof uid, "00000000-0000-4000-8000-%012d", ++uids_);
    return uid;
}

void fake_kube::create(const wanted& binding)
{
    const std::string uid = next_uid();
    const auto created = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) - std::chrono::hours(2) -
                         std::chrono::seconds(binding.age_seconds);
    json object{
        {"metadata",
         {{"name", binding.name},
          {"namespace", binding.name_space},
          {"uid", binding.uid.empty() ? uid : binding.uid},
          {"generation", 1},
          {"creationTimestamp", support::format_rfc3339(created)}}},
        {"spec",
         {{"certificateId", binding.certificate},
          {"resourceType", "octavia:listener"},
          {"resourceId", binding.listener},
          {"region", "sao1"},
          {"options", {{"sni", binding.sni}}},
          {"deletionPolicy", binding.policy}}},
        {"status", {{"observedGeneration", -1}}},
    };
    if (!binding.secret.empty())
    {
        object["spec"]["cloudCredentialsRef"] = {{"secretName", binding.secret}};
    }
    touch(object);
    objects_[binding.name] = object;
    show(object, false);
}

void fake_kube::set_secret(const std::string& name, const std::map<std::string, std::string>& texts)
{
    json secret;
    if (!texts.empty())
    {
        secret = {{"metadata", {{"name", name}, {"namespace", "shop"}}}, {"data", json::object()}};
        for (const auto& [key, text] : texts)
        {
            secret["data"][key] = base64(text);
        }
        touch(secret);
    }
    secrets_[name] = secret;
    wake();
}

void fake_kube::update(const std::string& name, const std::function<void(json&)>& change)
{
    json& object = objects_.at(name);
    const json before = object["spec"];
    change(object);
    if (object["spec"] != before)
    {
        object["metadata"]["generation"] = object["metadata"]["generation"].get<int>() + 1;
    }
    touch(object);
    show(object, false);
}

void fake_kube::remove(const std::string& name)
{
    json& object = objects_.at(name);
    if (object["metadata"].value("finalizers", json::array()).empty())
    {
        const json gone = object;
        objects_.erase(name);
        json last = gone;
        touch(last);
        show(last, true);
        return;
    }
    object["metadata"]["deletionTimestamp"] = "2026-11-24T01:00:00Z";
    object["metadata"]["generation"] = object["metadata"]["generation"].get<int>() + 1;
    touch(object);
    show(object, false);
}

std::string fake_kube::ready_reason(const std::string& name) const
{
    for (const json& condition : objects_.at(name)["status"].value("conditions", json::array()))
    {
        if (condition["type"] == "Ready")
        {
            return condition["reason"].get<std::string>();
        }
    }
    return "";
}

std::string fake_kube::message(const std::string& name) const
{
    return objects_.at(name)["status"].value("errorMessage", "");
}

std::string fake_kube::state(const std::string& name) const
{
    return objects_.at(name)["status"].value("state", "");
}

json fake_kube::attachments(const std::string& name) const
{
    return objects_.at(name)["status"].value("attachments", json::array());
}

void fake_kube::list_into(runtime::object_sink& sink) const
{
    sink.list_began();
    for (const auto& [name, object] : objects_)
    {
        sink.listed(text_answer(object).object());
    }
    sink.list_ended();
}

support::task<support::result<std::unique_ptr<kube::list_page>>> fake_kube::list(kube::list_request request)
{
    ++lists;
    // Two objects a page, so that every list has several pages, which can fail; the token is the name of the
    // next object.
    json page{{"metadata", {{"resourceVersion", std::to_string(version_)}}}, {"items", json::array()}};
    auto next = objects_.lower_bound(request.continue_token);
    for (int i = 0; i < 2 && next != objects_.end(); ++i, ++next)
    {
        const json& object = next->second;
        const bool in_scope =
            request.name_space.empty() || object["metadata"]["namespace"] == request.name_space;
        if (in_scope && is_selected(object, request.field_selector))
        {
            page["items"].push_back(object);
        }
    }
    if (next != objects_.end())
    {
        page["metadata"]["continue"] = next->first;
    }
    co_return kube::decode_list(page.dump());
}

class fake_kube::stream final : public kube::watch_stream
{
public:
    stream(fake_kube& owner, int from) : owner_(owner), seen_(from), epoch_(owner.watch_epoch_) {}

    support::task<support::result<std::optional<kube::watch_event>>> next() override
    {
        for (;;)
        {
            if (auto event = decoder_.next(); !event || *event)
            {
                co_return event;
            }
            if (epoch_ != owner_.watch_epoch_)
            {
                co_return std::optional<kube::watch_event>();
            }
            for (const event& shown : owner_.events_)
            {
                if (shown.version > seen_)
                {
                    seen_ = shown.version;
                    decoder_.feed(shown.line);
                }
            }
            if (decoder_.at_boundary())
            {
                co_await owner_.until_woken();
            }
        }
    }

private:
    fake_kube& owner_;
    kube::watch_decoder decoder_;
    int seen_;
    int epoch_;
};

// A watch of one Secret. The watch shows the Secret whenever it has changed.
class fake_kube::secret_stream final : public kube::watch_stream
{
public:
    secret_stream(fake_kube& owner, std::string name, std::string version)
        : owner_(owner), name_(std::move(name)), version_(std::move(version))
    {
        ++owner_.secret_watches_;
    }
    ~secret_stream() override { --owner_.secret_watches_; }

    support::task<support::result<std::optional<kube::watch_event>>> next() override
    {
        for (;;)
        {
            if (auto event = decoder_.next(); !event || *event)
            {
                co_return event;
            }
            const json& now = owner_.secrets_[name_];
            const std::string version =
                now.is_null() ? "" : now["metadata"]["resourceVersion"].get<std::string>();
            if (version != version_)
            {
                json object = now;
                if (now.is_null())
                {
                    object = {{"metadata", {{"name", name_}, {"resourceVersion", "1"}}}};
                }
                const json line{{"type", now.is_null() ? "DELETED" : "MODIFIED"}, {"object", object}};
                decoder_.feed(line.dump() + "\n");
                version_ = version;
                continue;
            }
            co_await owner_.until_woken();
        }
    }

private:
    fake_kube& owner_;
    std::string name_;
    std::string version_;
    kube::watch_decoder decoder_;
};

support::task<support::result<std::unique_ptr<kube::watch_stream>>> fake_kube::watch(
    kube::watch_request request
)
{
    if (request.resource.plural == "secrets")
    {
        secret_requests.push_back("watch " + request.name_space + "/" + request.name);
        if (!may_watch_secrets)
        {
            co_return std::unexpected(status_error(403, "403 Forbidden"));
        }
        co_return std::make_unique<secret_stream>(*this, request.name, request.resource_version);
    }
    const int from = std::stoi(request.resource_version);
    if (from < compacted_)
    {
        co_return std::unexpected(status_error(410, "Expired: too old resource version"));
    }
    co_return std::make_unique<stream>(*this, from);
}

support::task<support::result<std::unique_ptr<kube::object_answer>>> fake_kube::patch(
    kube::patch_request request
)
{
    if (cut)
    {
        co_return support::fail(support::errc::unreachable, "cut off");
    }
    if (before_write)
    {
        if (auto refused = before_write(request))
        {
            co_return std::unexpected(*refused);
        }
    }
    const auto it = objects_.find(request.name);
    if (it == objects_.end())
    {
        co_return std::unexpected(status_error(404, "not found"));
    }
    const json patch = json::parse(request.merge_patch);
    json& object = it->second;
    if (patch["metadata"]["resourceVersion"] != object["metadata"]["resourceVersion"])
    {
        co_return std::unexpected(status_error(409, "the object has been modified"));
    }
    if (patch["metadata"]["uid"] != object["metadata"]["uid"])
    {
        co_return std::unexpected(status_error(409, "another uid"));
    }
    writes.push_back(request.name + (request.subresource == "status" ? " status" : " metadata"));
    if (request.subresource == "status")
    {
        object["status"].merge_patch(patch["status"]);
        if (prune)
        {
            prune(object["status"]);
        }
    }
    else
    {
        object["metadata"]["finalizers"] = patch["metadata"]["finalizers"];
    }
    touch(object);
    const json answer = object;
    if (object["metadata"].contains("deletionTimestamp") && object["metadata"]["finalizers"].empty())
    {
        objects_.erase(it);
        show(answer, true);
    }
    else
    {
        show(answer, false);
    }
    if (after_write)
    {
        if (auto lost = after_write(request))
        {
            co_return std::unexpected(*lost);
        }
    }
    co_return std::make_unique<text_answer>(answer);
}

support::task<support::result<std::unique_ptr<kube::object_answer>>> fake_kube::create(
    kube::create_request request
)
{
    if (cut)
    {
        co_return support::fail(support::errc::unreachable, "cut off");
    }
    if (swallow_events)
    {
        boost::asio::steady_timer never(
            co_await boost::asio::this_coro::executor, boost::asio::steady_timer::time_point::max()
        );
        co_await never.async_wait(boost::asio::use_awaitable);
    }
    if (refuse_events)
    {
        co_return std::unexpected(*refuse_events);
    }
    json event = json::parse(request.object);
    if (request.resource.plural == "certificatebindings")
    {
        co_return create_binding(request.name_space, std::move(event));
    }
    const auto same_name = [&](const json& other) {
        return other["metadata"]["name"] == event["metadata"]["name"];
    };
    if (std::ranges::any_of(events, same_name))
    {
        co_return std::unexpected(status_error(409, "already exists"));
    }
    events.push_back(event);
    co_return std::make_unique<text_answer>(event);
}

support::task<support::result<std::unique_ptr<kube::object_answer>>> fake_kube::get(
    kube::resource resource, std::string name_space, std::string name
)
{
    if (resource.plural == "secrets")
    {
        secret_requests.push_back("get " + name_space + "/" + name);
        if (!may_get_secrets)
        {
            co_return std::unexpected(status_error(403, "403 Forbidden"));
        }
        const auto secret = secrets_.find(name);
        if (secret == secrets_.end() || secret->second.is_null())
        {
            co_return std::unexpected(status_error(404, "not found"));
        }
        co_return std::make_unique<text_answer>(secret->second);
    }
    const auto it = objects_.find(name);
    if (it == objects_.end())
    {
        co_return std::unexpected(status_error(404, "not found"));
    }
    co_return std::make_unique<text_answer>(it->second);
}

support::result<std::unique_ptr<kube::object_answer>> fake_kube::create_binding(
    const std::string& name_space, json object
)
{
    const auto name = object["metadata"]["name"].get<std::string>();
    if (objects_.contains(name))
    {
        return std::unexpected(status_error(409, "409 AlreadyExists"));
    }
    object["metadata"].update(
        {{"namespace", name_space},
         {"uid", next_uid()},
         {"generation", 1},
         {"creationTimestamp", "2026-11-24T00:00:00Z"}}
    );
    object["spec"]["deletionPolicy"] = "Detach";
    object["status"] = {{"observedGeneration", -1}};
    touch(object);
    objects_[name] = object;
    show(object, false);
    return std::make_unique<text_answer>(object);
}

support::task<support::result<std::unique_ptr<kube::object_answer>>> fake_kube::remove(
    kube::remove_request request
)
{
    const auto it = objects_.find(request.name);
    if (it == objects_.end() || it->second["metadata"]["namespace"] != request.name_space)
    {
        co_return std::unexpected(status_error(404, "404 NotFound"));
    }
    const json& metadata = it->second["metadata"];
    const bool other_object = !request.uid.empty() && metadata["uid"] != request.uid;
    if (other_object ||
        (!request.resource_version.empty() && metadata["resourceVersion"] != request.resource_version))
    {
        co_return std::unexpected(status_error(409, "409 Conflict"));
    }
    remove(request.name);
    const bool gone = !objects_.contains(request.name);
    co_return std::make_unique<text_answer>(
        gone ? json{{"kind", "Status"}, {"status", "Success"}} : objects_.at(request.name)
    );
}

void fake_kube::touch(json& object)
{
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
}

void fake_kube::end_watches()
{
    ++watch_epoch_;
    wake();
}

void fake_kube::compact()
{
    compacted_ = version_;
    events_.clear();
    end_watches();
}

support::task<> fake_kube::until_woken()
{
    const auto timer = std::make_shared<boost::asio::steady_timer>(
        co_await boost::asio::this_coro::executor, boost::asio::steady_timer::time_point::max()
    );
    waiters_.push_back(timer);
    boost::system::error_code woken;
    co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
}

void fake_kube::wake()
{
    for (const auto& waiter : std::exchange(waiters_, {}))
    {
        waiter->cancel();
    }
}

void fake_kube::show(const json& object, bool deleted)
{
    const json line{{"type", deleted ? "DELETED" : "MODIFIED"}, {"object", object}};
    events_.push_back({version_, deleted, line.dump() + "\n"});
    if (deleted)
    {
        last_removed_ = text_answer(object).object();
        last_removed_.reserve(last_removed_.size() + 64);
    }
    wake();
    if (auto* sink = watch_())
    {
        const text_answer text(object);
        deleted ? sink->deleted(text.object()) : sink->changed(text.object());
    }
}

}  // namespace test
