#include "cloud/bycloud/errors.hpp"

#include "cloud/bycloud/rate_report.hpp"
#include "cloud/json.hpp"
#include "cloud/judgement.hpp"
#include "cloud/without_secret.hpp"
#include "support/text.hpp"

#include <string_view>

namespace cloud::bycloud {
namespace {

// The error object of the API.
struct fault
{
    bool of_api = false;
    std::string message;  // as they were received
    std::string details;
    std::string request_id;
};

fault read_fault(const net::http_response& answer)
{
    fault read;
    if (!net::find_header(answer.headers, "Content-Type").starts_with("application/json"))
    {
        return read;
    }
    const auto body = parse_json(answer.body);
    const auto& wrapped = member(body, "error");
    const auto message = text_member(wrapped, "message");
    read.of_api = message && member(wrapped, "code") == answer.status;
    if (read.of_api)
    {
        read.message = *message;
        read.details = text_member(wrapped, "details").value_or("");
        read.request_id = text_member(wrapped, "request_id").value_or("");
    }
    return read;
}

// The text of a server without "<access-key-id>:<secret-access-key>" and without each of both parts, or
// without the token.
std::string without_credential(const std::string& text, const support::secret& sent)
{
    const std::string_view all = sent.reveal();
    std::string shown = without_secret(text, all);
    if (const auto colon = all.find(':'); colon != std::string_view::npos)
    {
        shown = without_secret(shown, all.substr(0, colon));
        shown = without_secret(shown, all.substr(colon + 1));
    }
    return shown;
}

std::string presentable(const std::string& text, const support::secret& sent)
{
    std::string line = support::clean(without_credential(text, sent));
    if (line.ends_with('.') && !line.ends_with("..."))
    {
        line.pop_back();
    }
    return line;
}

bool is_redirect(int status)
{
    return status >= 300 && status < 400;
}

std::string in_words(
    const question& asked,
    const net::http_response& answer,
    const fault& reported,
    const support::secret& sent
)
{
    std::string words = "ByCloud answers " + std::to_string(answer.status) + " for " + asked.object;
    if (reported.of_api)
    {
        const auto part = [&](std::string_view lead, const std::string& text, std::string_view end) {
            const std::string shown = presentable(text, sent);
            return shown.empty() ? "" : std::string(lead) + shown + std::string(end);
        };
        return words + part(": ", reported.message, "") + part(" (", reported.details, ")") +
               part(", request ", reported.request_id, "");
    }
    if (is_redirect(answer.status))
    {
        const auto target = without_credential(net::redirect_target(answer.headers), sent);
        return words + ": a redirect" + (target.empty() ? "" : " to " + target) + ", which is not followed";
    }
    return words + ", but not in the format of this API (did a proxy answer?)";
}

// Who must have answered for a row to apply.
enum class author
{
    anyone,
    api,  // the answer has the API's error object
};

// The first row that fits decides; the last row of each call always fits. A write is ambiguous unless the API
// itself answered 4xx (unanswered-writes). A read is transient unless the API itself answered 403 or 404.
constexpr answer_row<call, author> classes[] = {
    {call::read, 401, 401, author::anyone, failure::credentials_invalid},
    {call::read, 403, 403, author::api, failure::access_denied},
    {call::read, 404, 404, author::api, failure::not_found},
    {call::read, 429, 429, author::anyone, failure::rate_limited},
    {call::read, 0, any_status, author::anyone, failure::transient},

    {call::create, 401, 401, author::api, failure::credentials_invalid},
    {call::create, 403, 403, author::api, failure::access_denied},
    // The certificate or the listener; a read of the certificate tells which.
    {call::create, 404, 404, author::api, failure::not_found},
    {call::create, 408, 408, author::anyone, failure::ambiguous},
    // The binding exists, the certificate is not active, or the load balancer is being changed.
    {call::create, 409, 409, author::api, failure::busy},
    {call::create, 429, 429, author::api, failure::rate_limited},
    {call::create, 400, 499, author::api, failure::refused},
    {call::create, 0, any_status, author::anyone, failure::ambiguous},

    {call::remove, 401, 401, author::api, failure::credentials_invalid},
    {call::remove, 403, 403, author::api, failure::access_denied},
    {call::remove, 404, 404, author::api, failure::not_found},
    {call::remove, 404, 404, author::anyone, failure::no_route},
    // The call is not documented. Whoever answers so did not carry it out.
    {call::remove, 405, 405, author::anyone, failure::not_supported},
    {call::remove, 501, 501, author::anyone, failure::not_supported},
    {call::remove, 408, 408, author::anyone, failure::ambiguous},
    {call::remove, 409, 409, author::api, failure::busy},
    {call::remove, 429, 429, author::api, failure::rate_limited},
    {call::remove, 400, 499, author::api, failure::refused},
    {call::remove, 0, any_status, author::anyone, failure::ambiguous},
};

}  // namespace

std::optional<error> judge(
    const question& asked, const net::http_response& answer, const support::secret& sent
)
{
    if (answer.status >= 200 && answer.status < 300)
    {
        return std::nullopt;
    }
    const auto reported = read_fault(answer);
    error judged;
    judged.kind = first_fit(classes, asked.asked, answer.status, [&](author needed) {
        return needed == author::anyone || reported.of_api;
    });
    judged.message = in_words(asked, answer, reported, sent);
    judged.retry_after = pause_of(answer.headers);
    return judged;
}

error judge(const question& asked, const support::error& failed)
{
    return without_answer(asked.asked != call::read, "ByCloud (" + asked.object + ")", failed);
}

error judge_odd(const question& asked, const std::string& oddity)
{
    return odd_answer(asked.asked != call::read, "ByCloud", asked.object, oddity);
}

}  // namespace cloud::bycloud
