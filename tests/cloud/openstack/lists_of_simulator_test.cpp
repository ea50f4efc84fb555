#include "cloud/openstack/simulated_tenant.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using cloud::failure;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using testing::UnorderedElementsAreArray;

// The lists of the whole client in front of the cloud simulator.
class lists_of_simulator : public test::simulated_tenant
{
protected:
    lists_of_simulator() { use(credential); }

    void use(const cloudsim::control::credential& by) { simulated_tenant::use(simulated, entry_of(by)); }

    std::vector<support::uuid> listeners()
    {
        std::vector<support::uuid> ids;
        listed = run(client->list_listeners("sao1", 10, [&](auto page) {
            for (const auto& listener : page)
            {
                ids.push_back(listener.id);
            }
        }));
        return ids;
    }

    std::vector<support::uuid> load_balancers()
    {
        std::vector<support::uuid> ids;
        listed = run(client->list_load_balancers("sao1", 10, [&](auto page) {
            for (const auto& balancer : page)
            {
                ids.push_back(balancer.id);
            }
        }));
        return ids;
    }

    std::vector<support::uuid> usable_certificates(std::size_t most_pages = 10)
    {
        std::vector<support::uuid> ids;
        listed = run(client->list_usable_certificates("sao1", most_pages, [&](auto page) {
            ids.insert(ids.end(), page.begin(), page.end());
        }));
        return ids;
    }

    std::size_t requests(const std::string& path) const
    {
        return sim.log({.method = "GET", .path = path}).size();
    }

    cloud::answer<std::monostate> listed;
};

TEST_F(lists_of_simulator, all_listeners_of_the_project_are_listed_and_no_others)
{
    std::vector<support::uuid> made;
    for (int i = 0; i < 5; ++i)
    {
        const auto balancer = sim.add_load_balancer({.project = project});
        made.push_back(id(sim.add_listener({.load_balancer = balancer})));
    }
    sim.add_listener({.load_balancer = sim.add_load_balancer({.project = foreign_project})});
    for (const int most : {1000, 2, 1})
    {
        sim.set({{"octavia_page", most}});
        EXPECT_THAT(listeners(), UnorderedElementsAreArray(made)) << most;
        EXPECT_TRUE(listed) << listed.error().message;
        EXPECT_THAT(load_balancers(), SizeIs(5)) << most;
        EXPECT_TRUE(listed) << listed.error().message;
    }
}

TEST_F(lists_of_simulator, the_list_shows_a_listener_as_a_single_read_does)
{
    const auto first = sim.add_certificate({.project = project, .kind = "pkcs12"});
    const auto second = sim.add_certificate({.project = project, .kind = "pkcs12"});
    const auto balancer = sim.add_load_balancer({.project = project});
    const auto made = sim.add_listener(
        {.load_balancer = balancer, .default_ref = first.ref, .sni_refs = {first.ref, second.ref}}
    );
    std::vector<cloud::listener> shown;
    ASSERT_TRUE(run(client->list_listeners("sao1", 1, [&](auto page) { shown = std::move(page); })));
    ASSERT_THAT(shown, SizeIs(1));
    const auto single = run(client->get_listener("sao1", id(made)));
    ASSERT_TRUE(single);
    EXPECT_EQ(shown[0].load_balancer_id, single->load_balancer_id);
    EXPECT_EQ(shown[0].default_ref, single->default_ref);
    EXPECT_EQ(shown[0].sni_refs, single->sni_refs);
    EXPECT_THAT(shown[0].sni_refs, SizeIs(2));
    EXPECT_EQ(shown[0].status, single->status);
    EXPECT_EQ(shown[0].protocol, single->protocol);
    EXPECT_EQ(shown[0].project_id, single->project_id);
}

