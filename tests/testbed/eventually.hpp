#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

namespace testbed {

// Success as soon as `condition` holds. If it never does (see poll_until) the failure says what was waited
// for and what the condition said last. A condition returns bool or, to be able to say something,
// testing::AssertionResult:
//
//     ASSERT_TRUE(eventually("shop is active", [&] {
//         const auto state = state_of("shop");
//         return testing::AssertionResult(state == "active") << "its state is " << state;
//     }));
testing::AssertionResult eventually_holds(
    const std::string& what, const std::function<testing::AssertionResult()>& condition
);

template <class Condition>
testing::AssertionResult eventually(const std::string& what, Condition condition)
{
    return eventually_holds(what, [&] { return testing::AssertionResult(condition()); });
}

}  // namespace testbed
