#pragma once

#include "model_check/model.hpp"

#include <compare>
#include <cstdint>
#include <string_view>

namespace prove {

struct digest128
{
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    auto operator<=>(const digest128&) const = default;
};

// Takes in values one after the other.
class digester
{
public:
    void number(std::uint64_t value);
    void text(std::string_view value);
    digest128 value() const { return {high_, low_}; }

private:
    std::uint64_t high_ = 0x9e3779b97f4a7c15;
    std::uint64_t low_ = 0xc2b2ae3d27d4eb4f;
};

// Takes in all of a world with one listener that can make a difference from here on. No point in time goes
// in. For each point goes in which limits of the rules it has passed and, where a rule counts it, how much
// time is left, coarsely. Two worlds that differ in less are one. `nothing_dies`: a readable ref stays
// readable.
void take_in(digester& into, const model& world, bool nothing_dies);

}  // namespace prove
