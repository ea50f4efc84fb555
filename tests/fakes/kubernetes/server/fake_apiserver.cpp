#include "fakes/kubernetes/server/fake_apiserver.hpp"

#include "support/alarm.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace asio = boost::asio;

namespace test {
namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using support::errc;
using support::fail;

constexpr std::string_view bearer = "Bearer ";

net::http_response json_response(int status, std::string body)
{
    net::http_response response;
    response.status = status;
    response.headers = {{"Cache-Control", "no-cache, private"}, {"Content-Type", "application/json"}};
    response.body = std::move(body);
    return response;
}

net::http_response response_of(const api_status& status)
{
    net::http_response response = json_response(status.code, status.text());
    if (status.body.contains("details") && status.body["details"].contains("retryAfterSeconds"))
    {
        response.headers.push_back({"Retry-After", status.body["details"]["retryAfterSeconds"].dump()});
    }
    return response;
}

net::http_response response_of(const api_objects::answer& answer, int status = 200)
{
    return answer ? json_response(status, answer->dump() + "\n") : response_of(answer.error());
}

net::http_response no_such_path()
{
    net::http_response response;
    response.status = 404;
    response.headers = {
        {"Cache-Control", "no-cache, private"},
        {"Content-Type", "text/plain; charset=utf-8"},
        {"X-Content-Type-Options", "nosniff"},
    };
    response.body = "404 page not found\n";
    return response;
}

std::optional<std::uint64_t> version_of(const std::string& text)
{
    std::uint64_t version = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), version);
    return ec == std::errc() && end == text.data() + text.size() ? std::optional(version) : std::nullopt;
}

}  // namespace

api_fault api_fault::with(const api_status& status)
{
    return {kind::answer, response_of(status)};
}

api_fault api_fault::with(int status, const std::string& content_type, const std::string& body)
{
    api_fault fault{kind::answer};
    fault.answer.status = status;
    fault.answer.headers = {{"Content-Type", content_type}};
    fault.answer.body = body;
    return fault;
}

// A request in progress; its client may have ended.
struct fake_apiserver::exchange
{
    exchange(asio::any_io_executor executor, support::clock& clock, net::http_request sent)
        : request(std::move(sent)), answered(std::move(executor), clock)
    {}

    void finish(support::result<net::http_response> with)
    {
        answer = std::move(with);
        answered.ring();
    }

    net::http_request request;
    api_request asked;
    // The answer to a request that has already taken effect.
    std::optional<net::http_response> held_answer;
    std::optional<support::result<net::http_response>> answer;
    support::alarm answered;
};

fake_apiserver::fake_apiserver(asio::any_io_executor executor, support::clock& clock, api_kind kind)
    : executor_(std::move(executor)), clock_(clock), objects_(clock, std::move(kind))
{
    objects_.on_event = [this] {
        for (api_watch* watch : watches_.open)
        {
            watch->notice();
        }
    };
}

fake_apiserver::~fake_apiserver() = default;

std::size_t fake_apiserver::count(const std::string& verb) const
{
    return static_cast<std::size_t>(std::ranges::count(requests_, verb, &api_request::verb));
}

void fake_apiserver::set_served(bool served)
{
    served_ = served;
    if (!served)
    {
        end_watches();
    }
}

void fake_apiserver::release()
{
    for (const auto& request : std::exchange(held_, {}))
    {
        request->finish(request->held_answer ? std::move(*request->held_answer) : answer(*request));
    }
}

void fake_apiserver::drop()
{
    for (const auto& request : std::exchange(held_, {}))
    {
        request->finish(fail(errc::interrupted, "the connection was reset"));
    }
}

void fake_apiserver::go_down()
{
    down_ = true;
    drop();
    for (const auto& request : std::exchange(waiting_, {}))
    {
        request->finish(fail(errc::interrupted, "the connection was reset"));
    }
    cut_watches();
}

void fake_apiserver::hold_events()
{
    watches_.shown_up_to = objects_.revision();
}

void fake_apiserver::release_events()
{
    watches_.shown_up_to = UINT64_MAX;
    objects_.on_event();
}

void fake_apiserver::end_watches()
{
    for (api_watch* watch : watches_.open)
    {
        watch->end();
    }
}

void fake_apiserver::cut_watches(std::size_t after_bytes)
{
    for (api_watch* watch : watches_.open)
    {
        watch->cut(after_bytes);
    }
}

void fake_apiserver::say_to_watches(const std::string& text)
{
    for (api_watch* watch : watches_.open)
    {
        watch->say(text);
    }
}

support::task<support::result<net::http_response>> fake_apiserver::send(net::http_request request)
{
    const auto largest = request.max_response_bytes;
    const auto shared = std::make_shared<exchange>(executor_, clock_, std::move(request));
    auto response = co_await ask(shared);
    if (response && response->body.size() > largest)
    {
        co_return fail(errc::too_large, "the answer is larger than " + std::to_string(largest) + " bytes");
    }
    co_return response;
}

support::task<support::result<std::unique_ptr<net::http_stream>>> fake_apiserver::open(
    net::http_request request
)
{
    const auto shared = std::make_shared<exchange>(executor_, clock_, std::move(request));
    auto response = co_await ask(shared);
    if (!response)
    {
        co_return std::unexpected(response.error());
    }
    const bool follows = response->status == 200 && response->body.empty();
    auto watch = std::make_unique<api_watch>(executor_, clock_, objects_, watches_, std::move(*response));
    if (follows)
    {
        const api_request& asked = shared->asked;
        watch->follow(asked, version_of(asked.asked("resourceVersion")).value_or(objects_.revision()));
    }
    co_return watch;
}

