// What one step of the reconcile loop costs while 1,000, 10,000 and 100,000 listeners of others have a
// binding. Each line is the time of one call, and its ratio to the first column: a step that depends on its
// own load balancer alone stays near 1. Then the bytes that a binding keeps, and the time that a binding or a
// target takes, of 1,000, 10,000 and 100,000 that are Ready.
#include "binding/index/binding_index.hpp"
#include "binding/reconcile/resting_world.hpp"
#include "binding/targets/other_listeners.hpp"
#include "support/log.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using binding::target;
using support::uuid;

constexpr int tenants = 100;
constexpr int ours = 3;      // listeners with a binding on our load balancer
constexpr int beside = 20;   // listeners without one there
constexpr int calls = 2000;  // of each step

uuid numbered(const char* prefix, int number)
{
    char text[37];
    std::snprintf(text, sizeof text, "%s-0000-4000-8000-%012d", prefix, number);
    return *uuid::parse(text);
}

// Each namespace acts with a credential of its own, all at one Keystone.
class own_credentials final : public binding::credential_source
{
public:
    void update(const binding::certificate_binding*, const binding::certificate_binding*) override {}
    target target_of(const binding::certificate_binding& object) const override
    {
        auto target = binding::listener_of(object);
        target.identity = identity_;
        target.credential = object.name_space;
        return target;
    }
    std::shared_ptr<cloud::credential> of(const target&) const override { return credential_; }
    binding::missing_credential why_none(const binding::certificate_binding&) const override { return {}; }
    bool is_controllers(const target&) const override { return false; }
    bool borrowed(const binding::certificate_binding&) const override { return false; }

private:
    support::interned identity_{"http://keystone/v3"};
    std::shared_ptr<cloud::credential> credential_ = std::make_shared<cloud::credential>();
};

class world
{
public:
    explicit world(int others)
    {
        std::vector<uuid> listed;
        for (int i = 0; i < ours; ++i)
        {
            listed.push_back(numbered("80000000", i));  // in the middle of the others
            show(object(numbered("00000000", i), "us", listed.back()));
        }
        for (int i = 0; i < beside; ++i)
        {
            listed.push_back(numbered("90000000", i));
        }
        here = credentials.target_of(*index.find(numbered("00000000", 0)));
        read(here, balancer);
        state.of(here).record_load_balancer({{}, cloud::load_balancer{balancer, {}, std::move(listed)}});
        for (int i = 0; i < others; ++i)
        {
            const auto id = numbered("10000000", i);
            show(object(
                id, "tenant-" + std::to_string(i % tenants), numbered(i % 2 == 0 ? "70000000" : "a0000000", i)
            ));
            read(credentials.target_of(*index.find(id)), numbered("b0000000", i));
        }
    }

    // The target has read its listener there.
    void read(const target& which, const uuid& load_balancer)
    {
        cloud::listener shown;
        shown.id = which.listener;
        shown.load_balancer_id = load_balancer;
        state.of(which).record_scope({{}, cloud::project_scope{"", which.credential.str(), "sao1", ""}});
        state.record_listener(which, settings, {{}, std::move(shown)});
    }

    static std::string object(const uuid& id, const std::string& name_space, const uuid& listener)
    {
        std::string text =
            R"({"metadata":{"name":"web","namespace":")" + name_space + R"(","uid":")" + id.str() +
            R"(","resourceVersion":"1","generation":1,"creationTimestamp":"2026-11-24T00:00:00Z"},)"
            R"("spec":{"certificateId":"aaaaaaaa-0000-4000-8000-000000000001",)"
            R"("resourceType":"octavia:listener","resourceId":")" +
            listener.str() + R"(","region":"sao1"},"status":{"observedGeneration":-1}})";
        text.reserve(text.size() + 64);  // simdjson may read so far beyond the end
        return text;
    }
    void show(const std::string& text) { sink.changed(text); }

    binding::target_context context() { return {state, index, credentials, settings, {}, {}}; }

    const uuid balancer = numbered("99999999", 1);
    own_credentials credentials;
    binding::binding_index index{credentials, [](const auto&) {}, [] {}};
    runtime::object_sink& sink = index.scope("");
    binding::reconcile_state state{{}};
    binding::settings settings;
    target here;
};

// Microseconds of one call, in the best of ten rounds, because other programs take the processor too.
double time_of(const std::function<void()>& step, int times)
{
    constexpr int rounds = 10;
    double best = std::numeric_limits<double>::max();
    for (int round = 0; round < rounds; ++round)
    {
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < times / rounds; ++i)
        {
            step();
        }
        const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - began;
        best = std::min(best, taken.count() / (times / rounds));
    }
    return best;
}

