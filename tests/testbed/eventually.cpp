#include "testbed/eventually.hpp"

#include "testbed/poll.hpp"

namespace testbed {

testing::AssertionResult eventually_holds(
    const std::string& awaited, const std::function<testing::AssertionResult()>& condition
)
{
    auto last = testing::AssertionFailure();
    const bool holds = poll_until([&] {
        last = condition();
        return static_cast<bool>(last);
    });
    if (holds)
    {
        return testing::AssertionSuccess();
    }
    auto failure = testing::AssertionFailure() << "still waiting for: " << awaited;
    return *last.message() == '\0' ? failure : failure << "\nlast seen: " << last.message();
}

}  // namespace testbed
