#include "soak/world.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <thread>

namespace soak {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::size_t load_balancers = 3;
constexpr std::size_t listeners_each = 3;
constexpr std::size_t certificates = 60;
constexpr std::size_t most_bindings = 45;
constexpr std::size_t most_changes = 4;  // in one go
// A change in doubt waits for 3 s and more, and what failed often waits for a minute.
constexpr auto longest_return = 4min;

std::string environment_or(const char* name, const std::string& otherwise)
{
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

}  // namespace

world::world() : random_(static_cast<std::uint32_t>(std::stoul(environment_or("SOAK_SEED", "1")))) {}

void world::make_cloud()
{
    sim->set({{"pending_ms", 100}, {"put_base_ms", 100}, {"put_per_ref_ms", 5}});
    const auto other = certificate("other.example.com").ref;
    foreign_refs_ = {other};
    for (std::size_t n = 0; n < load_balancers; ++n)
    {
        const auto on = sim->add_load_balancer({.project = project});
        for (std::size_t k = 0; k < listeners_each; ++k)
        {
            listeners_.push_back(sim->add_listener(
                {.load_balancer = on,
                 .default_ref = foreign,
                 .sni_refs = foreign_refs_,
                 .port = 443 + static_cast<int>(k)}
            ));
        }
    }
    for (std::size_t n = 0; n < certificates; ++n)
    {
        const auto made = certificate("shop-" + std::to_string(n) + ".example.com");
        certificates_.emplace(made.id, made.ref);
    }
}

// A certificate that no binding of the listener has, because two with the same one are a story of their own.
std::string world::unused_certificate(const std::string& listener)
{
    for (;;)
    {
        const auto& id =
            std::next(certificates_.begin(), static_cast<long>(pick(certificates_.size())))->first;
        const bool used = std::ranges::any_of(wanted_, [&](const auto& entry) {
            return entry.second.listener == listener && entry.second.certificate == id;
        });
        if (!used)
        {
            return id;
        }
    }
}

bool world::apply_one(const std::string& name, const wanted_binding& binding)
{
    const json object{
        {"apiVersion", "certificates.bycloud.io/v1alpha1"},
        {"kind", "CertificateBinding"},
        {"metadata", {{"name", name}}},
        {"spec",
         {{"certificateId", binding.certificate},
          {"resourceId", binding.listener},
          {"region", "sao1"},
          {"options", {{"sni", true}}}}}
    };
    return try_kubectl({"apply", "-f", "-"}, object.dump()).code == 0;
}

bool world::change_bindings()
{
    for (std::size_t n = 1 + pick(most_changes); n > 0; --n)
    {
        const auto choice = pick(most_bindings);
        if (choice >= wanted_.size())
        {
            const auto& listener = listeners_[pick(listeners_.size())];
            const wanted_binding made{unused_certificate(listener), listener};
            const auto name = "b-" + std::to_string(++made_);
            if (!apply_one(name, made))
            {
                return false;
            }
            wanted_.emplace(name, made);
            continue;
        }
        const auto chosen = std::next(wanted_.begin(), static_cast<long>(choice));
        if (pick(3) == 0)
        {
            if (try_kubectl({"delete", "certbind", chosen->first, "--wait=false"}).code != 0)
            {
                return false;
            }
            wanted_.erase(chosen);
            continue;
        }
        const wanted_binding rotated{unused_certificate(chosen->second.listener), chosen->second.listener};
        if (!apply_one(chosen->first, rotated))
        {
            return false;
        }
        chosen->second = rotated;
    }
    return true;
}

testing::AssertionResult world::foreign_are_untouched() const
{
    for (const auto& id : listeners_)
    {
        const auto shown = sim->get_listener(id);
        if (shown.default_ref != foreign || !std::ranges::includes(shown.sni_refs, foreign_refs_))
        {
            return testing::AssertionFailure() << "listener " << id << " lacks a foreign certificate";
        }
    }
    return testing::AssertionSuccess();
}

testing::AssertionResult world::listeners_are_right() const
{
    for (const auto& id : listeners_)
    {
        auto expected = foreign_refs_;
        for (const auto& [name, binding] : wanted_)
        {
            if (binding.listener == id)
            {
                expected.insert(certificates_.at(binding.certificate));
            }
        }
        const auto shown = sim->get_listener(id);
        if (shown.status != "ACTIVE" || shown.sni_refs != expected)
        {
            return testing::AssertionFailure() << "listener " << id << " is " << shown.status << " and has "
                                               << testing::PrintToString(shown.sni_refs) << " instead of "
                                               << testing::PrintToString(expected);
        }
    }
    return foreign_are_untouched();
}

testing::AssertionResult world::bindings_are_ready() const
{
    const auto listed = try_kubectl({"get", "certbind", "-o", "json"});
    if (listed.code != 0)
    {
        return testing::AssertionFailure() << listed;
    }
    const auto items = json::parse(listed.out)["items"];
    if (items.size() != wanted_.size())
    {
        return testing::AssertionFailure() << items.size() << " bindings instead of " << wanted_.size();
    }
    for (const auto& item : items)
    {
        const auto& status = item["status"];
        const bool ready = status["observedGeneration"] == item["metadata"]["generation"] &&
                           status.contains("conditions") &&
                           std::ranges::any_of(status["conditions"], [](const json& condition) {
                               return condition["type"] == "Ready" && condition["status"] == "True";
                           });
        if (!ready || !wanted_.contains(item["metadata"]["name"].get<std::string>()))
        {
            return testing::AssertionFailure() << item.dump(1);
        }
    }
    return testing::AssertionSuccess();
}

testing::AssertionResult world::is_as_wanted() const
{
    if (auto ready = bindings_are_ready(); !ready)
    {
        return ready;
    }
    return listeners_are_right();
}

testing::AssertionResult world::becomes_as_wanted() const
{
    const auto end = clock::now() + longest_return;
    auto last = is_as_wanted();
    while (!last && clock::now() < end)
    {
        std::this_thread::sleep_for(500ms);
        last = is_as_wanted();
    }
    return last;
}

}  // namespace soak
