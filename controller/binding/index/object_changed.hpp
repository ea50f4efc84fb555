#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "binding/target.hpp"

#include <optional>

namespace binding {

// A change of a binding, and of its target. The pointers hold while the change is being handled.
struct object_changed
{
    const certificate_binding* before = nullptr;  // null: it was not there
    const certificate_binding* after = nullptr;   // null: it is gone
    std::optional<target> target_before;          // empty: none
    std::optional<target> target_after;

    // The object is the one that it was; what it acts with may have changed.
    bool is_credential_only() const { return before == after; }
};

}  // namespace binding