support::task<support::result<net::http_response>> fake_apiserver::ask(std::shared_ptr<exchange> shared)
{
    co_await asio::post(executor_, asio::use_awaitable);
    arrive(shared);
    while (!shared->answer)
    {
        if (clock_.now() >= shared->request.deadline)
        {
            co_return fail(errc::interrupted, "no answer in time");
        }
        co_await shared->answered.wait(shared->request.deadline);
    }
    co_return *shared->answer;
}

void fake_apiserver::arrive(const std::shared_ptr<exchange>& shared)
{
    if (down_)
    {
        shared->finish(fail(errc::unreachable, "connection refused"));
        return;
    }
    shared->asked = understand(shared->request, objects_.kind().resource);
    const bool writes = shared->request.method != "GET";
    shared->asked.write = writes ? ++writes_ : 0;
    requests_.push_back(shared->asked);
    const auto fault = on_request ? on_request(shared->asked) : std::nullopt;
    if (!fault)
    {
        shared->finish(answer(*shared));
        return;
    }
    switch (fault->how)
    {
        case api_fault::kind::answer:
            shared->finish(fault->answer);
            break;
        case api_fault::kind::cut_answer:
            answer(*shared);
            [[fallthrough]];
        case api_fault::kind::cut_request:
            shared->finish(fail(errc::interrupted, "the connection was reset"));
            break;
        case api_fault::kind::swallow_answer:
            answer(*shared);
            [[fallthrough]];
        case api_fault::kind::swallow:
            waiting_.insert(shared);
            break;
        case api_fault::kind::hold_answer:
            shared->held_answer = answer(*shared);
            [[fallthrough]];
        case api_fault::kind::hold:
            held_.push_back(shared);
            break;
    }
}

net::http_response fake_apiserver::answer(const exchange& shared)
{
    const api_request& asked = shared.asked;
    const kube::resource& resource = objects_.kind().resource;
    const auto shown = net::find_header(shared.request.headers, "authorization");
    if (!token.empty() && shown != std::string(bearer) + token)
    {
        return response_of(statuses::unauthorized());
    }
    const std::string right = asked.verb + (asked.subresource.empty() ? "" : " " + asked.subresource);
    if (denied.contains(right))
    {
        return response_of(
            statuses::forbidden(resource, asked.verb, asked.subresource, asked.name_space, asked.name)
        );
    }
    if (!served_ || asked.verb.empty())
    {
        return no_such_path();
    }
    if (asked.verb == "list")
    {
        return list(asked);
    }
    if (asked.verb == "watch")
    {
        const auto text = asked.asked("resourceVersion");
        const auto version = version_of(text);
        if (!text.empty() && !version)
        {
            return response_of(statuses::version_invalid(text));
        }
        net::http_response answer = json_response(200, "");
        if (version && *version < objects_.oldest())
        {
            answer.body =
                event_line("ERROR", statuses::watch_expired(*version, objects_.oldest()).body.dump());
        }
        return answer;
    }
    if (asked.verb == "get")
    {
        const json* object = objects_.find(asked.name_space, asked.name);
        return object == nullptr ? response_of(statuses::not_found(resource, asked.name))
                                 : json_response(200, object->dump() + "\n");
    }
    if (asked.verb == "delete")
    {
        const auto gone = objects_.remove(asked.name_space, asked.name);
        return response_of(gone ? *gone : gone.error());
    }
    const std::string manager = asked.asked("fieldManager").empty() ? "unknown" : asked.asked("fieldManager");
    json body = json::parse(asked.body, nullptr, false);
    if (asked.verb == "create")
    {
        body["metadata"]["namespace"] = asked.name_space;
        return response_of(objects_.create(std::move(body), manager), 201);
    }
    if (net::find_header(shared.request.headers, "content-type") != "application/merge-patch+json")
    {
        return response_of(statuses::unsupported_patch());
    }
    if (!body.is_object())
    {
        return response_of(statuses::bad_request("invalid JSON patch"));
    }
    return response_of(objects_.patch(asked.name_space, asked.name, asked.subresource, body, manager));
}

net::http_response fake_apiserver::list(const api_request& asked)
{
    if (const auto text = asked.asked("resourceVersion"); !text.empty())
    {
        const auto version = version_of(text);
        if (!version)
        {
            return response_of(statuses::version_invalid(text));
        }
        if (*version > objects_.revision())
        {
            return response_of(statuses::version_too_large(*version, objects_.revision()));
        }
    }
    const auto page = objects_.list(
        asked.name_space, version_of(asked.asked("limit")).value_or(0), asked.asked("continue")
    );
    if (!page)
    {
        return response_of(page.error());
    }
    const auto& kind = objects_.kind();
    json items = json::array();
    for (const auto& item : page->items)
    {
        items.push_back(*item);
    }
    json metadata{{"continue", page->continue_token}, {"resourceVersion", std::to_string(page->revision)}};
    if (page->remaining > 0)
    {
        metadata["remainingItemCount"] = page->remaining;
    }
    const json whole{
        {"apiVersion", kind.resource.group + "/" + kind.resource.version},
        {"items", std::move(items)},
        {"kind", kind.kind + "List"},
        {"metadata", std::move(metadata)},
    };
    return json_response(200, whole.dump() + "\n");
}

}  // namespace test
