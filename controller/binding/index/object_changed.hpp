#pragma once

#include "binding/resource/certificate_binding.hpp"
#include "binding/target.hpp"

#include <optional>

namespace binding {

// A change of a binding, and of its target. The pointers hold while the change is handled.
struct object_changed
{
    const certificate_binding* before = nullptr;  // null: the object was created
    const certificate_binding* after = nullptr;   // null: the object was deleted
    std::optional<target> target_before;          // empty: the index did not know the binding
    std::optional<target> target_after;

    // The object did not change. Its credential may have changed, and with it its target.
    bool is_credential_only() const { return before == after; }
};

}  // namespace binding