struct row
{
    const char* name;
    std::function<void(world&)> step;
};

const std::vector<row> rows{
    {"which other listeners to read before a PUT", [](world& w) { listeners_to_read(w.context(), w.here); }},
    {"which refs show whether an endpoint is wrong",
     [](world& w) { refs_for_endpoint_check(w.context(), w.here); }},
    {"the bindings of a target, and its peers",
     [](world& w) {
         (void)w.index.bindings_of(w.here);
         (void)w.index.peers_of(w.here);
     }},
    {"a binding moves to another listener and back",
     [](world& w) {
         static const std::vector<std::string> both{
             world::object(numbered("00000000", 1), "us", numbered("80000000", 9)),
             world::object(numbered("00000000", 1), "us", numbered("80000000", 1))
         };
         w.show(both.front());
         w.show(both.back());
     }},
    {"a listener is read", [](world& w) { w.read(w.here, w.balancer); }},
};

class bench_loop final : public test::loop
{
    void TestBody() override {}
};

const std::vector<int> sizes{1000, 10'000, 100'000};

// 1,000 namespaces that are watched one by one, each with an empty list.
double time_of_an_empty_list(int bindings)
{
    constexpr int scopes = 1000;
    own_credentials credentials;
    binding::binding_index index(credentials, [](const auto&) {}, [] {});
    auto& full = index.scope("tenant");
    std::vector<runtime::object_sink*> empty;
    for (int i = 0; i < scopes; ++i)
    {
        empty.push_back(&index.scope("empty-" + std::to_string(i)));
    }
    full.list_began();
    for (int i = 0; i < bindings; ++i)
    {
        full.listed(world::object(numbered("10000000", i), "tenant", numbered("70000000", i)));
    }
    full.list_ended();
    std::size_t next = 0;
    return time_of(
        [&] {
            runtime::object_sink& sink = *empty.at(next++);
            sink.list_began();
            sink.list_ended();
        },
        scopes
    );
}

void print_row(const std::string& name, const std::vector<double>& figures)
{
    std::printf("%-48s", name.c_str());
    for (const double figure : figures)
    {
        std::printf("%10.2f (%4.1f)", figure, figure / figures.front());
    }
    std::printf("\n");
    std::fflush(stdout);
}

void print_rest(int bindings_of_listener)
{
    const std::string of = bindings_of_listener == 1 ? ", own listener" : ", 10 a listener";
    std::vector<test::cost_of_rest> costs;
    for (const int bindings : sizes)
    {
        bench_loop loop;
        costs.push_back(test::resting_world(loop, bindings_of_listener).keep(bindings));
    }
    const auto print = [&](const char* name, auto figure) {
        std::vector<double> figures;
        for (std::size_t i = 0; i < sizes.size(); ++i)
        {
            figures.push_back(figure(costs[i], static_cast<double>(sizes[i])));
        }
        print_row(name + of, figures);
    };
    const auto bytes = [](std::size_t count) { return static_cast<double>(count); };
    print("bytes of a binding that is listed", [&](const auto& c, double n) { return bytes(c.listed) / n; });
    print("bytes of a binding at rest", [&](const auto& c, double n) { return bytes(c.rested) / n; });
    print("a second list at its peak, to rest", [&](const auto& c, double) {
        return bytes(c.at_peak) / bytes(c.rested);
    });
    print("listing a binding", [](const auto& c, double) { return c.list_time; });
    print("a pass over a target at rest", [](const auto& c, double) { return c.pass_time; });
}

}  // namespace

int main()
{
    support::set_log(support::log_level::error, support::log_format::text);
    std::map<const char*, double> first;
    std::printf("%-48s", "microseconds, and the ratio to the first");
    std::vector<std::unique_ptr<world>> worlds;
    for (const int others : sizes)
    {
        std::printf("%18d", others);
        worlds.push_back(std::make_unique<world>(others));
    }
    std::printf("\n");
    for (const row& row : rows)
    {
        std::printf("%-48s", row.name);
        for (std::size_t i = 0; i < sizes.size(); ++i)
        {
            world& w = *worlds[i];
            time_of([&] { row.step(w); }, calls / 10);
            const double taken = time_of([&] { row.step(w); }, calls);
            first.try_emplace(row.name, taken);
            std::printf("%10.2f (%4.1f)", taken, taken / first.at(row.name));
        }
        std::printf("\n");
        std::fflush(stdout);
    }
    worlds.clear();
    std::vector<double> lists;
    for (const int size : sizes)
    {
        lists.push_back(time_of_an_empty_list(size));
    }
    print_row("the empty list of one namespace of 1,000", lists);
    print_rest(1);
    print_rest(10);
    return 0;
}
