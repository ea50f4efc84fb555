#include "cloudsim/cloud/exchanges.hpp"

namespace cloudsim {

namespace {

const char* to_string(progress state)
{
    switch (state)
    {
        case progress::under_way:
            return "under_way";
        case progress::held:
            return "held";
        case progress::answered:
            return "answered";
        case progress::dropped:
            return "dropped";
        case progress::cut:
            return "cut";
        case progress::refused:
            return "refused";
        case progress::discarded:
            return "discarded";
    }
    return "";
}

json milliseconds(duration span)
{
    return std::chrono::duration<double, std::milli>(span).count();
}

json milliseconds(std::optional<duration> span)
{
    return span ? milliseconds(*span) : json(nullptr);
}

}  // namespace

json log_entry::to_json() const
{
    return {
        {"sequence", sequence},
        {"exchange", id},
        {"at_ms", milliseconds(at)},
        {"wall", wall},
        {"service", kind.service},
        {"region", kind.region},
        {"method", kind.method},
        {"path", kind.target},
        {"body", body},
        {"status", status ? json(*status) : json(nullptr)},
        {"effect_at_ms", milliseconds(effect_at)},
        {"answered_at_ms", milliseconds(answered_at)},
        {"state", to_string(state)},
        {"rule", rule ? json(*rule) : json(nullptr)},
        {"client_gone", client_gone}
    };
}

log_entry& exchanges::note(exchange_id id, const request& asked, request_kind kind)
{
    log_entry made;
    made.sequence = ++env_.sequence;
    made.id = id;
    made.at = env_.elapsed();
    made.wall = rfc3339_time(env_.now.wall);
    if (kind.service == "load-balancer" && !asked.body.empty())
    {
        made.body = json::parse(asked.body, nullptr, false);
        made.body = made.body.is_discarded() ? json(nullptr) : made.body;
    }
    made.kind = std::move(kind);
    log_.push_back(std::move(made));
    return log_.back();
}

void exchanges::begin(exchange_id id, const request& asked, request_kind kind, service reach)
{
    auto& noted = note(id, asked, std::move(kind));
    auto& started = running_[id];
    started.log_index = log_.size() - 1;
    started.reach = std::move(reach);
    if (const auto* found = rules_.match(noted.kind))
    {
        noted.rule = found->id;
        started.injected = found->what;
    }
    const auto go_on = [this, id] { arrive(id); };
    if (!interfere(id, phase::before, go_on))
    {
        go_on();
    }
}

void exchanges::refuse(exchange_id id, const request& asked, request_kind kind)
{
    note(id, asked, std::move(kind));
    running_[id].log_index = log_.size() - 1;
    end(id, {.how = delivery::refused}, progress::refused);
}

void exchanges::arrive(exchange_id id)
{
    auto handled = running_.at(id).reach();
    const auto effect = [this, id, what = std::move(handled.effect)] {
        const auto go_on = [this, id, what] { take_effect(id, what); };
        if (!interfere(id, phase::during, go_on))
        {
            go_on();
        }
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
    entry(id).effect_at = env_.elapsed();
    entry(id).status = answer.status;
    const auto go_on = [this, id, answer] { leave(id, answer); };
    if (!interfere(id, phase::after, go_on))
    {
        go_on();
    }
}

bool exchanges::interfere(exchange_id id, phase now, const std::function<void()>& go_on)
{
    auto& each = running_.at(id);
    if (!each.injected || each.injected->when != now || each.injected->kind == fault_kind::cut)
    {
        return false;
    }
    const auto& what = *each.injected;
    switch (what.kind)
    {
        case fault_kind::hold:
            each.resume = go_on;
            each.held_in = now;
            entry(id).state = progress::held;
            return true;
        case fault_kind::reply:
            leave(
                id,
                make_reply(
                    what.status, what.body, what.content_type, {.type_first = true, .after = what.headers}
                )
            );
            return true;
        case fault_kind::drop:
            end(id, {.how = delivery::dropped}, progress::dropped);
            return true;
        case fault_kind::delay:
            env_.later.add(env_.now.monotonic + what.wait, go_on);
            return true;
        case fault_kind::cut:
            break;
    }
    return false;
}

void exchanges::leave(exchange_id id, reply answer)
{
    const auto& each = running_.at(id);
    entry(id).status = answer.status;
    if (env_.config.connection_close)
    {
        answer.headers.emplace_back("Connection", "close");
        answer.close = true;
    }
    if (each.injected && each.injected->kind == fault_kind::cut)
    {
        answer.how = delivery::cut;
        answer.cut_at = each.injected->bytes;
        end(id, std::move(answer), progress::cut);
        return;
    }
    end(id, std::move(answer), progress::answered);
}

void exchanges::end(exchange_id id, reply answer, progress how)
{
    auto& noted = entry(id);
    noted.state = how;
    noted.answered_at = env_.elapsed();
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
    std::erase_if(departures_, [&](const departure& each) { return each.id == id; });
}

std::size_t exchanges::release(std::optional<exchange_id> only, bool discard)
{
    std::vector<exchange_id> chosen;
    for (const auto& [id, each] : running_)
    {
        if (each.resume && (!only || *only == id))
        {
            chosen.push_back(id);
        }
    }
    for (const auto id : chosen)
    {
        if (discard)
        {
            end(id, {.how = delivery::dropped}, progress::discarded);
            continue;
        }
        entry(id).state = progress::under_way;
        const auto resume = std::exchange(running_.at(id).resume, nullptr);
        resume();
    }
    return chosen.size();
}

json exchanges::held() const
{
    json result = json::array();
    for (const auto& [id, each] : running_)
    {
        if (each.resume)
        {
            auto shown = log_[each.log_index].to_json();
            shown["phase"] = to_string(each.held_in);
            result.push_back(std::move(shown));
        }
    }
    return result;
}

}  // namespace cloudsim
