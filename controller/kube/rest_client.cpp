#include "kube/rest_client.hpp"

#include "kube/decoder.hpp"
#include "kube/identity_headers.hpp"
#include "kube/request_target.hpp"
#include "kube/rest_watch.hpp"
#include "kube/server_status.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace kube {
namespace {

using namespace std::chrono_literals;
using support::errc;
using support::fail;
using support::result;
using support::task;
using json = nlohmann::json;

constexpr support::duration answer_within = 30s;
constexpr support::duration page_within = 60s;
// The server should have ended a watch by itself this long before.
constexpr support::duration silence_beyond_timeout = 10s;
// Many times the size of usual objects, and ten of the largest that a server stores. Reading a page takes
// several times as much memory.
constexpr std::size_t largest_page = 16 << 20;
constexpr std::size_t largest_object = 4 << 20;
constexpr std::size_t largest_header = 64 << 10;
constexpr int most_tries = 10;  // as client-go
// Limits for the body of a refused watch.
constexpr support::duration words_within = 5s;
constexpr std::size_t largest_words = 64 << 10;

constexpr auto whole_objects = "application/json";
constexpr auto metadata_of_list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

bool is_json(const std::vector<net::header>& headers)
{
    return net::find_header(headers, "content-type").starts_with("application/json");
}

support::error error_of(int status, const std::vector<net::header>& headers, std::string_view body)
{
    support::error error = decode_status(status, body);
    error.retry_after = net::retry_after(headers);
    return error;
}

bool is_secret(const resource& resource)
{
    return resource.group.empty() && resource.plural == "secrets";
}

// As client-go: 429, or 5xx with a Retry-After.
bool asks_to_come_back(const support::error& error)
{
    constexpr int too_many_requests = 429;
    constexpr int of_server = 500;
    return error.code == errc::status && error.retry_after &&
           (error.http_status == too_many_requests || error.http_status >= of_server);
}

class rest_client final : public client
{
public:
    rest_client(
        net::http_client& http, support::clock& clock, request_credentials& credentials, std::string manager
    )
        : http_(http), clock_(clock), credentials_(credentials), manager_(std::move(manager))
    {}

    task<result<std::unique_ptr<list_page>>> list(list_request request) override
    {
        const char* accept = request.metadata_only ? metadata_of_list : whole_objects;
        auto body = co_await ask("GET", target_of(request), {}, {}, page_within, largest_page, false, accept);
        if (!body)
        {
            co_return std::unexpected(body.error());
        }
        co_return decode_list(std::move(*body));
    }

    task<result<std::unique_ptr<watch_stream>>> watch(watch_request request) override
    {
        const std::string target = target_of(request);
        for (bool again = true;; again = false)
        {
            const auto current = co_await credentials_.get();
            if (!current)
            {
                co_return std::unexpected(current.error());
            }
            net::http_request http_request =
                prepare("GET", target, {}, {}, answer_within, largest_header, *current);
            http_request.sensitive = is_secret(request.resource);
            auto opened = co_await http_.open(std::move(http_request));
            if (!opened)
            {
                co_return std::unexpected(opened.error());
            }
            const int status = (*opened)->status();
            if (status == 401 && again && credentials_.refused(*current))
            {
                continue;
            }
            if (status != 200)
            {
                const auto body = co_await read_all(**opened);
                co_return std::unexpected(error_of(status, (*opened)->headers(), body));
            }
            if (!is_json((*opened)->headers()))
            {
                co_return not_json();
            }
            const auto end_by =
                clock_.now() + std::chrono::seconds(request.timeout_seconds) + silence_beyond_timeout;
            co_return create_rest_watch(std::move(*opened), end_by);
        }
    }

    task<result<std::unique_ptr<object_answer>>> patch(patch_request request) override
    {
        std::string target = target_of(request, manager_);
        return patched(std::move(target), std::move(request.merge_patch));
    }

    task<result<std::unique_ptr<object_answer>>> create(create_request request) override
    {
        std::string target = target_of(request, manager_);
        return object("POST", std::move(target), std::move(request.object), "application/json", false);
    }

    task<result<std::unique_ptr<object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) override
    {
        return object("GET", object_target(resource, name_space, name), {}, {}, is_secret(resource));
    }

