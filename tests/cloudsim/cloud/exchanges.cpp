#include "cloudsim/cloud/exchanges.hpp"

namespace cloudsim {

namespace {

// Such a fault takes place when the answer leaves, whatever its `when`.
bool changes_answer(const rule& injected)
{
    return injected.action == "cut" || injected.action == "patch";
}

// The answer with its body changed. A patch that does not fit gives an answer that no test can take for the
// service's.
reply patched(reply answer, const json& patch)
{
    try
    {
        answer.body = json::parse(answer.body).patch(patch).dump();
        return answer;
    }
    catch (const json::exception& e)
    {
        return make_reply(
            599, "The rule's patch does not fit the answer: " + std::string(e.what()), "text/plain", {}
        );
    }
}

}  // namespace

void exchanges::note(exchange_id id, const request& asked, const request_kind& kind)
{
    logged_request noted{
        .sequence = ++env_.sequence,
        .exchange = id,
        .at = env_.elapsed(),
        .service = kind.service,
        .region = kind.region,
        .method = kind.method,
        .path = kind.path
    };
    const bool is_binding = kind.service == "bycloud" && kind.path.contains("/bindings");
    if ((kind.service == "load-balancer" || is_binding) && json::accept(asked.body))
    {
        noted.body = json::parse(asked.body);
    }
    log_.push_back(std::move(noted));
    running_[id].log_index = log_.size() - 1;
}

void exchanges::begin(exchange_id id, const request& asked, const request_kind& kind, service reach)
{
    note(id, asked, kind);
    auto& started = running_.at(id);
    started.reach = std::move(reach);
    if (const auto* injected = rules_.match(kind))
    {
        started.injected = *injected;
    }
    pass(id, "before", [this, id] { arrive(id); });
}

void exchanges::refuse(exchange_id id, const request& asked, const request_kind& kind)
{
    note(id, asked, kind);
    end(id, {.how = delivery::refused}, "refused");
}

void exchanges::arrive(exchange_id id)
{
    auto handled = running_.at(id).reach();
    const auto effect = [this, id, effect = std::move(handled.effect)] {
        pass(id, "during", [this, id, effect] { take_effect(id, effect); });
    };
    if (handled.work == duration::zero())
    {
        effect();
    }
    else
    {
        env_.later.add(env_.now.monotonic + handled.work, effect);
    }
}

void exchanges::take_effect(exchange_id id, const std::function<reply()>& effect)
{
    auto answer = effect();
    entry(id).status = answer.status;
    pass(id, "after", [this, id, answer = std::move(answer)] { leave(id, answer); });
}

void exchanges::pass(exchange_id id, const std::string& when, const std::function<void()>& go_on)
{
    if (!interfere(id, when, go_on))
    {
        go_on();
    }
}

bool exchanges::interfere(exchange_id id, const std::string& when, const std::function<void()>& go_on)
{
    auto& running = running_.at(id);
    if (!running.injected || running.injected->when != when || changes_answer(*running.injected))
    {
        return false;
    }
    const auto& injected = *running.injected;
    if (injected.action == "hold")
    {
        running.resume = go_on;
        entry(id).when = when;
        entry(id).state = "held";
    }
    else if (injected.action == "reply")
    {
        const auto& answer = injected.answer;
        const header_list headers(answer.headers.begin(), answer.headers.end());
        leave(id, make_reply(answer.status, answer.body, answer.content_type, headers));
    }
    else if (injected.action == "drop")
    {
        end(id, {.how = delivery::dropped}, "dropped");
    }
    else
    {
        env_.later.add(env_.now.monotonic + injected.wait, go_on);
    }
    return true;
}

void exchanges::leave(exchange_id id, reply answer)
{
    const auto& running = running_.at(id);
    if (running.injected && running.injected->action == "patch")
    {
        answer = patched(std::move(answer), running.injected->patch);
    }
    entry(id).status = answer.status;
    answer.close = env_.config.connection_close;
    const bool cut = running.injected && running.injected->action == "cut";
    if (cut)
    {
        answer.how = delivery::cut;
        answer.cut_at = running.injected->bytes;
    }
    end(id, std::move(answer), cut ? "cut" : "answered");
}

void exchanges::end(exchange_id id, reply answer, const std::string& state)
{
    auto& noted = entry(id);
    noted.state = state;
    if (!noted.client_gone)
    {
        departures_.push_back({.id = id, .answer = std::move(answer)});
    }
    running_.erase(id);
}

void exchanges::abandon(exchange_id id)
{
    if (running_.contains(id))
    {
        entry(id).client_gone = true;
    }
    std::erase_if(departures_, [&](const departure& leaving) { return leaving.id == id; });
}

std::size_t exchanges::release(bool discard)
{
    const auto released = held();
    for (const auto& request : released)
    {
        const auto id = request.exchange;
        if (discard)
        {
            end(id, {.how = delivery::dropped}, "discarded");
            continue;
        }
        entry(id).state = "under_way";
        const auto resume = std::exchange(running_.at(id).resume, nullptr);
        resume();
    }
    return released.size();
}

std::vector<logged_request> exchanges::held() const
{
    std::vector<logged_request> result;
    for (const auto& [id, running] : running_)
    {
        if (running.resume)
        {
            result.push_back(log_[running.log_index]);
        }
    }
    return result;
}

}  // namespace cloudsim
