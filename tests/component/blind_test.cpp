// A controller whose watch of the bindings ends by itself.
#include "component/controller_world.hpp"
#include "fakes/kubernetes/unasked_kube.hpp"

#include <gtest/gtest.h>

namespace {

// An API whose list throws.
class broken_kube final : public test::unasked_kube
{
public:
    explicit broken_kube(std::exception_ptr thrown) : thrown_(std::move(thrown)) {}

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request) override
    {
        std::rethrow_exception(thrown_);
    }

private:
    std::exception_ptr thrown_;
};

support::task<> end_of(app::controller& running, std::string& how)
{
    try
    {
        co_await running.run();
        how = "stopped";
    }
    catch (const std::exception& e)
    {
        how = e.what();
    }
}

using blind_controller = test::controller_world;

TEST_F(blind_controller, ends_whatever_its_watch_throws)
{
    using boost::system::error_code;
    const boost::system::system_error no_memory{error_code(boost::asio::error::no_buffer_space)};
    for (const auto& [thrown, text] :
         {std::pair(std::make_exception_ptr(no_memory), std::string(no_memory.what())),
          {std::make_exception_ptr(std::logic_error("nobody thought of it")), "nobody thought of it"}})
    {
        broken_kube nothing(thrown);
        support::random_engine random(7);
        cloud::openstack::credential_registry registry(
            http, clock(), random, cloud::openstack::allowed_urls::parse({"*"}).value()
        );
        app::controller blind(
            {executor(),
             clock(),
             random,
             nothing,
             registry,
             registry.share(test::controller_process::entry(credential)),
             {}},
            {},
            {}
        );
        std::string how = "still running";
        const auto stop = spawn(end_of(blind, how));
        step();
        EXPECT_EQ(how, text);
        blind.abort();
        stop();
        step();
    }
}

}  // namespace