TEST_F(lists_of_simulator, a_certificate_is_listed_if_a_single_read_finds_it_usable)
{
    std::vector<std::string> made;
    for (const std::string kind : {"container", "pkcs12", "pem"})
    {
        for (const std::string state : {"active", "no_payload", "expired"})
        {
            for (const std::string status : {"ACTIVE", "ERROR"})
            {
                made.push_back(
                    sim.add_certificate({.project = project, .kind = kind, .state = state, .status = status})
                        .id
                );
            }
        }
    }
    made.push_back(sim.add_certificate({.project = project, .state = "no_key"}).id);
    made.push_back(sim.add_certificate({.project = project}).id);
    sim.remove_certificate(made.back(), "private_key");
    made.push_back(sim.add_certificate({.project = project}).id);
    sim.remove_certificate(made.back(), "intermediates");
    made.push_back(sim.add_certificate({.project = foreign_project}).id);
    for (const int most : {100, 2})
    {
        sim.set({{"barbican_page", most}});
        const auto usable = usable_certificates(100);
        EXPECT_TRUE(listed) << listed.error().message;
        std::size_t found = 0;
        for (const auto& certificate : made)
        {
            const auto single = run(client->get_certificate("sao1", id(certificate), std::nullopt));
            const bool is_usable = single && single->usable;
            found += is_usable ? 1U : 0U;
            EXPECT_EQ(std::ranges::count(usable, id(certificate)), is_usable ? 1 : 0) << certificate;
        }
        EXPECT_GT(found, 3U);
        EXPECT_LT(found, made.size());
    }
}

TEST_F(lists_of_simulator, lists_do_not_show_who_is_kept_out_of_a_certificate)
{
    const auto colleague = sim.add_user("colleague", project);
    const auto kept =
        sim.add_certificate({.project = project, .kind = "pkcs12", .is_private = true, .user = colleague});
    EXPECT_EQ(
        run(client->get_certificate("sao1", id(kept.id), std::nullopt)).error().kind, failure::access_denied
    );
    EXPECT_THAT(usable_certificates(), UnorderedElementsAre(id(kept.id)))
        << "so a list is no proof of access";
}

TEST_F(lists_of_simulator, a_list_costs_a_request_for_each_page)
{
    const auto balancer = sim.add_load_balancer({.project = project});
    for (int port = 0; port < 250; ++port)
    {
        sim.add_listener({.load_balancer = balancer, .port = 1000 + port});
    }
    EXPECT_THAT(listeners(), SizeIs(250));
    EXPECT_EQ(requests("/lbaas/listeners"), 10U);
    EXPECT_THAT(load_balancers(), SizeIs(1));
    EXPECT_EQ(requests("/lbaas/loadbalancers"), 1U);
}

TEST_F(lists_of_simulator, a_listener_may_go_between_two_pages)
{
    std::vector<std::string> made;
    for (int i = 0; i < 4; ++i)
    {
        made.push_back(sim.add_listener({.load_balancer = sim.add_load_balancer({.project = project})}));
    }
    std::ranges::sort(made);
    sim.set({{"octavia_page", 2}});
    std::vector<support::uuid> shown;
    const auto end = run(client->list_listeners("sao1", 10, [&](auto page) {
        for (const auto& listener : page)
        {
            shown.push_back(listener.id);
        }
        if (shown.size() == 2)
        {
            sim.remove_listener(made[1]);
        }
    }));
    EXPECT_TRUE(end) << end.error().message;
    EXPECT_THAT(shown, UnorderedElementsAre(id(made[0]), id(made[1]), id(made[2]), id(made[3])));
}

TEST_F(lists_of_simulator, a_user_without_the_roles_gets_no_lists)
{
    sim.add_listener({.load_balancer = sim.add_load_balancer({.project = project})});
    sim.add_certificate({.project = project});
    const auto reader = sim.add_user({.name = "reader", .project = project, .roles = {"reader"}});
    use(sim.add_application_credential(reader, project));
    for (const auto& shown : {listeners(), load_balancers(), usable_certificates()})
    {
        EXPECT_THAT(shown, IsEmpty());
        ASSERT_FALSE(listed);
        EXPECT_EQ(listed.error().kind, failure::access_denied);
    }
}

TEST_F(lists_of_simulator, an_administrator_gets_the_lists_of_its_own_project)
{
    const auto own = sim.add_listener({.load_balancer = sim.add_load_balancer({.project = project})});
    sim.add_listener({.load_balancer = sim.add_load_balancer({.project = foreign_project})});
    const auto admin = sim.add_user({.name = "root", .project = project, .roles = {"admin"}});
    use(sim.add_application_credential(admin, project));
    EXPECT_THAT(listeners(), UnorderedElementsAre(id(own)));
    EXPECT_THAT(load_balancers(), SizeIs(1));
}

}  // namespace
