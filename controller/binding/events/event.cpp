#include "binding/events/event.hpp"

#include <utility>

namespace binding {

event event_about(const certificate_binding& binding, bool warning, std::string reason, std::string note)
{
    return {
        .regarding = {binding.name_space, binding.name, binding.uid},
        .warning = warning,
        .reason = std::move(reason),
        .action = binding.deleting ? "Detach" : "Attach",
        .note = std::move(note)
    };
}

event event_about_namespace(
    support::interned name_space, bool warning, std::string reason, std::string action, std::string note
)
{
    return {
        .regarding = {std::move(name_space)},
        .warning = warning,
        .reason = std::move(reason),
        .action = std::move(action),
        .note = std::move(note)
    };
}

}  // namespace binding
