#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

namespace testbed {

// Success as soon as `condition` holds. If it never does (see poll_until), the failure names `awaited` and
// the last answer of the condition. A condition returns bool or, to explain its answer,
// testing::AssertionResult:
//
//     ASSERT_TRUE(eventually("shop is active", [&] {
//         const auto state = state_of("shop");
//         return testing::AssertionResult(state == "active") << "its state is " << state;
//     }));
testing::AssertionResult eventually_holds(
    const std::string& awaited, const std::function<testing::AssertionResult()>& condition
);

template <class Condition>
testing::AssertionResult eventually(const std::string& awaited, Condition condition)
{
    return eventually_holds(awaited, [&] { return testing::AssertionResult(condition()); });
}

}  // namespace testbed
