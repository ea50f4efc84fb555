#include "testbed/poll.hpp"

#include <chrono>
#include <thread>

namespace testbed {

bool poll_until(const std::function<bool()>& condition)
{
    using namespace std::chrono_literals;
    const auto hanging = std::chrono::steady_clock::now() + 120s;
    while (!condition())
    {
        if (std::chrono::steady_clock::now() > hanging)
        {
            return false;
        }
        std::this_thread::sleep_for(50ms);
    }
    return true;
}

}  // namespace testbed
