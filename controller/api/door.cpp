#include "api/door.hpp"

#include "api/answers.hpp"
#include "api/body.hpp"
#include "api/http_status.hpp"
#include "api/routes.hpp"
#include "support/log.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <random>
#include <utility>

namespace api {
namespace {

using support::task;

// Tells the log of one request, also if its peer goes away before the answer.
class access
{
public:
    access(support::clock& clock, const net::server_request& request, std::string request_id)
        : request_id(std::move(request_id)), clock_(clock), request_(request), began_(clock.now())
    {}
    ~access()
    {
        using std::chrono::milliseconds;
        const auto took = std::chrono::duration_cast<milliseconds>(clock_.now() - began_);
        support::log(
            support::log_level::info,
            "bindings API",
            {{"request_id", request_id},
             {"method", request_.method},
             {"path", request_.path},
             {"status", std::to_string(status)},
             {"ms", std::to_string(took.count())},
             {"namespace", name_space},
             {"peer", request_.peer}}
        );
    }
    access(const access&) = delete;
    access& operator=(const access&) = delete;

    const std::string request_id;
    std::string name_space;  // empty: not read
    int status = http::closed_by_peer;

private:
    support::clock& clock_;
    const net::server_request& request_;
    support::time_point began_;
};

// Nothing of the documentation comes from elsewhere, and nobody may frame it.
constexpr auto content_policy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

failure too_many(std::string message, std::string details, std::chrono::seconds wait)
{
    return {
        http::too_many_requests,
        std::move(message),
        std::move(details),
        {{"Retry-After", std::to_string(wait.count())}}
    };
}

result<> check_watched(const std::vector<std::string>& watched, const std::string& name_space)
{
    if (watched.empty() || std::ranges::find(watched, name_space) != watched.end())
    {
        return {};
    }
    return fail(
        http::bad_request,
        "X-Namespace: the controller does not watch the namespace \"" + name_space + "\"",
        "Use a namespace that it watches, or add --namespace " + name_space + " to its flags."
    );
}

}  // namespace

door::door(parts parts, settings settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      waiting_(parts_.executor, parts_.clock, settings_.most_waiting),
      limit_(settings_.requests_per_minute)
{}

task<net::page> door::answer(net::server_request request)
{
    access access(parts_.clock, request, new_request_id());
    result<net::page> answered;
    std::exception_ptr thrown;
    try
    {
        answered = co_await handle(request, access.name_space);
    }
    catch (...)  // Also what is no std::exception: the peer gets 500.
    {
        thrown = std::current_exception();
    }
    if (thrown)
    {
        const auto state = co_await boost::asio::this_coro::cancellation_state;
        const bool is_bug = state.cancelled() == boost::asio::cancellation_type::none;
        access.status = is_bug ? http::server_error : http::closed_by_peer;
        std::rethrow_exception(thrown);
    }
    net::page page = answered ? std::move(*answered) : failure_page(answered.error(), access.request_id);
    page.headers.push_back({"X-Request-Id", access.request_id});
    access.status = page.status;
    co_return page;
}

net::page door::refusal(int status, const std::string& why)
{
    const std::string request_id = new_request_id();
    net::page page = failure_page({status, why, "Correct the request, or repeat it later."}, request_id);
    page.headers.push_back({"X-Request-Id", request_id});
    return page;
}

task<result<net::page>> door::handle(const net::server_request& request, std::string& name_space)
{
    const auto route = find_route(request.method, request.path);
    if (!route)
    {
        co_return std::unexpected(route.error());
    }
    if (is_public(route->operation))
    {
        co_return public_page(route->operation);
    }
    const auto token = read_token(request.headers);
    if (!token)
    {
        co_return std::unexpected(token.error());
    }
    const auto where = read_parameters(*route, request, settings_.defaults);
    if (!where)
    {
        co_return std::unexpected(where.error());
    }
    name_space = where->name_space;
    const auto counted = limit_.add(*token, parts_.clock.now());
    result<net::page> answered;
    if (counted.admitted)
    {
        answered = co_await serve(request, *route, *token, *where);
    }
    else
    {
        answered = std::unexpected(too_many(
            counted.known
                ? "the token has used up its requests of this minute"
                : "tokens that Kubernetes has not accepted yet have used up their requests of this minute",
            "Repeat the request after the time in Retry-After.",
            counted.until_reset
        ));
    }
    auto headers = limit_.headers(counted, parts_.clock.wall());
    auto& into = answered ? answered->headers : answered.error().headers;
    std::ranges::move(headers, std::back_inserter(into));
    co_return answered;
}

task<result<net::page>> door::serve(
    const net::server_request& request, const route& route, const support::secret& token, parameters where
)
{
    if (const auto watched = check_watched(settings_.watched, where.name_space); !watched)
    {
        co_return std::unexpected(watched.error());
    }
    const auto as_caller =
        bounded(parts_.client_of(token), calls_, [&] { limit_.accept(token, parts_.clock.now()); });
    call call{*as_caller, parts_.clock, parts_.find, std::move(where)};
    co_return co_await dispatch(request, route, std::move(call));
}

task<result<net::page>> door::dispatch(const net::server_request& request, const route& route, call call)
{
    switch (route.operation)
    {
        case operation::read_binding:
            co_return co_await read_binding(std::move(call));
        case operation::list_bindings:
            co_return co_await list_bindings(std::move(call));
        case operation::read_certificate:
            co_return co_await read_certificate(std::move(call));
        case operation::list_listener_certificates:
            co_return co_await list_listener_certificates(std::move(call));
        default:
            break;
    }
    result<new_binding> wanted;
    if (route.operation == operation::create_binding)
    {
        wanted = read_body(request);
    }
    if (!wanted)
    {
        co_return std::unexpected(wanted.error());
    }
    if (waiting_.full())
    {
        co_return std::unexpected(too_many(
            "too many requests wait for their bindings",
            "Repeat the request after the time in Retry-After.",
            std::chrono::ceil<std::chrono::seconds>(settings_.wait)
        ));
    }
    const support::duration wait = call.where.wait ? support::duration(*call.where.wait) : settings_.wait;
    const auto deadline = parts_.clock.now() + wait;
    if (route.operation == operation::create_binding)
    {
        co_return co_await create_binding(std::move(call), *wanted, waiting_, deadline);
    }
    co_return co_await delete_binding(std::move(call), waiting_, deadline);
}

result<net::page> door::public_page(operation asked) const
{
    net::page page;
    if (asked == operation::read_contract)
    {
        page.content_type = "application/json";
        page.body = parts_.contract;
        return page;
    }
    page.content_type = "text/html; charset=utf-8";
    page.body = parts_.documentation;
    page.headers = {{"Content-Security-Policy", content_policy}, {"X-Content-Type-Options", "nosniff"}};
    return page;
}

// "req-" and a random UUID (RFC 9562 section 5.4).
std::string door::new_request_id()
{
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::string_view form = "req-xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
    std::uniform_int_distribution<std::size_t> any_digit(0, digits.size() - 1);
    std::string id(form);
    for (char& c : id)
    {
        c = c == 'x' ? digits[any_digit(parts_.random)] : c;
    }
    return id;
}

}  // namespace api
