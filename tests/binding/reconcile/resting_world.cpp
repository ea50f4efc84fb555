#include "binding/reconcile/resting_world.hpp"

#include <malloc.h>
#include <stdexcept>
#include <utility>

namespace test {
namespace {

using namespace std::chrono_literals;

constexpr const char* a_uid = "10000000-0000-4000-8000-";
constexpr const char* a_certificate = "20000000-0000-4000-8000-";
constexpr const char* a_listener = "30000000-0000-4000-8000-";
constexpr const char* a_balancer = "40000000-0000-4000-8000-";
constexpr std::size_t padding = 64;  // simdjson may read so far beyond the end

std::string id_of(const char* kind, int number)
{
    const std::string digits = std::to_string(number);
    return kind + std::string(12 - digits.size(), '0') + digits;
}

support::uuid uuid_of(const char* kind, int number)
{
    return *support::uuid::parse(id_of(kind, number));
}

void replace_all(std::string& text, const std::string& from, const std::string& to)
{
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    {
        text.replace(at, from.size(), to);
    }
}

double microseconds_of(const std::function<void()>& work)
{
    const auto began = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count();
}

std::size_t heap_in_use()
{
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

// Answers for every id that has a number: the listener of a load balancer of its own, with all its
// certificates.
class steady_cloud final : public cloud::client
{
public:
    explicit steady_cloud(int bindings_of_listener) : of_listener_(bindings_of_listener) {}

    support::task<cloud::answer<cloud::project_scope>> locate(std::string) override
    {
        co_return cloud_rows().here;
    }
    support::task<cloud::answer<cloud::certificate>>
    get_certificate(std::string, support::uuid id, std::optional<support::wall_time>) override
    {
        cloud_rows rows;
        rows.certificates[id.str()] = true;
        co_return rows.certificate(id);
    }
    support::task<cloud::answer<cloud::listener>> get_listener(std::string, support::uuid id) override
    {
        const int number = number_of(id);
        cloud_rows rows;
        auto& row = rows.listeners[id];
        row.load_balancer = uuid_of(a_balancer, number);
        row.slots.default_ref = foreign;
        for (int i = number * of_listener_; i < (number + 1) * of_listener_; ++i)
        {
            row.slots.sni_refs.push_back(cloud_rows::ref(id_of(a_certificate, i)));
        }
        co_return rows.listener(id);
    }
    support::task<cloud::answer<cloud::load_balancer>> get_load_balancer(std::string, support::uuid id)
        override
    {
        co_return cloud::load_balancer{
            .id = id,
            .status = cloud::provisioning_status::active,
            .listeners = {uuid_of(a_listener, number_of(id))}
        };
    }
    support::task<cloud::answer<cloud::listener>> update_listener(
        std::string, support::uuid, cloud::listener_change, support::time_point
    ) override
    {
        throw std::runtime_error("a PUT for a listener at rest");
    }
    support::task<cloud::ref_state> look_up(std::string, cloud::container_ref) override
    {
        co_return cloud::ref_state::readable;
    }

private:
    static int number_of(const support::uuid& id) { return std::stoi(id.str().substr(24)); }

    int of_listener_;
};

}  // namespace

struct resting_world::parts
{
    parts(loop& with, int bindings_of_listener) : all(with), of_listener(bindings_of_listener)
    {
        write_templates();
    }

    // The objects of one listener, as the controller has left them.
    void write_templates()
    {
        fake_kube kube([this] { return running ? running->parts.sink : nullptr; });
        fake_cloud cloud(all.clock());
        add_listener(cloud, 0, 0);
        running = std::make_unique<process>(all, kube, cloud);
        kube.list_into(*running->parts.sink);
        for (int i = 0; i < of_listener; ++i)
        {
            cloud.certificates[id_of(a_certificate, i)] = true;
            kube.create(
                {.name = "web-" + std::to_string(i),
                 .certificate = id_of(a_certificate, i),
                 .listener = id_of(a_listener, 0),
                 .sni = true,
                 .uid = id_of(a_uid, i)}
            );
        }
        const auto at_rest = [&] {
            for (const auto& [name, object] : kube.objects())
            {
                if (kube.state(name) != "active")
                {
                    return false;
                }
            }
            return true;
        };
        if (!all.run_until(at_rest, 10min))
        {
            throw std::runtime_error("the bindings do not come to rest");
        }
        all.advance(30min);
        for (int i = 0; i < of_listener; ++i)
        {
            templates.push_back(kube.object("web-" + std::to_string(i)).dump());
        }
        running->pool.stop();
        running->pool.cancel();
        all.step();
        running->kill();
        all.step();
        running.reset();
    }

    void add_listener(fake_cloud& cloud, int number, int on) const
    {
        fake_cloud::listener_row row;
        row.load_balancer = uuid_of(a_balancer, on);
        row.slots.default_ref = foreign;
        cloud.listeners[uuid_of(a_listener, number)] = row;
        cloud.balancers[row.load_balancer] = cloud::provisioning_status::active;
    }

    // The object of this number.
    std::string object(int number) const
    {
        const int of_template = number % of_listener;
        std::string text = templates.at(static_cast<std::size_t>(of_template));
        replace_all(text, id_of(a_uid, of_template), id_of(a_uid, number));
        replace_all(text, id_of(a_certificate, of_template), id_of(a_certificate, number));
        replace_all(text, id_of(a_listener, 0), id_of(a_listener, number / of_listener));
        text.reserve(text.size() + padding);
        return text;
    }

    loop& all;
    int of_listener;
    std::vector<std::string> templates;
    std::unique_ptr<process> running;
};

resting_world::resting_world(loop& loop, int bindings_of_listener)
    : parts_(std::make_unique<parts>(loop, bindings_of_listener))
{}

resting_world::~resting_world() = default;

cost_of_rest resting_world::keep(int bindings)
{
    loop& all = parts_->all;
    fake_kube kube([] { return nullptr; });
    steady_cloud cloud(parts_->of_listener);
    fake_cloud unused(all.clock());
    recorded_events events;
    support::random_engine random{1};
    runtime::work_queue<binding::target> queue({1s, 60s, 0.0}, random, 2, &binding::tenant_of);
    wiring wired(
        all,
        kube,
        unused,
        binding::settings(),
        events,
        [](const binding::target&) {},
        [&](const binding::target& which, runtime::urgency how, support::duration delay) {
            queue.add(which, all.clock().now() + delay, how);
        }
    );
    wired.credentials.use(&cloud);
    const std::size_t empty = heap_in_use();
    cost_of_rest kept;
    const auto list = [&] {
        wired.sink->list_began();
        for (int i = 0; i < bindings; ++i)
        {
            const std::string text = parts_->object(i);
            wired.sink->listed(text);
        }
        kept.at_peak = heap_in_use() - empty;
        wired.sink->list_ended();
    };
    kept.list_time = microseconds_of(list) / bindings;
    kept.listed = heap_in_use() - empty;
    const int targets = bindings / parts_->of_listener;
    kept.pass_time = microseconds_of([&] {
                         const auto due = all.clock().now() + 1h;
                         for (int passes = 0; passes < targets; ++passes)
                         {
                             const auto which = queue.take(due).value();
                             const auto how = all.run(wired.reconciler.reconcile(which));
                             queue.finish(which, how, due);
                         }
                     }) /
                     targets;
    kept.rested = heap_in_use() - empty;
    list();
    if (!kube.writes.empty())
    {
        throw std::runtime_error("a write for a binding at rest: " + kube.writes.front());
    }
    return kept;
}

}  // namespace test
