#include "binding/events/event_log.hpp"

#include "support/log.hpp"

#include <string>
#include <utility>

namespace binding {
namespace {

void write_line(const event& event)
{
    const auto level = event.warning ? support::log_level::warn : support::log_level::info;
    const auto& [name_space, name, uid] = event.regarding;
    const support::log_field subject = event.regarding.is_namespace()
                                           ? support::log_field{"namespace", name_space.str()}
                                           : support::log_field{"binding", name_space.str() + "/" + name};
    const std::string headline =
        event.state == state::unset ? event.note : "the binding is " + std::string(name_of(event.state));
    if (headline == event.note)
    {
        support::log(level, headline, {subject, {"reason", event.reason}});
        return;
    }
    support::log(level, headline, {subject, {"reason", event.reason}, {"message", event.note}});
}

}  // namespace

event_log::event_log(outlets outlets) : outlets_(std::move(outlets)) {}

void event_log::record(const event& event)
{
    write_line(event);
    outlets_.record(event);
}

void event_log::listener_updated(
    std::optional<cloud::failure> failed, std::optional<support::duration> window
)
{
    outlets_.listener_updated(failed, window);
}

void event_log::refs_orphaned(std::size_t refs)
{
    outlets_.refs_orphaned(refs);
}

}  // namespace binding