    task<result<std::unique_ptr<object_answer>>> remove(remove_request request) override
    {
        json preconditions = json::object();
        if (!request.uid.empty())
        {
            preconditions["uid"] = request.uid;
        }
        if (!request.resource_version.empty())
        {
            preconditions["resourceVersion"] = request.resource_version;
        }
        const json options{
            {"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"preconditions", std::move(preconditions)}
        };
        return object(
            "DELETE",
            object_target(request.resource, request.name_space, request.name),
            options.dump(),
            "application/json",
            false
        );
    }

private:
    // A server that is asked too much says when to come back, and has not done what it was asked for. The
    // request is repeated until its deadline, so that the caller need not read everything again.
    task<result<std::unique_ptr<object_answer>>> patched(std::string target, std::string merge_patch)
    {
        const auto deadline = clock_.now() + answer_within;
        std::optional<support::error> told_before;
        for (int tries = 1;; ++tries)
        {
            const auto left = deadline - clock_.now();
            auto answer =
                co_await object("PATCH", target, merge_patch, "application/merge-patch+json", false, left);
            // That nothing was sent is not true of the tries before, which may have taken effect.
            if (!answer && answer.error().code == support::errc::too_late && told_before)
            {
                co_return std::unexpected(*told_before);
            }
            if (answer || tries == most_tries || !asks_to_come_back(answer.error()))
            {
                co_return answer;
            }
            const support::duration pause = std::max<support::duration>(*answer.error().retry_after, 1s);
            if (clock_.now() + pause >= deadline)
            {
                co_return answer;
            }
            told_before = answer.error();
            co_await clock_.sleep_for(pause);
        }
    }

    task<result<std::unique_ptr<object_answer>>> object(
        std::string method,
        std::string target,
        std::string sent,
        std::string type,
        bool sensitive,
        support::duration within = answer_within
    )
    {
        auto body = co_await ask(
            std::move(method),
            std::move(target),
            std::move(sent),
            std::move(type),
            within,
            largest_object,
            sensitive
        );
        if (!body)
        {
            co_return std::unexpected(body.error());
        }
        co_return decode_object(std::move(*body));
    }

    // Sends a request and returns the body of its 2xx answer. After a 401 it asks once more with credentials
    // that were read again.
    task<result<std::string>> ask(
        std::string method,
        std::string target,
        std::string body,
        std::string type,
        support::duration within,
        std::size_t largest,
        bool sensitive = false,
        const char* accept = whole_objects
    )
    {
        for (bool again = true;; again = false)
        {
            const auto current = co_await credentials_.get();
            if (!current)
            {
                co_return std::unexpected(current.error());
            }
            net::http_request http_request = prepare(method, target, body, type, within, largest, *current);
            http_request.headers.front().value = accept;
            http_request.sensitive = sensitive;
            auto response = co_await http_.send(std::move(http_request));
            if (!response)
            {
                co_return std::unexpected(response.error());
            }
            if (response->status == 401 && again && credentials_.refused(*current))
            {
                continue;
            }
            if (response->status < 200 || response->status > 299)
            {
                co_return std::unexpected(error_of(response->status, response->headers, response->body));
            }
            if (!is_json(response->headers))
            {
                co_return not_json();
            }
            co_return std::move(response->body);
        }
    }

    net::http_request prepare(
        const std::string& method,
        const std::string& target,
        const std::string& body,
        const std::string& type,
        support::duration within,
        std::size_t largest,
        const request_credentials::current& current
    )
    {
        net::http_request request;
        request.method = method;
        request.service = "kubernetes";
        request.origin = credentials_.source().server.origin;
        request.target = credentials_.source().server.path + target;
        request.headers = {{"Accept", whole_objects}};
        add_identity(current, credentials_.source().as, request.headers);
        if (!type.empty())
        {
            request.headers.push_back({"Content-Type", type});
        }
        request.body = body;
        request.tls = current.tls;
        request.deadline = clock_.now() + within;
        request.max_response_bytes = largest;
        return request;
    }

    // Reads the body of an error answer as far as it comes; it is shown to people alone.
    task<std::string> read_all(net::http_stream& stream)
    {
        const auto deadline = clock_.now() + words_within;
        std::string body;
        while (body.size() < largest_words)
        {
            const auto piece = co_await stream.read(deadline);
            if (!piece || piece->empty())
            {
                break;
            }
            body += *piece;
        }
        co_return body;
    }

    static std::unexpected<support::error> not_json()
    {
        return fail(errc::bad_answer, "the answer is not JSON; is this a Kubernetes API server?");
    }

    net::http_client& http_;
    support::clock& clock_;
    request_credentials& credentials_;
    std::string manager_;
};

}  // namespace

std::unique_ptr<client> create_rest_client(
    net::http_client& http, support::clock& clock, request_credentials& credentials, std::string manager
)
{
    return std::make_unique<rest_client>(http, clock, credentials, std::move(manager));
}

}  // namespace kube
