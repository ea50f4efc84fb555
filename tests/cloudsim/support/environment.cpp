#include "cloudsim/support/environment.hpp"

#include <stdexcept>
#include <variant>

namespace cloudsim {

namespace {

using field = std::variant<
    duration settings::*,
    std::size_t settings::*,
    bool settings::*,
    std::string settings::*,
    std::set<std::string> settings::*>;

// Times are in milliseconds.
const std::map<std::string, field> fields = {
    {"latency_ms", &settings::latency},
    {"pending_ms", &settings::pending},
    {"put_base_ms", &settings::put_base},
    {"put_per_ref_ms", &settings::put_per_ref},
    {"put_per_ref_squared_ms", &settings::put_per_ref_squared},
    {"put_per_present_squared_ms", &settings::put_per_present_squared},
    {"token_lifetime_ms", &settings::token_lifetime},
    {"token_cache_ms", &settings::token_cache},
    {"connection_close", &settings::connection_close},
    {"refuse_delegated_refs", &settings::refuse_delegated_refs},
    {"octavia_page", &settings::octavia_page},
    {"barbican_page", &settings::barbican_page},
    {"barbican_release", &settings::barbican_release},
    {"worker_held", &settings::worker_held},
    {"worker_fails", &settings::worker_fails},
    {"down", &settings::down},
    {"bycloud_tier", &settings::bycloud_tier},
    {"bycloud_window", &settings::bycloud_window},
    {"bycloud_rate_headers", &settings::bycloud_rate_headers},
    {"bycloud_retry_after_ms", &settings::bycloud_retry_after},
    {"bycloud_binding_ms", &settings::bycloud_binding},
    {"bycloud_bindings_held", &settings::bycloud_bindings_held},
    {"bycloud_binding_error", &settings::bycloud_binding_error},
    {"bycloud_sni_in_key", &settings::bycloud_sni_in_key},
    {"bycloud_unbind", &settings::bycloud_unbind},
    {"bycloud_dns_ready", &settings::bycloud_dns_ready},
    {"bycloud_issuance_ms", &settings::bycloud_issuance},
    {"bycloud_issuance_error", &settings::bycloud_issuance_error},
};

duration milliseconds(double count)
{
    return std::chrono::duration_cast<duration>(std::chrono::duration<double, std::milli>(count));
}

void assign(duration& setting, const json& value)
{
    setting = milliseconds(value.get<double>());
}

template <class T>
void assign(T& setting, const json& value)
{
    setting = value.get<T>();
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
        if (name == "measured_times" && value.get<bool>())
        {
            use_measured_times();
            continue;
        }
        const auto known = fields.find(name);
        if (known == fields.end())
        {
            throw std::invalid_argument("unknown setting: " + name);
        }
        std::visit([&](auto member) { assign(this->*member, value); }, known->second);
    }
}

std::string id_source::text_of(std::string_view alphabet, std::size_t characters)
{
    std::string result;
    while (result.size() < characters)
    {
        result += alphabet[random_() % alphabet.size()];
    }
    return result;
}

std::string id_source::url_text(std::size_t characters)
{
    return text_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", characters);
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

std::optional<time_point> schedule::next() const
{
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
}

void environment::record(std::string cause, json object)
{
    history.push_back(
        {.sequence = ++sequence, .at = elapsed(), .cause = std::move(cause), .object = std::move(object)}
    );
}

reply make_reply(int status, std::string body, const std::string& content_type, header_list headers)
{
    headers.emplace_back("Content-Type", content_type);
    return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

reply json_reply(int status, const json& body, header_list headers)
{
    return make_reply(
        status,
        body.dump(-1, ' ', true, json::error_handler_t::replace),
        "application/json",
        std::move(headers)
    );
}

handling at_once(reply answer, duration after)
{
    return {.work = after, .effect = [answer = std::move(answer)] { return answer; }};
}

}  // namespace cloudsim
