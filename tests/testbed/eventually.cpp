#include "testbed/eventually.hpp"

#include "testbed/poll.hpp"

namespace testbed {

testing::AssertionResult eventually_holds(
    const std::string& what, const std::function<testing::AssertionResult()>& condition
)
{
    auto last = testing::AssertionFailure();
    const bool holds = poll_until([&] {
        last = condition();
        return static_cast<bool>(last);
    });
    return holds ? testing::AssertionSuccess()
                 : testing::AssertionFailure()
                       << "still waiting for: " << what << "\nlast seen: " << last.message();
}

}  // namespace testbed
