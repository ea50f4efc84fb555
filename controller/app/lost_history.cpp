#include "app/lost_history.hpp"

namespace app {

kube::event event_of_lost_history(const std::string& watched_namespace)
{
    kube::event event;
    event.regarding = {"v1", "Namespace", watched_namespace, watched_namespace, {}};
    if (watched_namespace.empty())
    {
        event.regarding = {
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "default",
            "certificatebindings.certificates.bycloud.io",
            {}
        };
    }
    event.warning = true;
    event.reason = "HistoryLost";
    event.action = "ListAgain";
    event.note =
        "The API server has lost history, as after a restore of etcd. The controller has listed all bindings "
        "again, believes their status, and reads every listener before it writes.";
    return event;
}

}  // namespace app
