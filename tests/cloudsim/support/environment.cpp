#include "cloudsim/support/environment.hpp"

#include <stdexcept>

namespace cloudsim {

namespace {

// A setting by its name in JSON: a time in milliseconds, or a switch.
struct time_setting
{
    const char* name;
    duration settings::* field;
};

constexpr time_setting time_settings[] = {
    {"latency_ms", &settings::latency},
    {"pending_ms", &settings::pending},
    {"put_base_ms", &settings::put_base},
    {"put_per_ref_ms", &settings::put_per_ref},
    {"put_per_ref_squared_ms", &settings::put_per_ref_squared},
    {"put_per_present_squared_ms", &settings::put_per_present_squared},
    {"token_lifetime_ms", &settings::token_lifetime},
    {"token_cache_ms", &settings::token_cache},
};

struct switch_setting
{
    const char* name;
    bool settings::* field;
};

constexpr switch_setting switch_settings[] = {
    {"connection_close", &settings::connection_close},
    {"refuse_delegated_refs", &settings::refuse_delegated_refs},
    {"worker_held", &settings::worker_held},
    {"worker_fails", &settings::worker_fails},
};

duration milliseconds(double count)
{
    return std::chrono::duration_cast<duration>(std::chrono::duration<double, std::milli>(count));
}

}  // namespace

void settings::use_measured_times()
{
    latency = milliseconds(25);
    pending = milliseconds(200);
    put_base = milliseconds(200);
    put_per_ref = milliseconds(29);
    put_per_ref_squared = milliseconds(0.23);
    put_per_present_squared = milliseconds(0.2);
}

void settings::patch(const json& changes)
{
    for (const auto& [name, value] : changes.items())
    {
        bool known = false;
        for (const auto& each : time_settings)
        {
            if (name == each.name)
            {
                this->*each.field = milliseconds(value.get<double>());
                known = true;
            }
        }
        for (const auto& each : switch_settings)
        {
            if (name == each.name)
            {
                this->*each.field = value.get<bool>();
                known = true;
            }
        }
        if (name == "down")
        {
            down = value.get<std::set<std::string>>();
            known = true;
        }
        if (name == "measured_times" && value.get<bool>())
        {
            use_measured_times();
            known = true;
        }
        if (!known)
        {
            throw std::invalid_argument("unknown setting: " + name);
        }
    }
}

json settings::to_json() const
{
    json result;
    for (const auto& each : time_settings)
    {
        result[each.name] = std::chrono::duration<double, std::milli>(this->*each.field).count();
    }
    for (const auto& each : switch_settings)
    {
        result[each.name] = this->*each.field;
    }
    result["down"] = down;
    return result;
}

std::string id_source::hex(std::size_t digits)
{
    static constexpr std::string_view alphabet = "0123456789abcdef";
    std::string result;
    while (result.size() < digits)
    {
        result += alphabet[random_() % alphabet.size()];
    }
    return result;
}

std::string id_source::uuid()
{
    auto text = hex(32);
    text[12] = '4';
    text[16] = "89ab"[random_() % 4];
    for (const std::size_t dash : {8U, 13U, 18U, 23U})
    {
        text.insert(dash, 1, '-');
    }
    return text;
}

std::string id_source::url_text(std::size_t characters)
{
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string result;
    while (result.size() < characters)
    {
        result += alphabet[random_() % alphabet.size()];
    }
    return result;
}

void schedule::add(time_point when, std::function<void()> what)
{
    due_.emplace(when, std::move(what));
}

std::optional<time_point> schedule::next() const
{
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
}

std::function<void()> schedule::take()
{
    auto what = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    return what;
}

void environment::record(std::string cause, json object)
{
    history.push_back(
        {.sequence = ++sequence, .at = elapsed(), .cause = std::move(cause), .object = std::move(object)}
    );
}

reply make_reply(int status, std::string body, std::string_view content_type, const answer_style& style)
{
    reply result{.status = status, .headers = style.before, .body = std::move(body)};
    const std::pair<std::string, std::string> length("Content-Length", std::to_string(result.body.size()));
    if (content_type.empty())
    {
        result.headers.push_back(length);
    }
    else
    {
        const std::pair<std::string, std::string> type("Content-Type", content_type);
        result.headers.push_back(style.type_first ? type : length);
        result.headers.push_back(style.type_first ? length : type);
    }
    result.headers.insert(result.headers.end(), style.after.begin(), style.after.end());
    return result;
}

reply json_reply(int status, const json& body, const answer_style& style)
{
    return make_reply(status, python_dump(body), "application/json", style);
}

handling at_once(reply answer, duration after)
{
    return {.work = after, .effect = [answer = std::move(answer)] { return answer; }};
}

}  // namespace cloudsim
