#include "app/kubernetes_events.hpp"

#include <utility>

namespace app {
namespace {

kube::object_reference reference_to(const binding::event_subject& subject)
{
    const std::string name_space = subject.name_space.str();
    if (subject.is_namespace())
    {
        return {"v1", "Namespace", name_space, name_space, {}};
    }
    return {
        "certificates.bycloud.io/v1alpha1", "CertificateBinding", name_space, subject.name, subject.uid.str()
    };
}

kube::event kubernetes_event(const binding::event& event)
{
    return {reference_to(event.regarding), event.warning, event.reason, event.action, event.note, event.key};
}

}  // namespace

kubernetes_events::kubernetes_events(
    const boost::asio::any_io_executor& executor,
    kube::client& kube,
    support::clock& clock,
    support::random_engine& random,
    std::string instance
)
    : recorder_(executor, kube, clock, random, std::move(instance)),
      limited_(executor, clock, [this](const auto& event) { recorder_.record(kubernetes_event(event)); }),
      limiting_(executor),
      recording_(executor)
{}

void kubernetes_events::begin()
{
    limiting_.spawn(limited_.run());
    recording_.spawn(recorder_.run());
}

support::task<> kubernetes_events::end()
{
    limiting_.cancel();
    co_await limiting_.join();
    limited_.flush();
    recorder_.stop();
    co_await recording_.join();
}

}  // namespace app
