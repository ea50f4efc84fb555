#include "runtime/lease_client.hpp"

#include "support/with_deadline.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace runtime {
namespace {

using namespace std::chrono_literals;
using support::result;
using support::task;

kube::resource leases()
{
    return {"coordination.k8s.io", "v1", "leases"};
}

}  // namespace

lease_step step_of(const lease_action& request)
{
    switch (request.what)
    {
        case lease_action::kind::create:
            return lease_step::create;
        case lease_action::kind::write:
            return lease_step::patch;
        case lease_action::kind::wait:
        case lease_action::kind::read:
        case lease_action::kind::end:
            break;
    }
    return lease_step::get;
}

lease_client::lease_client(
    kube::client& kube, support::clock& clock, std::string name_space, std::string name
)
    : kube_(kube), clock_(clock), name_space_(std::move(name_space)), name_(std::move(name))
{}

task<result<std::optional<lease>>> lease_client::send(lease_action request, support::time_point deadline)
{
    const auto step = step_of(request);
    const auto answer = co_await support::with_deadline(clock_, deadline, ask(std::move(request)));
    if (!answer)
    {
        co_return support::fail(support::errc::interrupted, "no answer in time");
    }
    if (*answer)
    {
        co_return read_lease((**answer)->object());
    }
    constexpr int not_found = 404;
    const support::error& error = answer->error();
    if (step == lease_step::get && error.code == support::errc::status && error.http_status == not_found)
    {
        co_return std::optional<lease>();
    }
    co_return std::unexpected(error);
}

task<result<std::unique_ptr<kube::object_answer>>> lease_client::ask(lease_action request)
{
    const auto step = step_of(request);
    if (step == lease_step::get)
    {
        return kube_.get(leases(), name_space_, name_);
    }
    if (step == lease_step::create)
    {
        kube::create_request create;
        create.resource = leases();
        create.name_space = name_space_;
        create.object = new_lease(name_space_, name_, request.change, wall_now());
        return kube_.create(std::move(create));
    }
    kube::patch_request patch;
    patch.resource = leases();
    patch.name_space = name_space_;
    patch.name = name_;
    patch.merge_patch = lease_patch(request.change, request.version, wall_now());
    return kube_.patch(std::move(patch));
}

task<result<std::unique_ptr<kube::watch_stream>>> lease_client::watch(
    std::string version, int timeout_seconds
)
{
    kube::watch_request request;
    request.resource = leases();
    request.name_space = name_space_;
    request.name = name_;
    request.resource_version = std::move(version);
    request.timeout_seconds = timeout_seconds;
    return kube_.watch(std::move(request));
}

// The wall clock in microseconds, which support::clock counts in seconds. No two are equal, because equal
// times would hide a renewal.
micro_time lease_client::wall_now()
{
    const auto now = clock_.now();
    const micro_time least = clock_.wall();
    const micro_time most = least + 1s - 1us;
    const auto since = std::chrono::floor<std::chrono::microseconds>(now - last_wall_at_);
    const micro_time guess = std::clamp(last_wall_ + since, least, most);
    last_wall_ = guess == last_wall_ ? guess + 1us : guess;
    last_wall_at_ = now;
    return last_wall_;
}

}  // namespace runtime
