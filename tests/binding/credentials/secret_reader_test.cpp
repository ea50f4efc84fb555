#include "binding/credentials/secret_reader.hpp"

#include "support/loop.hpp"

#include <gmock/gmock.h>

namespace {

using binding::secret_name;
using binding::shown_secret;
using testing::ElementsAre;
using testing::IsEmpty;

// Keeps the work until a test runs it.
class held_work final : public support::offload
{
public:
    support::task<> run(std::function<void()> work) override
    {
        ++waiting;
        while (!release)
        {
            co_await clock.sleep_until(clock.now() + std::chrono::seconds(1));
        }
        release = false;
        --waiting;
        work();
    }

    explicit held_work(support::clock& with) : clock(with) {}

    support::clock& clock;
    int waiting = 0;
    bool release = false;
};

class no_entries final : public cloud::credential_entries
{
public:
    support::result<std::shared_ptr<cloud::credential>> credential_of(const std::string&) override
    {
        return support::fail(support::errc::invalid, "none");
    }
};

class secret_reader : public test::loop
{
protected:
    void TearDown() override
    {
        tasks.cancel();
        run(tasks.join());
        loop::TearDown();
    }

    static secret_name named(const char* name_space, const char* name)
    {
        return {support::interned(name_space), support::interned(name)};
    }
    void show(const secret_name& name, const std::string& version)
    {
        all.read(name, version, R"({"data":{"clouds.yaml":"eA=="}})");
        step();
    }
    void work_off()
    {
        held.release = true;
        advance(std::chrono::seconds(1));
    }

    held_work held{clock()};
    support::task_group tasks{executor()};
    std::vector<std::string> parsed;
    std::vector<std::string> owners;
    std::vector<std::string> told;
    binding::secret_reader all{
        {held,
         [this](const cloud::credential_text& text) {
             parsed.push_back(text.source);
             owners.push_back(text.owner.tenant + " by " + text.owner.secret);
             return std::make_shared<no_entries>();
         },
         tasks,
         [this](const secret_name& name, support::result<shown_secret> shown) {
             told.push_back(name.str() + " " + (shown ? shown->version : shown.error().message));
         }}
    };
};

TEST_F(secret_reader, parses_one_secret_at_a_time_and_the_namespaces_in_turn)
{
    for (const char* name : {"a", "b", "c"})
    {
        show(named("crowd", name), "1");
    }
    show(named("shop", "a"), "1");
    EXPECT_EQ(held.waiting, 1);
    for (int i = 0; i < 4; ++i)
    {
        EXPECT_EQ(held.waiting, 1);
        work_off();
    }
    EXPECT_THAT(told, ElementsAre("crowd/a 1", "shop/a 1", "crowd/b 1", "crowd/c 1"));
    EXPECT_EQ(parsed.front(), "Secret crowd/a: clouds.yaml");
    EXPECT_EQ(owners.front(), "crowd by crowd/a");
    EXPECT_EQ(held.waiting, 0);
}

TEST_F(secret_reader, parses_the_newest_state_alone_and_no_state_twice)
{
    show(named("shop", "a"), "1");
    show(named("shop", "a"), "1");
    show(named("shop", "a"), "2");
    show(named("shop", "a"), "3");
    for (int i = 0; i < 4; ++i)
    {
        work_off();
    }
    EXPECT_THAT(told, ElementsAre("shop/a 1", "shop/a 3"));
}

TEST_F(secret_reader, tells_nothing_of_a_secret_that_was_dropped)
{
    show(named("shop", "a"), "1");
    show(named("shop", "b"), "1");
    EXPECT_TRUE(all.is_reading(named("shop", "a")));
    all.drop(named("shop", "a"));
    all.drop(named("shop", "b"));
    EXPECT_FALSE(all.is_reading(named("shop", "a")));
    EXPECT_FALSE(all.is_reading(named("shop", "b")));
    work_off();
    EXPECT_THAT(told, IsEmpty());
    show(named("shop", "a"), "1");
    work_off();
    EXPECT_THAT(told, ElementsAre("shop/a 1")) << "shown again";
}

TEST_F(secret_reader, says_why_a_secret_cannot_be_used)
{
    all.read(named("shop", "a"), "1", R"({"data":{}})");
    step();
    work_off();
    EXPECT_THAT(told, ElementsAre("shop/a the key clouds.yaml is missing; add it"));
    EXPECT_THAT(parsed, IsEmpty());
}

}  // namespace
