#include "runtime/outcome.hpp"

namespace runtime {

std::string_view name_of(waits_for value)
{
    switch (value)
    {
        case waits_for::worker:
            return "worker";
        case waits_for::step:
            return "step";
        case waits_for::cloud:
            return "cloud";
        case waits_for::turn:
            return "turn";
        case waits_for::retry:
            return "retry";
        case waits_for::person:
            return "person";
        case waits_for::check:
            break;
    }
    return "check";
}

}  // namespace runtime
