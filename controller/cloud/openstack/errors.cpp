#include "cloud/openstack/errors.hpp"

#include "cloud/json.hpp"
#include "cloud/judgement.hpp"
#include "cloud/without_secret.hpp"
#include "support/text.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace cloud::openstack {
namespace {

constexpr std::size_t most_refs = 2048;
constexpr std::size_t longest_ref = 512;

// The content of an error body, if an OpenStack service wrote it.
struct fault
{
    bool json = false;        // a JSON object of any form
    bool of_service = false;  // in the format of the service that was asked
    // In the format of keystonemiddleware, which stands before the service in the same process.
    bool of_keystone = false;
    std::string text;  // as it was received
};

fault read_fault(service asked, const net::http_response& answer)
{
    fault read;
    if (!net::find_header(answer.headers, "Content-Type").starts_with("application/json"))
    {
        return read;
    }
    const auto body = parse_json(answer.body);
    read.json = body.is_object();
    const auto& wrapped = member(body, "error");
    if (member(wrapped, "code") == answer.status)
    {
        read.of_keystone = true;
        read.text = text_member(wrapped, "message").value_or("");
    }
    else if (const auto code = text_member(body, "code"); code && text_member(body, "title"))
    {
        read.of_keystone = code->starts_with(std::to_string(answer.status));
        read.text = text_member(body, "message").value_or("");
    }
    switch (asked)
    {
        case service::keystone:
            read.of_service = read.of_keystone;
            break;
        case service::barbican:
            if (const auto text = text_member(body, "description");
                text && text_member(body, "title") && member(body, "code") == answer.status)
            {
                read.of_service = true;
                read.text = *text;
            }
            break;
        case service::octavia:
            if (const auto text = text_member(body, "faultstring"); text && text_member(body, "faultcode"))
            {
                read.of_service = true;
                read.text = *text;
            }
            break;
    }
    return read;
}

void cut_at(std::string& text, std::string_view mark)
{
    text.resize(std::min(text.find(mark), text.size()));
}

// The text of a server made fit for people: without SQL, markup and the secret that was sent.
std::string presentable(service asked, std::string text, const support::secret& sent)
{
    cut_at(text, "[SQL");
    cut_at(text, "<br");
    if (asked == service::keystone)
    {
        // Validation errors of Keystone quote the request, password included.
        text.resize(std::min(text.find_first_of("'\"{["), text.size()));
    }
    std::string line = support::clean(without_secret(text, sent.reveal()));
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

// A redirect is named with the place to which it leads. It is not followed, because a token or a password
// would be sent to a server that nobody configured.
std::string in_words(
    const question& asked,
    const net::http_response& answer,
    const fault& reported,
    const support::secret& sent
)
{
    std::string words = name_of(asked.asked) + " answers " + std::to_string(answer.status);
    if (!asked.object.empty())
    {
        words += " for " + asked.object;
    }
    if (const auto text = presentable(asked.asked, reported.text, sent); !text.empty())
    {
        return words + ": " + text;
    }
    if (is_redirect(answer.status))
    {
        const auto target = without_secret(net::redirect_target(answer.headers), sent.reveal());
        return words + ": a redirect" + (target.empty() ? "" : " to " + target) + ", which is not followed";
    }
    return reported.json ? words : words + ", but not in the format of this service (did a proxy answer?)";
}

// The refs of "Could not retrieve certificate: ['<ref>', '<ref>']", a Python list or one bare text.
std::vector<container_ref> refs_in(const std::string& fault_text)
{
    constexpr std::string_view lead = "Could not retrieve certificate: ";
    std::vector<container_ref> refs;
    const auto start = fault_text.find(lead);
    if (start == std::string::npos)
    {
        return refs;
    }
    auto rest = std::string_view(fault_text).substr(start + lead.size());
    if (!rest.starts_with('['))
    {
        const auto bare = rest.substr(0, rest.find_first_of(" \t\r\n"));
        if (!bare.empty() && bare.size() <= longest_ref)
        {
            refs.emplace_back(bare);
        }
        return refs;
    }
    while (refs.size() < most_refs)
    {
        const auto open = rest.find_first_of("'\"]");
        if (open == std::string_view::npos || rest[open] == ']')
        {
            break;
        }
        const auto close = rest.find(rest[open], open + 1);
        if (close == std::string_view::npos)
        {
            break;
        }
        if (const auto ref = rest.substr(open + 1, close - open - 1); ref.size() <= longest_ref)
        {
            refs.emplace_back(ref);
        }
        rest.remove_prefix(close + 1);
    }
    return refs;
}

// Whether the text has the word, in letters of either case.
bool mentions(const std::string& text, std::string_view word)
{
    const auto lower = [](unsigned char c) { return std::tolower(c); };
    return !word.empty() && !std::ranges::search(text, word, {}, lower, lower).empty();
}

// Whether a 404 in the format of the service is about exactly the object that was asked for. The answer to a
// wrong path has the same code and often the same format, so the text decides. Releases word it differently
// (docs/operations.md, "Releases"), so only the kind or the id of the object is searched for.
bool names_the_object(const question& asked, const fault& reported)
{
    switch (asked.asked)
    {
        case service::keystone:
            // A missing user, domain or project is a 401.
            return mentions(reported.text, "application credential") ||
                   mentions(reported.text, "could not find");
        case service::barbican:
            // Barbican never repeats the id. It says the same of an id that is no UUID of version 4.
            return mentions(reported.text, asked.object.starts_with("container ") ? "container" : "secret");
        case service::octavia:
            break;
    }
    return mentions(reported.text, std::string_view(asked.object).substr(asked.object.rfind(' ') + 1));
}

// The kind of request, as far as the class of its answer depends on it.
enum class exchange
{
    token,  // an authentication at Keystone
    read,
    write,
};

// The format that an answer must have for a row to apply. A proxy answers in none of these formats.
enum class words
{
    anyones,
    to_https,    // a redirect from http to https
    json,        // any JSON object
    keystones,   // of keystonemiddleware, or with its challenge
    either,      // of the service, or of keystonemiddleware in front of it
    services,    // of the service that was asked
    about_this,  // of the service, and exactly about the object that was asked for
};

// The first row that fits decides; the last row of each exchange always fits. A write is ambiguous unless the
// service itself answered 4xx (unanswered-writes). A read is transient unless the service itself answered 403
// or 404.
constexpr answer_row<exchange, words> classes[] = {
    {exchange::token, 400, 400, words::services, failure::credentials_invalid},
    {exchange::token, 401, 401, words::anyones, failure::credentials_invalid},
    {exchange::token, 403, 403, words::services, failure::credentials_invalid},
    // An application credential that does not exist.
    {exchange::token, 404, 404, words::about_this, failure::credentials_invalid},
    // It does not pass by itself: auth_url has the wrong scheme.
    {exchange::token, 300, 399, words::to_https, failure::credentials_invalid},
    {exchange::token, 429, 429, words::anyones, failure::rate_limited},
    {exchange::token, 0, any_status, words::anyones, failure::transient},

    {exchange::read, 401, 401, words::anyones, failure::credentials_invalid},
    {exchange::read, 403, 403, words::either, failure::access_denied},
    {exchange::read, 404, 404, words::about_this, failure::not_found},
    {exchange::read, 429, 429, words::anyones, failure::rate_limited},
    {exchange::read, 0, any_status, words::anyones, failure::transient},

    {exchange::write, 401, 401, words::keystones, failure::credentials_invalid},
    {exchange::write, 401, 401, words::anyones, failure::ambiguous},
    {exchange::write, 403, 403, words::either, failure::access_denied},
    {exchange::write, 404, 404, words::about_this, failure::not_found},
    // About another object: nothing was changed.
    {exchange::write, 404, 404, words::services, failure::transient},
    // PENDING or ERROR; a read of the load balancer tells which.
    {exchange::write, 409, 409, words::services, failure::busy},
    {exchange::write, 429, 429, words::json, failure::rate_limited},
    {exchange::write, 429, 429, words::anyones, failure::ambiguous},
    {exchange::write, 400, 499, words::services, failure::refused},
    {exchange::write, 0, any_status, words::anyones, failure::ambiguous},
};

// The properties of an answer that tell its author.
struct speaker
{
    const fault& reported;
    bool about_this = false;
    bool challenges = false;  // it has a WWW-Authenticate of Keystone
    bool to_https = false;    // it redirects from http to https

    bool speaks(words needed) const
    {
        switch (needed)
        {
            case words::anyones:
                return true;
            case words::to_https:
                return to_https;
            case words::json:
                return reported.json;
            case words::keystones:
                return reported.of_keystone || challenges;
            case words::either:
                return reported.of_service || reported.of_keystone;
            case words::services:
                return reported.of_service;
            case words::about_this:
                break;
        }
        return reported.of_service && about_this;
    }
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
    const auto reported = read_fault(asked.asked, answer);
    const speaker answered_by{
        reported,
        names_the_object(asked, reported),
        net::find_header(answer.headers, "WWW-Authenticate").starts_with("Keystone"),
        asked.over_http && net::redirect_target(answer.headers).starts_with("https://")
    };

    error judged;
    judged.kind = first_fit(
        classes,
        asked.asked == service::keystone ? exchange::token
        : asked.write                    ? exchange::write
                                         : exchange::read,
        answer.status,
        [&](words needed) { return answered_by.speaks(needed); }
    );
    judged.message = in_words(asked, answer, reported, sent);
    if (judged.kind == failure::refused)
    {
        judged.refs = refs_in(reported.text);
    }
    judged.retry_after = net::retry_after(answer.headers);
    return judged;
}

error judge(const question& asked, const support::error& failed)
{
    const std::string about = asked.object.empty() ? "" : " (" + asked.object + ")";
    return without_answer(asked.write, name_of(asked.asked) + about, failed);
}

error judge_odd(const question& asked, const std::string& oddity)
{
    return odd_answer(asked.write, name_of(asked.asked), asked.object, oddity);
}

std::string name_of(service asked)
{
    switch (asked)
    {
        case service::keystone:
            return "Keystone";
        case service::barbican:
            return "Barbican";
        case service::octavia:
            break;
    }
    return "Octavia";
}

}  // namespace cloud::openstack
