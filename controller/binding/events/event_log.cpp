#include "binding/events/event_log.hpp"

#include "support/log.hpp"

#include <string>
#include <utility>
#include <vector>

namespace binding {

void event_log::write_line(const event& event)
{
    auto level = event.warning ? support::log_level::warn : support::log_level::info;
    std::size_t left_out = 0;
    if (event.warning && event.state != state::unset)
    {
        const auto admitted = limit_.admit(event.reason, clock_.now());
        level = admitted ? level : support::log_level::debug;
        left_out = admitted.value_or(0);
    }
    const auto& [name_space, name, uid] = event.regarding;
    const support::log_field subject = event.regarding.is_namespace()
                                           ? support::log_field{"namespace", name_space.str()}
                                           : support::log_field{"binding", name_space.str() + "/" + name};
    const std::string headline =
        event.state == state::unset ? event.note : "the binding is " + std::string(name_of(event.state));
    std::vector<support::log_field> fields{subject, {"reason", event.reason}};
    if (headline != event.note)
    {
        fields.push_back({"message", event.note});
    }
    if (left_out > 0)
    {
        fields.push_back({"left_out", std::to_string(left_out)});
    }
    support::log(level, headline, fields);
}

void event_log::tell_of_lines_left_out()
{
    for (const auto& [reason, lines] : limit_.ended(clock_.now()))
    {
        support::log(
            support::log_level::warn,
            "lines about further bindings were left out",
            {{"reason", reason}, {"left_out", std::to_string(lines)}}
        );
    }
}

event_log::event_log(support::clock& clock, outlets outlets) : clock_(clock), outlets_(std::move(outlets)) {}

void event_log::record(const event& event)
{
    write_line(event);
    tell_of_lines_left_out();
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
