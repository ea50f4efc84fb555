#include "app/start_report.hpp"

#include "app/own_cloud.hpp"
#include "app/proxies.hpp"
#include "support/log.hpp"
#include "support/text.hpp"

namespace app {

void log_start(
    const options& options, const surroundings& around, const servers& serving, const election* taking_part
)
{
    for (const auto& note : around.notes)
    {
        support::log(support::log_level::warn, note);
    }
    const auto& watched = options.namespaces;
    support::log(
        support::log_level::info,
        "starting",
        {{"version", PROJECT_VERSION},
         {"cluster", around.cluster.source},
         {"server", around.cluster.server.str()},
         {"namespaces", watched.empty() ? "all" : support::joined(watched)},
         {"labels", options.label_selector.empty() ? "any" : options.label_selector},
         {"cloud", around.cloud.cloud},
         {around.cloud.service ? "endpoint" : "keystone", around.cloud.keystone.str()},
         {"metrics", serving.address_of_metrics()},
         {"lease", taking_part != nullptr ? taking_part->full_name() : "off"},
         {"bindings_api", serving.url_of_bindings_api()}}
    );
    warn_of_admission(options);
    log_proxies(around.proxies, {around.cluster.server.origin, around.cloud.keystone.origin});
}

}  // namespace app
