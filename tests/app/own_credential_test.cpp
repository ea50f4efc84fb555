#include "app/own_credential.hpp"

#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class own_credential : public test::loop
{
protected:
    own_credential()
    {
        std::ofstream(path_) << "clouds: {}";
        contents["one"] = std::make_shared<cloud::credential>("one", "ks", nullptr);
        contents["two"] = std::make_shared<cloud::credential>("two", "ks", nullptr);
    }

    void start(std::string path)
    {
        reader = std::make_unique<app::own_credential>(
            app::own_credential::parts{
                clock(),
                [this]() -> support::result<cloud::openstack::found_entry> {
                    ++reads;
                    if (problem)
                    {
                        return support::fail(support::errc::invalid, *problem);
                    }
                    cloud::openstack::found_entry found;
                    found.entry.id = content;
                    return found;
                },
                [this](cloud::openstack::cloud_entry entry
                ) -> support::result<std::shared_ptr<cloud::credential>> { return contents.at(entry.id); },
                [this](const std::shared_ptr<cloud::credential>& now) { used.push_back(now->id); }
            },
            std::move(path),
            contents["one"]
        );
        stop = spawn(reader->run());
        step();
    }

    void TearDown() override
    {
        stop();
        step();
        std::filesystem::remove(path_);
        loop::TearDown();
    }

    const std::string path_ = testing::TempDir() + "own-credential-" + std::to_string(::getpid());
    std::map<std::string, std::shared_ptr<cloud::credential>> contents;
    std::string content = "one";
    std::optional<std::string> problem;
    int reads = 0;
    std::vector<std::string> used;
    std::unique_ptr<app::own_credential> reader;
    std::function<void()> stop;
    support::log_capture log;
};

TEST_F(own_credential, that_has_changed_is_used_within_a_minute)
{
    start(path_);
    advance(5min);
    EXPECT_EQ(reads, 5);
    EXPECT_THAT(used, IsEmpty());
    EXPECT_THAT(log.text(), IsEmpty());
    content = "two";
    advance(1min);
    EXPECT_THAT(used, ElementsAre("two"));
    advance(5min);
    EXPECT_THAT(used, ElementsAre("two"));
    EXPECT_THAT(log.text(), HasSubstr("its new credential is in use"));
}

TEST_F(own_credential, that_cannot_be_read_changes_nothing_and_is_told_once)
{
    start(path_);
    problem = "clouds.yaml: line 3: a key is given twice";
    advance(5min);
    EXPECT_THAT(used, IsEmpty());
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 1) << log.text();
    EXPECT_THAT(log.text(), HasSubstr("line 3: a key is given twice"));
    // A file is often away for a moment while it is replaced.
    std::filesystem::remove(path_);
    advance(5min);
    problem.reset();
    content = "two";
    advance(1min);
    EXPECT_THAT(used, ElementsAre("two"));
}

TEST_F(own_credential, from_a_pipe_is_read_once)
{
    start("/dev/stdin-of-nobody");
    advance(1h);
    EXPECT_EQ(reads, 0);
}

}  // namespace
