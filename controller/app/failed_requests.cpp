#include "app/failed_requests.hpp"

#include "support/log.hpp"

#include <string>
#include <vector>

namespace app {
namespace {

constexpr int first_failure = 400;
constexpr int unauthenticated = 401;
constexpr int not_found = 404;
constexpr int conflict = 409;
constexpr int first_failure_of_the_server = 500;

support::log_level level_of(int status)
{
    if (status == 0 || status >= first_failure_of_the_server)
    {
        return support::log_level::warn;
    }
    const bool usual = status == unauthenticated || status == not_found || status == conflict;
    return usual ? support::log_level::debug : support::log_level::info;
}

}  // namespace

void failed_requests::ended(const net::measured_request& request)
{
    const bool failed = request.status == 0 || request.status >= first_failure;
    if (!failed || request.service == "kubernetes" || !support::log_enabled(level_of(request.status)))
    {
        return;
    }
    const std::string code = request.status == 0 ? "none" : std::to_string(request.status);
    const std::string key = std::string(request.service) + " " + request.origin.str() + " " +
                            std::string(request.method) + " " + code;
    const auto left_out = limit_.admit(key, clock_.now());
    for (const auto& [other, lines] : limit_.ended(clock_.now()))
    {
        support::log(
            support::log_level::warn,
            "further requests to the cloud failed",
            {{"requests", other}, {"left_out", std::to_string(lines)}}
        );
    }
    if (!left_out)
    {
        return;
    }
    std::vector<support::log_field> fields{
        {"service", std::string(request.service)},
        {"method", std::string(request.method)},
        {"url", request.origin.str() + std::string(request.path)},
        {"status", code}
    };
    if (!request.request_id.empty())
    {
        fields.push_back({"request_id", std::string(request.request_id)});
    }
    if (*left_out > 0)
    {
        fields.push_back({"left_out", std::to_string(*left_out)});
    }
    support::log(level_of(request.status), "a request to the cloud failed", fields);
}

}  // namespace app
