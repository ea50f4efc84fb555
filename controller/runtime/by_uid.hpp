#pragma once

#include "support/uuid.hpp"

#include <cstddef>

// For a set of objects that are found by their uid, which is kept in the object alone.
namespace runtime {

struct uid_hash
{
    using is_transparent = void;
    // noexcept, because otherwise a set keeps the hash of each object, too.
    std::size_t operator()(const support::uuid& uid) const noexcept { return uid.hash(); }
    std::size_t operator()(const auto& object) const noexcept { return object.uid.hash(); }
};

struct same_uid
{
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return uid_of(a) == uid_of(b); }

private:
    static const support::uuid& uid_of(const support::uuid& uid) { return uid; }
    static const support::uuid& uid_of(const auto& object) { return object.uid; }
};

}  // namespace runtime
