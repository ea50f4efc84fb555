#include "cloud/bycloud/create_service.hpp"

#include "cloud/bycloud/answers.hpp"
#include "cloud/bycloud/errors.hpp"
#include "cloud/bycloud/rate_report.hpp"
#include "cloud/bycloud/request_queue.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace cloud::bycloud {
namespace {

// A certificate with thousands of bindings; each takes half a kilobyte.
constexpr std::size_t largest_answer = 8 << 20;

using request = request_queue::request;
using verdict = request_queue::verdict;

// What is sent, besides host and credential.
struct api_call
{
    question asked;
    std::string method;
    std::string path;  // below the endpoint
    std::string region;
    std::string body = {};  // JSON, or empty
    support::duration timeout;
};

std::string path_of(const support::uuid& certificate)
{
    return "/v1/certificates/" + certificate.str();
}

class service final : public binding_service
{
public:
    service(
        net::http_client& http,
        support::clock& clock,
        support::random_engine& random,
        service_entry entry,
        support::duration timeout
    )
        : http_(http), clock_(clock), entry_(std::move(entry)), timeout_(timeout), queue_(clock, random)
    {}

    support::task<certificate_reading> get_certificate(std::string region, support::uuid id, purpose what_for)
        override
    {
        request turn(queue_, what_for, region + "/" + id.str());
        const auto told = co_await queue_.wait(turn);
        if (told == verdict::answered)
        {
            co_return *turn.answer();
        }
        const auto asked_at = clock_.now();
        if (told == verdict::turned_away)
        {
            co_return certificate_reading{asked_at, turned_away(turn)};
        }
        const question asked{call::read, "certificate " + id.str()};
        const auto answer = co_await send(turn, {asked, "GET", path_of(id), std::move(region), "", timeout_});
        certificate_reading reading{asked_at, std::unexpected(error())};
        if (!answer)
        {
            reading.value = std::unexpected(answer.error());
        }
        else if (auto read = read_certificate(answer->body, id))
        {
            reading.value = std::make_shared<const service_certificate>(std::move(*read));
        }
        else
        {
            reading.value = std::unexpected(judge_odd(asked, read.error()));
        }
        queue_.share(turn, reading);
        co_return reading;
    }

    support::task<answer<std::optional<service_binding>>> create_binding(
        std::string region,
        support::uuid certificate,
        support::uuid listener,
        bool sni,
        support::duration timeout
    ) override
    {
        request turn(queue_, purpose::attach);
        if (co_await queue_.wait(turn) != verdict::send)
        {
            co_return turned_away(turn);
        }
        const question asked{
            call::create, "a binding of certificate " + certificate.str() + " and listener " + listener.str()
        };
        const nlohmann::ordered_json body{
            {"resource_type", "octavia:listener"},
            {"resource_id", listener.str()},
            {"options", {{"sni", sni}}}
        };
        const auto answer = co_await send(
            turn, {asked, "POST", path_of(certificate) + "/bindings", std::move(region), body.dump(), timeout}
        );
        if (!answer)
        {
            co_return std::unexpected(answer.error());
        }
        auto read = read_created_binding(answer->body, certificate, listener);
        if (!read)
        {
            co_return std::unexpected(judge_odd(asked, read.error()));
        }
        co_return std::move(*read);
    }

    // Not verified: no page documents how a binding is removed. The path and the method follow from those of
    // the other resources (DELETE /v1/iam/service-accounts/{id}/keys/{id} answers 204).
    support::task<answer<std::monostate>> delete_binding(
        std::string region, support::uuid certificate, support::uuid id, support::duration timeout
    ) override
    {
        request turn(queue_, purpose::detach);
        if (co_await queue_.wait(turn) != verdict::send)
        {
            co_return turned_away(turn);
        }
        const question asked{call::remove, "binding " + id.str()};
        const auto answer = co_await send(
            turn,
            {asked, "DELETE", path_of(certificate) + "/bindings/" + id.str(), std::move(region), "", timeout}
        );
        if (!answer)
        {
            co_return std::unexpected(answer.error());
        }
        co_return std::monostate();
    }

    std::size_t requests_left() const override { return queue_.left(); }
    std::size_t requests_waiting() const override { return queue_.waiting(); }

private:
    static std::unexpected<error> turned_away(const request& turn)
    {
        return std::unexpected(error{
            .kind = failure::rate_limited,
            .message = "the request waits for its turn, because ByCloud admits so many in a minute and in an "
                       "hour",
            .refs = {},
            .retry_after = turn.retry_after()
        });
    }

    net::http_request prepare(api_call& wanted) const
    {
        net::http_request sent;
        sent.method = std::move(wanted.method);
        sent.service = "certificates";
        sent.origin = entry_.endpoint.origin;
        sent.target = entry_.endpoint.path + wanted.path;
        sent.headers = {{"Accept", "application/json"}, {"X-Region", std::move(wanted.region)}};
        if (entry_.api_key.empty())
        {
            sent.headers.push_back({"Authorization", "Bearer " + entry_.token.reveal()});
        }
        else
        {
            sent.headers.push_back({"X-Api-Key", entry_.api_key.reveal()});
        }
        if (!wanted.body.empty())
        {
            sent.headers.push_back({"Content-Type", "application/json"});
        }
        sent.body = std::move(wanted.body);
        sent.tls = entry_.tls;
        sent.deadline = clock_.now() + wanted.timeout;
        sent.max_response_bytes = largest_answer;
        sent.sensitive = true;
        if (wanted.asked.asked != call::read)
        {
            sent.send_by = clock_.now() + sent_within;
            sent.fresh_connection = true;
        }
        return sent;
    }

    // The 2xx answer; any other answer becomes an error.
    support::task<answer<net::http_response>> send(request& turn, api_call wanted)
    {
        auto answered = co_await http_.send(prepare(wanted));
        if (!answered)
        {
            queue_.ended(turn);
            co_return std::unexpected(judge(wanted.asked, answered.error()));
        }
        queue_.answered(turn, read_rate_report(*answered, clock_.wall()));
        if (auto failed = judge(wanted.asked, *answered, entry_.sent()))
        {
            co_return std::unexpected(std::move(*failed));
        }
        co_return std::move(*answered);
    }

    net::http_client& http_;
    support::clock& clock_;
    service_entry entry_;
    support::duration timeout_;
    request_queue queue_;
};

}  // namespace

std::unique_ptr<binding_service> create_service(
    net::http_client& http,
    support::clock& clock,
    support::random_engine& random,
    service_entry entry,
    support::duration timeout
)
{
    return std::make_unique<service>(http, clock, random, std::move(entry), timeout);
}

}  // namespace cloud::bycloud
