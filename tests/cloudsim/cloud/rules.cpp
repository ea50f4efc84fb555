#include "cloudsim/cloud/rules.hpp"

#include <algorithm>
#include <stdexcept>

namespace cloudsim {

namespace {

struct phase_name
{
    const char* name;
    phase value;
};

constexpr phase_name phases[] = {
    {"before", phase::before}, {"during", phase::during}, {"after", phase::after}
};

struct kind_name
{
    const char* name;
    fault_kind value;
    phase otherwise;  // the phase if none is given
};

constexpr kind_name kinds[] = {
    {"hold", fault_kind::hold, phase::before},
    {"reply", fault_kind::reply, phase::before},
    {"drop", fault_kind::drop, phase::before},
    {"cut", fault_kind::cut, phase::after},
    {"delay", fault_kind::delay, phase::before},
};

constexpr const char* members[] = {
    "service",
    "region",
    "method",
    "path",
    "skip",
    "times",
    "action",
    "phase",
    "status",
    "headers",
    "content_type",
    "body",
    "bytes",
    "delay_ms"
};

template <class Table>
const auto& by_name(const Table& table, const std::string& name, const char* what)
{
    const auto found = std::ranges::find_if(table, [&](const auto& each) { return each.name == name; });
    if (found == std::end(table))
    {
        throw std::invalid_argument("unknown " + std::string(what) + ": " + name);
    }
    return *found;
}

}  // namespace

const char* to_string(phase when)
{
    return std::ranges::find(phases, when, &phase_name::value)->name;
}

std::uint64_t rule_book::add(const json& wanted)
{
    for (const auto& item : wanted.items())
    {
        if (!contains(members, item.key()))
        {
            throw std::invalid_argument("unknown member of a rule: " + item.key());
        }
    }
    rule made;
    made.service = wanted.value("service", "");
    made.region = wanted.value("region", "");
    made.method = wanted.value("method", "");
    made.path = wanted.value("path", "");
    made.pattern = std::regex(made.path);
    made.skip = wanted.value("skip", std::uint64_t{0});
    if (wanted.contains("times"))
    {
        made.times =
            wanted["times"].is_null() ? std::nullopt : std::optional(wanted["times"].get<std::uint64_t>());
    }
    const auto& kind = by_name(kinds, wanted.value("action", ""), "action");
    made.what.kind = kind.value;
    made.what.when = wanted.contains("phase")
                         ? by_name(phases, wanted["phase"].get<std::string>(), "phase").value
                         : kind.otherwise;
    made.what.status = wanted.value("status", made.what.status);
    for (const auto& item : wanted.value("headers", json::object()).items())
    {
        made.what.headers.emplace_back(item.key(), item.value().get<std::string>());
    }
    made.what.content_type = wanted.value("content_type", made.what.content_type);
    made.what.body = wanted.value("body", "");
    made.what.bytes = wanted.value("bytes", std::size_t{0});
    made.what.wait = std::chrono::duration_cast<duration>(
        std::chrono::duration<double, std::milli>(wanted.value("delay_ms", 0.0))
    );
    made.id = ++last_id_;
    rules_.push_back(std::move(made));
    return last_id_;
}

bool rule_book::remove(std::uint64_t id)
{
    return std::erase_if(rules_, [&](const rule& each) { return each.id == id; }) != 0;
}

json rule_book::to_json() const
{
    json result = json::array();
    for (const auto& each : rules_)
    {
        result.push_back(
            {{"id", each.id},
             {"service", each.service},
             {"region", each.region},
             {"method", each.method},
             {"path", each.path},
             {"skip", each.skip},
             {"times", each.times ? json(*each.times) : json(nullptr)},
             {"action", std::ranges::find(kinds, each.what.kind, &kind_name::value)->name},
             {"phase", to_string(each.what.when)},
             {"hits", each.hits}}
        );
    }
    return result;
}

const rule* rule_book::match(const request_kind& asked)
{
    for (auto& each : rules_)
    {
        const auto fits = [](const std::string& wanted, const std::string& have) {
            return wanted.empty() || wanted == have;
        };
        if (!fits(each.service, asked.service) || !fits(each.region, asked.region) ||
            !fits(each.method, asked.method) || !std::regex_search(asked.target, each.pattern))
        {
            continue;
        }
        const auto hit = each.hits++;
        if (hit >= each.skip && (!each.times || hit < each.skip + *each.times))
        {
            return &each;
        }
    }
    return nullptr;
}

}  // namespace cloudsim
