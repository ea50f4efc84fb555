#include "cloud/openstack/keystone.hpp"

#include "cloud/openstack/login.hpp"
#include "support/log.hpp"

#include <algorithm>
#include <utility>

namespace cloud::openstack {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t largest_answer = 1 << 20;
constexpr support::duration fresh_catalog = 1min;

// At most 12 attempts an hour, because Keystone locks an account after a few failures in a row.
constexpr support::backoff refused_backoff{.first = 5s, .cap = 5min};
constexpr support::backoff trouble_backoff{.first = 1s, .cap = 15s};

std::size_t index_of(service by)
{
    return static_cast<std::size_t>(by);
}

net::http_request token_request(const cloud_entry& entry, support::time_point deadline)
{
    net::http_request request;
    request.method = "POST";
    request.service = "identity";
    request.origin = entry.keystone.origin;
    request.target = entry.keystone.path + "/auth/tokens";
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    request.tls = entry.tls;
    request.deadline = deadline;
    request.max_response_bytes = largest_answer;
    request.fresh_connection = true;
    request.sensitive = true;
    return request;
}

// What of the entry somebody has to correct.
std::string way_out_of(failure kind, int status)
{
    constexpr int first_redirection = 300;
    constexpr int first_failure = 400;
    constexpr int not_found = 404;
    if (status >= first_redirection && status < first_failure)
    {
        return "; correct its auth_url in clouds.yaml";
    }
    if (kind == failure::credentials_invalid)
    {
        return "; check its auth in clouds.yaml";
    }
    return status == not_found ? "; check its auth_url" : "";
}

}  // namespace

keystone::keystone(
    net::http_client& http,
    support::clock& clock,
    const cloud_entry& entry,
    support::random_engine& random,
    support::duration timeout
)
    : http_(http), clock_(clock), entry_(entry), random_(random), timeout_(timeout)
{}

support::task<answer<session_ptr>> keystone::current()
{
    const auto fresh = [this] { return session_ && clock_.now() < session_->renew_at && !catalog_doubted_; };
    const auto alive = [this] { return session_ && clock_.now() < session_->end; };
    if (fresh() || (alive() && turn_.is_taken()))
    {
        co_return session_;
    }
    const auto hold = co_await turn_.take();
    // The holder of the turn before may have renewed the token.
    if (fresh())
    {
        co_return session_;
    }
    auto renewed = co_await authenticate();
    if (!renewed && alive())
    {
        co_return session_;
    }
    co_return renewed;
}

support::task<answer<session_ptr>> keystone::after_refusal(service by, std::uint64_t number)
{
    const auto hold = co_await turn_.take();
    // The refused token has been renewed since.
    if (session_ && session_->number != number)
    {
        co_return session_;
    }
    auto& refusal = refusals_[index_of(by)];
    if (clock_.now() < refusal.retry_at)
    {
        co_return std::unexpected(error{
            .kind = failure::credentials_invalid,
            .message = name_of(by) + " refuses a new token of cloud \"" + entry_.cloud + "\"",
            .refs = {},
            .retry_after = refusal.retry_at - clock_.now()
        });
    }
    auto renewed = co_await authenticate();
    if (renewed)
    {
        refusal.retry_at = clock_.now() + refused_backoff.wait(++refusal.in_a_row, random_);
    }
    co_return renewed;
}

void keystone::accepted(service by)
{
    refusals_[index_of(by)] = {};
}

bool keystone::doubt_catalog(std::uint64_t number)
{
    if (session_ && session_->number == number && clock_.now() - session_->since >= fresh_catalog)
    {
        catalog_doubted_ = true;
    }
    return catalog_doubted_;
}

support::task<answer<session_ptr>> keystone::authenticate()
{
    const auto now = clock_.now();
    // During the backoff the last failure is returned without a request.
    if (failure_.why && now < failure_.retry_at)
    {
        error again = *failure_.why;
        again.retry_after = failure_.retry_at - now;
        co_return std::unexpected(std::move(again));
    }

    net::http_request request = token_request(entry_, now + timeout_);
    auto proof = co_await obtain_proof(http_, entry_, request.deadline);
    if (!proof)
    {
        co_return failed(std::move(proof.error()));
    }
    request.body = authentication_body(entry_, *proof);
    if (proves_with_token(entry_))
    {
        request.headers.push_back({"X-Auth-Token", proof->reveal()});
    }
    auto answered = co_await http_.send(std::move(request));

    const question asked{
        .asked = service::keystone,
        .object = "cloud \"" + entry_.cloud + "\" at " + entry_.keystone.str(),
        .write = false,
        .over_http = !entry_.keystone.origin.tls
    };
    if (!answered)
    {
        co_return failed(judge(asked, answered.error()));
    }
    if (auto refused = judge(asked, *answered, *proof))
    {
        refused->message += way_out_of(refused->kind, answered->status);
        co_return failed(std::move(*refused));
    }
    auto issued = read_token(*answered);
    for (auto& header : answered->headers)
    {
        support::wipe(header.value);
    }
    support::wipe(answered->body);
    if (!issued)
    {
        co_return failed(judge_odd(asked, issued.error()));
    }

    begin_session(std::move(*issued), now);
    co_return session_;
}

// The life of the token is counted from the request, because Keystone's clock may differ from ours.
void keystone::begin_session(issued_token issued, support::time_point asked_at)
{
    const auto life = issued.life;
    auto begun = std::make_shared<session>();
    begun->number = session_ ? session_->number + 1 : 1;
    begun->issued = std::move(issued);
    begun->since = asked_at;
    begun->renew_at = asked_at + life / 10 * 9;
    begun->end = asked_at + life;
    session_ = std::move(begun);
    if (failure_.why)
    {
        support::log(support::log_level::info, "authenticated again", {{"cloud", entry_.cloud}});
    }
    failure_ = {};
    catalog_doubted_ = false;
}

answer<session_ptr> keystone::failed(error why)
{
    const bool refused = why.kind == failure::credentials_invalid;
    // A failure of the other kind begins its own backoff.
    if (failure_.why && (failure_.why->kind == failure::credentials_invalid) != refused)
    {
        failure_.in_a_row = 0;
    }
    const auto& backoff = refused ? refused_backoff : trouble_backoff;
    const auto wait = std::max(
        backoff.wait(++failure_.in_a_row, random_), why.retry_after.value_or(support::duration::zero())
    );
    failure_.retry_at = clock_.now() + wait;
    why.retry_after = wait;
    if (!failure_.why || failure_.why->message != why.message)
    {
        support::log(
            support::log_level::warn, "authentication failed; trying again", {{"error", why.message}}
        );
    }
    failure_.why = why;
    return std::unexpected(std::move(why));
}

}  // namespace cloud::openstack
