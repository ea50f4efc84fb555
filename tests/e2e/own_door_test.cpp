// A controller whose cloud is the bindings API of another one, which is in front of the simulated OpenStack.
// Both use one API server, each with a namespace of its own.
#include "e2e/world.hpp"
#include "testbed/bindings_api.hpp"
#include "testbed/files.hpp"
#include "testbed/ports.hpp"

#include <gmock/gmock.h>

namespace e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::SizeIs;

class own_door : public world
{
protected:
    // The world's namespace is that of the client, and the door has one of its own.
    own_door() : client_space(name_space), door_space(name_space + "-door")
    {
        EXPECT_TRUE(testbed::succeeds(kubernetes().kubectl({"create", "namespace", door_space})));
        a = certificate("a.example.com");
        b = certificate("b.example.com");
    }

    void open()
    {
        const int port = testbed::free_port();
        const auto url = "http://127.0.0.1:" + std::to_string(port);
        name_space = door_space;
        door.emplace(another_controller(testbed::bindings_api_flags(port, door_space)));
        const testbed::bindings_api_client api{url, token_of("client", "create,get,list,delete")};
        name_space = client_space;
        ASSERT_TRUE(testbed::eventually("the API answers", [&] {
            return api.ask("GET", "/openapi.json").status == 200;
        }));
        const json entry{{"auth_type", "bycloud"}, {"endpoint", url}, {"token", api.token}};
        const auto file = folder / "door.yaml";
        testbed::write_file(file, json{{"clouds", {{"door", entry}}}}.dump());
        testbed::world::start_controller(file);
    }

    void bind(const cloudsim::control::certificate& certificate, bool sni) const
    {
        apply({{.name = "web", .certificate = certificate.id, .listener = listener, .sni = sni}});
    }

    // The bindings of the door.
    std::vector<json> behind() const
    {
        const auto listed =
            kubernetes().kubectl({"get", "certbind", "--namespace", door_space, "-o", "json"});
        return json::parse(listed.out)["items"].get<std::vector<json>>();
    }

    std::string client_space;
    std::string door_space;
    std::optional<testbed::child> door;
    cloudsim::control::certificate a;
    cloudsim::control::certificate b;
};

TEST_F(own_door, attaches_with_the_names_that_the_door_gives_rotates_and_detaches)
{
    open();
    const auto before = sim->get_listener(listener);
    bind(a, true);
    ASSERT_TRUE(is_active("web")) << door->output();
    EXPECT_EQ(served(listener, "a.example.com"), a.ref);
    ASSERT_THAT(behind(), SizeIs(1));
    const json status = binding("web")["status"];
    EXPECT_EQ(status["id"], behind()[0]["status"]["id"]);
    EXPECT_EQ(status["crn"], behind()[0]["status"]["crn"]);
    EXPECT_EQ(behind()[0]["spec"]["certificateId"], a.id);

    bind(b, true);
    ASSERT_TRUE(is_active("web")) << door->output();
    EXPECT_EQ(served(listener, "b.example.com"), b.ref);
    EXPECT_EQ(served(listener, "a.example.com"), foreign);
    ASSERT_THAT(behind(), SizeIs(1));
    EXPECT_EQ(behind()[0]["spec"]["certificateId"], b.id);

    remove("web");
    ASSERT_TRUE(is_gone("web")) << door->output();
    EXPECT_THAT(behind(), SizeIs(0));
    const auto after = sim->get_listener(listener);
    EXPECT_EQ(after.default_ref, before.default_ref);
    EXPECT_EQ(after.sni_refs, before.sni_refs);
}

TEST_F(own_door, default_certificate_that_was_replaced_comes_back)
{
    open();
    bind(a, false);
    ASSERT_TRUE(is_active("web")) << door->output();
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    remove("web");
    ASSERT_TRUE(is_gone("web")) << door->output();
    EXPECT_THAT(behind(), SizeIs(0));
    EXPECT_EQ(served(listener, "any.example.com"), foreign);
}

// The door gives the default slot to one binding, and the client gives up none that is attached.
TEST_F(own_door, default_certificate_stays_until_its_binding_is_made_anew)
{
    open();
    bind(a, false);
    ASSERT_TRUE(is_active("web")) << door->output();
    bind(b, false);
    ASSERT_TRUE(testbed::eventually("web says who has the slot", [&] {
        return testing::AssertionResult(message("web").contains(" has the listener's default certificate"))
               << message("web");
    })) << door->output();
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    EXPECT_THAT(behind(), SizeIs(1));
    remove("web");
    ASSERT_TRUE(is_gone("web")) << door->output();
    EXPECT_EQ(served(listener, "any.example.com"), foreign);
    bind(b, false);
    ASSERT_TRUE(is_active("web")) << door->output();
    EXPECT_EQ(served(listener, "any.example.com"), b.ref);
}

// The door keeps the last certificate until the next one is there, and both change in one PUT.
TEST_F(own_door, last_certificate_waits_for_its_successor)
{
    open();
    apply({{.name = "web", .certificate = a.id, .listener = bare_listener}});
    ASSERT_TRUE(is_active("web")) << door->output();
    remove("web");
    ASSERT_TRUE(testbed::eventually("the deletion waits behind the door", [&] {
        const auto objects = behind();
        return objects.size() == 1 && objects[0]["status"].dump().contains("LastCertificate");
    })) << door->output();
    EXPECT_EQ(served(bare_listener, "any.example.com"), a.ref);
    const auto puts = sim->puts();
    apply({{.name = "next", .certificate = b.id, .listener = bare_listener}});
    ASSERT_TRUE(is_active("next")) << door->output();
    ASSERT_TRUE(is_gone("web")) << door->output();
    EXPECT_EQ(served(bare_listener, "any.example.com"), b.ref);
    EXPECT_EQ(sim->puts(), puts + 1);
    EXPECT_THAT(behind(), SizeIs(1));
}

TEST_F(own_door, tells_why_the_door_refuses)
{
    open();
    apply({{.name = "web", .certificate = "12345678-1234-4234-8234-123456789abc", .listener = listener}});
    ASSERT_TRUE(becomes("web", "CertificateNotFound"));
    EXPECT_THAT(message("web"), HasSubstr("12345678-1234-4234-8234-123456789abc"));
    EXPECT_TRUE(testbed::eventually("the door has taken it back", [&] { return behind().empty(); }));
    remove("web");
    ASSERT_TRUE(is_gone("web"));
    EXPECT_EQ(served(listener, "any.example.com"), foreign);
}

}  // namespace
}  // namespace e2e
