#include "app/debug_targets.hpp"

#include "net/http/url.hpp"
#include "support/percent.hpp"
#include "support/rfc3339.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace app {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t default_limit = 100;
constexpr std::size_t most_shown = 500;       // targets of a page
constexpr std::size_t most_looked_at = 5000;  // for one page; takes a few milliseconds
constexpr std::size_t most_bindings = 5;      // of a target that are not Ready
constexpr std::string_view in_work = "work";

// Where a page ends: after `shown` targets of this listener and cloud.
struct place
{
    binding::target of;  // without a credential, because its id must not be shown
    std::size_t shown = 0;
};

struct request
{
    std::size_t limit = default_limit;
    std::string waits_for;
    place after;
};

std::optional<std::size_t> number(std::string_view text)
{
    std::size_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = failed == std::errc() && end == text.data() + text.size() && !text.empty();
    return whole ? std::optional(value) : std::nullopt;
}

// "sao1/550e8400-e29b-41d4-a716-446655440002/1/https://keystone.example/v3"
std::string text_of(const place& end)
{
    return net::percent_encode(
        end.of.region.str() + "/" + end.of.listener.str() + "/" + std::to_string(end.shown) + "/" +
        end.of.identity.str()
    );
}

std::optional<place> parse_place(std::string_view text)
{
    const auto decoded = support::percent_decode(text);
    if (!decoded)
    {
        return std::nullopt;
    }
    std::string_view rest = *decoded;
    const auto next = [&rest] {
        const auto end = std::min(rest.find('/'), rest.size());
        const auto part = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        return part;
    };
    const support::interned region(next());
    const auto listener = support::uuid::parse(next());
    const auto shown = number(next());
    if (!listener || !shown)
    {
        return std::nullopt;
    }
    return place{{region, *listener, support::interned(rest)}, *shown};
}

bool is_known(std::string_view waits_for)
{
    bool known = waits_for == in_work;
    for (std::size_t i = 0; i < runtime::waits_for_count; ++i)
    {
        known = known || waits_for == runtime::name_of(static_cast<runtime::waits_for>(i));
    }
    return known;
}

// Errors: what is wrong, for people.
std::expected<request, std::string> parse(std::string_view query)
{
    request parsed;
    while (!query.empty())
    {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        const auto key = pair.substr(0, equals);
        const auto value = pair.substr(std::min(equals + 1, pair.size()));
        if (key == "limit")
        {
            const auto limit = number(value);
            if (!limit || *limit < 1 || *limit > most_shown)
            {
                return std::unexpected("limit must be a number from 1 to " + std::to_string(most_shown));
            }
            parsed.limit = *limit;
        }
        else if (key == "waits_for" && is_known(value))
        {
            parsed.waits_for = value;
        }
        else if (key == "waits_for")
        {
            return std::unexpected(
                "waits_for must be one of work, worker, step, cloud, turn, retry, person and check"
            );
        }
        else if (key == "continue")
        {
            const auto after = parse_place(value);
            if (!after)
            {
                return std::unexpected("continue must be the text that the page before gave");
            }
            parsed.after = *after;
        }
        else
        {
            return std::unexpected("the parameters are limit, waits_for and continue");
        }
    }
    return parsed;
}

class rows
{
public:
    explicit rows(const debug_sources& from) : from_(from), now_(from.clock.now()), wall_(from.clock.wall())
    {}

    json row(const binding::target& which, const runtime::work_queue<binding::target>::sight& seen) const
    {
        const auto with = from_.credentials.of(which);
        const auto bindings = from_.bindings.bindings_of(which);
        json shown{
            {"region", which.region.view()},
            {"listener", which.listener.str()},
            {"cloud", which.identity.view()},
            {"credential", with ? with->name : ""},
            {"waitsFor", waits_for(seen)},
            {"since", time(seen.in_work_since.value_or(seen.note.since))},
            {"nextLook", seen.due ? json(time(*seen.due)) : json()},
            {"failures", seen.failures},
            {"lastError", last_error(which)},
            {"bindings", bindings.size()},
            {"notReady", json::array()}
        };
        for (const binding::certificate_binding* each : bindings)
        {
            if (!binding::is_ready(*each) && shown["notReady"].size() < most_bindings)
            {
                shown["notReady"].push_back(not_ready(*each));
            }
        }
        return shown;
    }

    static std::string_view waits_for(const runtime::work_queue<binding::target>::sight& seen)
    {
        return seen.in_work_since ? in_work : runtime::name_of(seen.note.why);
    }

private:
    // Empty for a time that is not known.
    std::string time(support::time_point when) const
    {
        if (when == support::time_point{})
        {
            return {};
        }
        return support::format_rfc3339(wall_ + std::chrono::floor<std::chrono::seconds>(when - now_));
    }

    std::string last_error(const binding::target& which) const
    {
        const auto* facts = from_.facts_of(which);
        if (facts == nullptr)
        {
            return {};
        }
        const auto& answers = facts->answers;
        const auto message = [](const auto& answer) {
            return answer && !answer->value ? answer->value.error().message : std::string();
        };
        for (std::string text :
             {message(answers.scope), message(answers.listener), message(answers.load_balancer)})
        {
            if (!text.empty())
            {
                return text;
            }
        }
        return {};
    }

    static json not_ready(const binding::certificate_binding& object)
    {
        const auto& ready = object.status[binding::condition_type::ready];
        return {
            {"name", object.full_name()},
            {"reason", binding::name_of(ready.reason)},
            {"message", ready.message.view()},
            {"since",
             ready.status == binding::condition_status::absent
                 ? ""
                 : support::format_rfc3339(ready.last_transition)}
        };
    }

    const debug_sources& from_;
    support::time_point now_;
    support::wall_time wall_;
};

std::string dump(const json& value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

net::page refusal(const std::string& why)
{
    return {.status = 400, .body = why + "\n"};
}

net::page page_of(const std::string& next, const std::string& items)
{
    return {
        .content_type = "application/json",
        .body = "{\"continue\":" + dump(next) + ",\"items\":[" + items + "\n]}\n"
    };
}

}  // namespace

net::page no_debug_targets(std::string_view query)
{
    const auto wanted = parse(query);
    return wanted ? page_of("", "") : refusal(wanted.error());
}

net::page debug_targets(std::string_view query, const debug_sources& from)
{
    const auto wanted = parse(query);
    if (!wanted)
    {
        return refusal(wanted.error());
    }
    const rows rows(from);
    std::string items;
    std::size_t shown = 0;
    std::size_t looked_at = 0;
    place at{wanted->after.of, 0};
    bool more = false;
    from.queue.visit_from(wanted->after.of, [&](const binding::target& which, const auto& seen) {
        if (shown == wanted->limit || looked_at == most_looked_at)
        {
            more = true;
            return false;
        }
        ++looked_at;
        const binding::target without{which.region, which.listener, which.identity};
        at = without == at.of ? place{without, at.shown + 1} : place{without, 1};
        const bool was_shown = without == wanted->after.of && at.shown <= wanted->after.shown;
        if (!was_shown && (wanted->waits_for.empty() || wanted->waits_for == rows.waits_for(seen)))
        {
            items += (shown++ == 0 ? "\n" : ",\n") + dump(rows.row(which, seen));
        }
        return true;
    });
    const std::string next = more ? text_of(at) : "";
    return page_of(next, items);
}

}  // namespace app
