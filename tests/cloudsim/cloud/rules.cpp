#include "cloudsim/cloud/rules.hpp"

#include <initializer_list>
#include <stdexcept>

namespace cloudsim {

namespace {

void must_be_one_of(std::initializer_list<std::string_view> known, const std::string& text)
{
    if (!contains(known, text))
    {
        throw std::invalid_argument("a rule knows no " + text);
    }
}

}  // namespace

bool matches(const request_match& wanted, const std::regex& path, const request_kind& asked)
{
    const auto fits = [](const std::string& one, const std::string& other) {
        return one.empty() || one == other;
    };
    return fits(wanted.service, asked.service) && fits(wanted.region, asked.region) &&
           fits(wanted.method, asked.method) && std::regex_search(asked.path, path);
}

void rule_book::add(rule wanted)
{
    must_be_one_of({"hold", "reply", "drop", "cut", "delay", "patch"}, wanted.action);
    must_be_one_of({"before", "during", "after"}, wanted.when);
    if (wanted.action == "patch" && (!wanted.patch.is_array() || wanted.patch.empty()))
    {
        throw std::invalid_argument("a patch is a list of changes, not " + wanted.patch.dump());
    }
    wanted.pattern = std::regex(wanted.path);
    rules_.push_back(std::move(wanted));
}

const rule* rule_book::match(const request_kind& asked)
{
    for (auto& candidate : rules_)
    {
        if (!matches(candidate, candidate.pattern, asked))
        {
            continue;
        }
        const auto hit = candidate.hits++;
        if (hit >= candidate.skip && (!candidate.times || hit < candidate.skip + *candidate.times))
        {
            return &candidate;
        }
    }
    return nullptr;
}

}  // namespace cloudsim
