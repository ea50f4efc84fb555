#include "cloudsim/cloud/lab.hpp"

#include <algorithm>

namespace cloudsim::test {

namespace {

using namespace std::chrono_literals;

constexpr auto start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 3h + 27min + 20s;

}  // namespace

lab::lab()
    : now_{.monotonic = time_point(1h), .wall = start},
      cloud_({}, now_),
      sim(cloud_, [this] { return now_; }),
      project_a(sim.add_project("tenant-a")),
      project_b(sim.add_project("tenant-b")),
      user_a(sim.add_user("tenant-a-user", project_a)),
      credential(sim.add_application_credential(user_a, project_a))
{
    sim.add_user("tenant-b-user", project_b);
    token_a = password_token("tenant-a-user", "tenant-a");
    token_b = password_token("tenant-b-user", "tenant-b");
}

exchange_id lab::send(const asked& question)
{
    const auto authority = authority_of(question.url);
    request out{
        .method = question.method,
        .authority = authority,
        .target = question.url.substr(question.url.find(authority) + authority.size()),
        .headers = question.headers,
        .body = question.body
    };
    if (!question.token.empty())
    {
        out.headers.emplace_back("X-Auth-Token", question.token);
    }
    if (!question.body.empty() && !find_header(out.headers, "Content-Type"))
    {
        out.headers.emplace_back("Content-Type", "application/json");
    }
    return cloud_.submit(out, now_);
}

std::optional<reply> lab::answer_to(exchange_id id)
{
    std::ranges::move(cloud_.take_departures(), std::back_inserter(left_));
    const auto departed = std::ranges::find(left_, id, &departure::id);
    if (departed == left_.end())
    {
        return std::nullopt;
    }
    auto answer = std::move(departed->answer);
    left_.erase(departed);
    return answer;
}

reply lab::ask(const asked& question)
{
    const auto id = send(question);
    while (true)
    {
        if (auto answer = answer_to(id))
        {
            return *answer;
        }
        const auto next = cloud_.next_event();
        if (!next)
        {
            ADD_FAILURE() << "no answer will ever come: " << question.method << " " << question.url;
            return {};
        }
        now_ = now_.at(std::max(*next, now_.monotonic));
        cloud_.advance(now_);
    }
}

json lab::ask_json(const asked& question)
{
    return json::parse(ask(question).body);
}

void lab::advance(duration span)
{
    now_ = now_.at(now_.monotonic + span);
    cloud_.advance(now_);
}

void lab::settle()
{
    while (const auto next = cloud_.next_event())
    {
        now_ = now_.at(std::max(*next, now_.monotonic));
        cloud_.advance(now_);
    }
}

std::string lab::password_token(const std::string& user, const std::string& project)
{
    const json body = {
        {"auth",
         {{"identity",
           {{"methods", {"password"}},
            {"password", {{"user", {{"name", user}, {"domain", {{"id", "default"}}}, {"password", "secret"}}}}
            }}},
          {"scope", {{"project", {{"name", project}, {"domain", {{"id", "default"}}}}}}}}}
    };
    const auto answer = ask({.method = "POST", .url = identity("/v3/auth/tokens"), .body = body.dump()});
    return std::string(find_header(answer.headers, "X-Subject-Token").value_or(""));
}

std::string lab::application_token()
{
    const json body = {
        {"auth",
         {{"identity",
           {{"methods", {"application_credential"}},
            {"application_credential", {{"id", credential.id}, {"secret", credential.secret}}}}}}}
    };
    const auto answer = ask({.method = "POST", .url = identity("/v3/auth/tokens"), .body = body.dump()});
    return std::string(find_header(answer.headers, "X-Subject-Token").value_or(""));
}

reply lab::put(const std::string& listener, const json& change)
{
    return ask(
        {.method = "PUT",
         .url = listener_url(listener),
         .token = token_a,
         .body = json({{"listener", change}}).dump()}
    );
}

}  // namespace cloudsim::test
