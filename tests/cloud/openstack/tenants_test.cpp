// What a namespace has of its own: a share of the requests, and turns for its bundles.
#include "cloud/openstack/credential_registry.hpp"
#include "cloud/openstack/fixture.hpp"
#include "support/fair_offload.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace {

using cloud::openstack::allowed_urls;
using shared = std::shared_ptr<cloud::credential>;

// Of one tenant. Counts what ends, of all tenants together, while work of the tenant waits.
class counting_share final : public support::offload
{
public:
    struct counts
    {
        int ended = 0;
        int of_others_meanwhile = 0;  // at most
    };

    counting_share(std::unique_ptr<support::offload> next, int& all_ended, counts& own)
        : next_(std::move(next)), all_ended_(all_ended), own_(own)
    {}

    support::task<> run(std::function<void()> work) override
    {
        const int before = all_ended_;
        co_await next_->run(std::move(work));
        own_.of_others_meanwhile = std::max(own_.of_others_meanwhile, all_ended_ - before);
        ++all_ended_;
        ++own_.ended;
    }

private:
    std::unique_ptr<support::offload> next_;
    int& all_ended_;
    counts& own_;
};

// Of one tenant.
class forwarding_client final : public net::http_client
{
public:
    forwarding_client(net::http_client& next, int& sent) : next_(next), sent_(sent) {}

    support::task<support::result<net::http_response>> send(net::http_request request) override
    {
        ++sent_;
        return next_.send(std::move(request));
    }

    support::task<support::result<std::unique_ptr<net::http_stream>>> open(net::http_request request) override
    {
        return next_.open(std::move(request));
    }

private:
    net::http_client& next_;
    int& sent_;
};

class tenants : public test::openstack
{
protected:
    tenants()
    {
        const std::string path = captured::key_manager + "/secrets/" + captured::secret_id;
        http.on(
            "GET " + captured::key_manager + "/containers/" + captured::secret_id,
            {captured::container_not_found()}
        );
        http.on("GET " + path, {captured::secret(captured::secret_id)});
        http.on("GET " + path + "/payload", {net::http_response{200, {}, "hostile"}});
        registry.divide_by([this](const std::string& tenant) {
            return cloud::openstack::tenant_means{
                std::make_unique<forwarding_client>(http, sent[tenant]),
                std::make_unique<counting_share>(all.of_tenant(tenant), ended, bundles_of[tenant])
            };
        });
    }

    shared credential_of(const std::string& tenant, const std::string& password)
    {
        const std::string yaml =
            "clouds: {prod: {auth: {auth_url: 'http://127.0.0.1:15000', user_id: u, password: " + password +
            ", project_id: q}}}";
        return registry.read({.clouds_yaml = yaml, .source = "Secret", .owner = {.tenant = tenant}}).value();
    }

    static support::task<> read(shared with)
    {
        co_await with->client->get_certificate("sao1", id(captured::secret_id), std::nullopt);
    }

    boost::asio::io_context context{1};
    std::unique_ptr<support::offload> worker = support::create_worker_thread();
    support::fair_offload all{*worker};
    std::map<std::string, int> sent;
    int ended = 0;
    std::map<std::string, counting_share::counts> bundles_of;
    cloud::openstack::credential_registry registry{
        http, clock(), random, allowed_urls::parse({"http://127.0.0.1:15000/v3"}).value()
    };
};

TEST_F(tenants, a_bundle_waits_for_one_of_another_namespace_whatever_number_it_has_through_many_secrets)
{
    constexpr int secrets = 100;
    constexpr int bundles = 10;
    for (int i = 0; i < secrets * bundles; ++i)
    {
        boost::asio::co_spawn(
            context, read(credential_of("stranger", "p" + std::to_string(i % secrets))), boost::asio::detached
        );
    }
    boost::asio::co_spawn(context, read(credential_of("shop", "s")), boost::asio::detached);
    context.run();
    EXPECT_GE(bundles_of["stranger"].ended, secrets);
    EXPECT_GE(bundles_of["stranger"].of_others_meanwhile, secrets - 1);
    EXPECT_EQ(bundles_of["shop"].ended, 1);
    EXPECT_LE(bundles_of["shop"].of_others_meanwhile, 1);
}

TEST_F(tenants, send_with_what_is_made_for_them_and_the_controller_with_its_own)
{
    const auto use = [this](const shared& with) { EXPECT_TRUE(run(with->client->locate("sao1"))); };
    use(credential_of("shop", "a"));
    use(credential_of("shop", "b"));
    use(credential_of("stranger", "c"));
    use(registry.share(entry));
    EXPECT_THAT(sent, testing::ElementsAre(testing::Pair("shop", 2), testing::Pair("stranger", 1)));
    EXPECT_EQ(http.requests().size(), 4U);
}

}  // namespace
