#include "app/reporter.hpp"

#include <utility>

namespace app {

void reporter::happened(const binding::certificate_binding& binding, const binding::event& what)
{
    record(
        {"certificates.bycloud.io/v1alpha1",
         "CertificateBinding",
         binding.name_space.str(),
         binding.name,
         binding.uid.str()},
        what
    );
}

void reporter::happened_in(const std::string& name_space, const binding::event& what)
{
    record({"v1", "Namespace", name_space, name_space, {}}, what);
}

void reporter::listener_updated(std::optional<cloud::failure> failed, std::optional<support::duration> window)
{
    metrics_.listener_updated(failed, window);
}

void reporter::refs_orphaned(std::size_t refs)
{
    metrics_.refs_orphaned(refs);
}

void reporter::record(kube::object_reference regarding, const binding::event& what)
{
    events_.record({std::move(regarding), what.warning, what.reason, what.action, what.note, what.key});
}

}  // namespace app
