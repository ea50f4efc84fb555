// A controller that watches several namespaces, one of which it may not list.
#include "component/controller_world.hpp"
#include "fakes/kubernetes/kube_through.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

// Forbids lists of some namespaces, and shows the objects in those of others.
class partly_forbidden final : public test::kube_through
{
public:
    using kube_through::kube_through;

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request) override
    {
        if (forbidden.contains(request.name_space))
        {
            co_return std::unexpected(
                support::error{support::errc::status, "403 Forbidden", 403, std::nullopt}
            );
        }
        co_return co_await kube_through::list(std::move(request));
    }

    std::set<std::string> forbidden;
};

class namespaces : public test::controller_world
{
protected:
    void start_with(std::vector<std::string> watched)
    {
        running = std::make_unique<test::controller_process>(
            *this, through, http, credential, admitted, std::move(watched)
        );
    }

    partly_forbidden through{kube};
    support::log_capture log;
};

TEST_F(namespaces, that_are_gone_hold_back_themselves_alone)
{
    through.forbidden = {"gone"};
    const auto a = certificate("a.example.com");
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    start_with({"gone", "shop"});
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_TRUE(running->controller.ready());
    EXPECT_EQ(running->controller.unlisted(), "gone (forbidden)");
    EXPECT_THAT(metrics(), HasSubstr("\ncertificatebinding_unlisted_namespaces 1\n"));
    EXPECT_THAT(log.text(), HasSubstr("the controller serves the others without them"));

    through.forbidden = {};
    EXPECT_TRUE(until([&] { return running->controller.unlisted().empty(); }, 2min));
    EXPECT_THAT(metrics(), HasSubstr("\ncertificatebinding_unlisted_namespaces 0\n"));
}

TEST_F(namespaces, that_are_all_forbidden_leave_the_controller_unready)
{
    through.forbidden = {"gone", "shop"};
    start_with({"gone", "shop"});
    advance(10min);
    EXPECT_FALSE(running->controller.ready());
    EXPECT_EQ(running->controller.unlisted(), "gone (forbidden), shop (forbidden)");
    EXPECT_THAT(log.text(), Not(HasSubstr("the controller serves the others")));
    through.forbidden = {"gone"};
    EXPECT_TRUE(until([&] { return running->controller.ready(); }, 2min));
}

}  // namespace
