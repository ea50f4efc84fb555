#include "support/fair_offload.hpp"

#include "support/loop.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// Each piece of work takes a second.
class slow_worker final : public support::offload
{
public:
    explicit slow_worker(support::clock& clock) : clock_(clock) {}

    support::task<> run(std::function<void()> work) override
    {
        most_at_once = std::max(most_at_once, ++at_once);
        co_await clock_.sleep_for(1s);
        work();
        --at_once;
    }

    int at_once = 0;
    int most_at_once = 0;

private:
    support::clock& clock_;
};

class fair_offload : public test::loop
{
protected:
    std::function<void()> work(support::offload& of, const std::string& note)
    {
        return spawn(note_work(of, note));
    }

    support::task<> note_work(support::offload& of, std::string note)
    {
        co_await of.run([this, note] { done.push_back(note); });
    }

    slow_worker worker{clock()};
    support::fair_offload all{worker};
    std::unique_ptr<support::offload> stranger = all.of_tenant("stranger");
    std::unique_ptr<support::offload> shop = all.of_tenant("shop");
    std::vector<std::string> done;
};

TEST_F(fair_offload, the_tenants_take_turns_whatever_they_have)
{
    for (int i = 0; i < 1000; ++i)
    {
        work(*stranger, "stranger");
    }
    step();
    work(*shop, "first of the shop");
    work(*shop, "second of the shop");
    advance(5s);
    EXPECT_THAT(
        done, ElementsAre("stranger", "first of the shop", "stranger", "second of the shop", "stranger")
    );
    EXPECT_EQ(worker.most_at_once, 1);
    advance(1000s);
    EXPECT_EQ(done.size(), 1002U);
}

TEST_F(fair_offload, work_of_a_caller_that_left_its_line_does_not_run)
{
    work(*stranger, "a");
    const auto cancel = work(*shop, "b");
    work(*shop, "c");
    step();
    cancel();
    advance(10s);
    EXPECT_THAT(done, ElementsAre("a", "c"));
}

TEST_F(fair_offload, a_caller_that_is_cancelled_passes_its_turn_on)
{
    const auto cancel = work(*stranger, "a");
    work(*shop, "b");
    step();
    cancel();
    advance(10s);
    EXPECT_THAT(done, ElementsAre("b"));
    work(*shop, "c");
    advance(1s);
    EXPECT_THAT(done, ElementsAre("b", "c"));
}

}  // namespace
